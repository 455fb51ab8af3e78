"""Short-lived tokens: rights, signed with a key that is made from the gateway's secret.

    {"iss", "aud", "iat", "exp", "jti", "tenant", "scopes": {…}}      HS256, and nothing else is taken

Every gateway with the same secret takes the tokens of the others.
"""

import dataclasses
import hashlib
import math
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import orjson

from gateway.access.rights import ALL, Rights
from gateway.errors import Refused
from gateway.protocol.checks import build, mapping, string

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "voice-gateway"
SHORTEST_S, USUAL_S, LONGEST_S = 10, 600, 7200
LONGEST_TOKEN = 4096
"""Characters: what `hello.token` takes."""
SKEW_S = 30.0
"""So far ahead may the clock of another gateway be."""
_REQUIRED = ["iss", "aud", "iat", "exp", "jti", "tenant", "scopes"]
_DOMAIN, _ROUNDS = b"voice-gateway tokens 1", 100_000
"""Whoever holds a token can try secrets against it: the rounds make each try cost tens of milliseconds."""


@dataclasses.dataclass(frozen=True, slots=True)
class Grant:
    """What a credential gives. A token has an `id` and ends, in seconds since the epoch."""

    rights: Rights = ALL
    id: str = ""
    expires_at: float = math.inf


def packed(grant: Grant) -> bytes:
    """For a store."""
    expires_at = None if math.isinf(grant.expires_at) else grant.expires_at
    return orjson.dumps({"rights": grant.rights.claims(), "id": grant.id, "expires_at": expires_at})


def unpacked(data: bytes) -> Grant:
    fields = orjson.loads(data)
    expires_at = math.inf if fields["expires_at"] is None else fields["expires_at"]
    return Grant(Rights.of(fields["rights"]), fields["id"], expires_at)


class Tokens:
    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._key = hashlib.pbkdf2_hmac("sha256", secret.encode(), _DOMAIN, _ROUNDS)
        self._clock = clock

    def mint(self, rights: Rights, lifetime_s: float) -> tuple[str, Grant]:
        """Raises `Refused` when the rights are too long for a token."""
        now, name = self._clock(), secrets.token_urlsafe(12)
        grant = Grant(rights, name, now + lifetime_s)
        scopes = rights.claims()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": grant.expires_at,
            "jti": name,
            "tenant": scopes.pop("tenant", rights.tenant),
            "scopes": scopes,
        }
        token = jwt.encode(claims, self._key, ALGORITHM)
        if len(token) > LONGEST_TOKEN:
            raise Refused("bad_request", f"A token takes at most {LONGEST_TOKEN} characters: name fewer voices.")
        return token, grant

    def check(self, token: str) -> Grant:
        """Raises `Refused`: `unauthorized`, or `token_expired` for one that was good."""
        try:
            grant, issued_at = _grant(self._claims(token))
        except (jwt.PyJWTError, Refused, ValueError):
            raise Refused("unauthorized", field="token") from None
        now = self._clock()
        if issued_at > now + SKEW_S or not 0 < grant.expires_at - issued_at <= LONGEST_S:
            raise Refused("unauthorized", field="token")
        if now >= grant.expires_at:
            raise Refused("token_expired", field="token")
        return grant

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Times are looked at by our own clock."""
        if len(token) > LONGEST_TOKEN:
            raise ValueError
        claims: Mapping[str, Any] = jwt.decode(
            token,
            self._key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
        )
        return claims


def _grant(claims: Mapping[str, Any]) -> tuple[Grant, float]:
    """A signed token's rights, checked as those that are ordered are; and when it was issued."""
    given = {"tenant": claims["tenant"], **mapping(claims["scopes"], "scopes")}
    grant = Grant(build(Rights, given, "scopes."), string(64, 1)(claims["jti"], "jti"), _seconds(claims["exp"]))
    return grant, _seconds(claims["iat"])


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value)
