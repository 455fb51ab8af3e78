"""Who may connect, and with which rights: origins, the gateway's secret, tokens."""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from gateway.access.revocations import MemoryRevocations, Revocations
from gateway.access.tokens import Grant, Tokens
from gateway.errors import Refused
from gateway.settings import is_loopback

SUBPROTOCOL = "voice-gateway.v1"
_BEARER = "bearer."


@dataclass(frozen=True, slots=True)
class Doors:
    """`secret` None: no credential is needed, there are no tokens. `origins`: allowed beside the page's own host."""

    secret: str | None = field(repr=False)
    origins: frozenset[str] = frozenset()
    tokens: Tokens | None = None
    revocations: Revocations = field(default_factory=MemoryRevocations)
    presented: Callable[[str], None] = lambda _outcome: None
    """Told of every credential: `admitted`, or the code of its refusal."""

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        """No Origin header means no browser: then the credential alone decides.

        Without a secret the host must be loopback too: a page can have its own name resolve to this machine.
        """
        if origin is None or origin in self.origins:
            return True
        try:
            own = host is not None and urlsplit(origin).netloc.lower() == host.lower()
            return own and (self.secret is not None or is_loopback(urlsplit(f"//{host}").hostname or ""))
        except ValueError:
            return False

    async def grant(self, credential: str | None, token: str | None, origin: str | None) -> Grant:
        """What a credential, else a token that was in the URL, gives to who comes from `origin`. Raises `Refused`."""
        try:
            grant = await self._grant(credential, token, origin)
        except Refused as refused:
            self.presented(refused.code)
            raise
        self.presented("admitted")
        return grant

    async def _grant(self, credential: str | None, token: str | None, origin: str | None) -> Grant:
        if self.admits(credential):
            return Grant()
        presented = credential or token
        if self.tokens is None or presented is None:
            raise Refused("unauthorized", field="token")
        grant = self.tokens.check(presented)
        if await self.revocations.revoked(grant.id):
            raise Refused("unauthorized", "The token was revoked.", field="token")
        if grant.rights.origin is not None and grant.rights.origin != (origin or "").lower():
            raise Refused("forbidden", "The token is for pages of another origin.", field="token")
        return grant

    def admits(self, credential: str | None) -> bool:
        """Whether it is the secret, which has all rights."""
        if self.secret is None:
            return True
        return credential is not None and hmac.compare_digest(credential.encode(), self.secret.encode())


def offered(headers: Mapping[str, str], subprotocols: Iterable[str]) -> str | None:
    """The credential that came with the handshake: `Authorization`, else beside the subprotocol."""
    scheme, _, credential = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credential:
        return _read(credential.strip())
    for entry in subprotocols:
        if entry.startswith(_BEARER):
            return _decoded(entry.removeprefix(_BEARER))
    return None


def queried(query: bytes) -> str | None:
    """`token` of a URL's query. URLs land in logs: nothing but a short-lived token is taken from there."""
    try:
        return parse_qs(query.decode()).get("token", [None])[0]
    except ValueError:
        return None


def _read(credential: str) -> str:
    """A header's bytes come as Latin-1; a secret of other letters is sent as UTF-8."""
    try:
        return credential.encode("latin-1").decode()
    except UnicodeError:
        return credential


def _decoded(token: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
