"""A session's resume token: good for one use, which brings the next.

The one that was used stays good until its successor is used or is known to have arrived, so that a cut during the
answer locks nobody out. Only hashes are kept.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable


class Rotation:
    def __init__(self, changed: Callable[[str], None] | None = None, hashes: str = "") -> None:
        """`changed` is told the hashes of the good ones, joined by commas; `hashes` makes them again."""
        self._good = tuple(map(bytes.fromhex, hashes.split(",") if hashes else ()))
        """The newest last."""
        self._changed = changed or _nobody

    def issue(self) -> str:
        token = secrets.token_urlsafe(24)
        self._keep(*self._good[-1:], _hash(token))
        return token

    def knows(self, token: str) -> bool:
        given = _hash(token)
        return any(hmac.compare_digest(given, good) for good in self._good)

    def use(self, token: str) -> None:
        """It was good; the next that is issued succeeds it."""
        self._keep(_hash(token))

    def end(self) -> None:
        """The session has ended, and nobody is told anything more: a recording still asks what is good."""
        self._changed = _nobody

    def settle(self) -> None:
        """The newest has arrived."""
        self._keep(*self._good[-1:])

    def _keep(self, *good: bytes) -> None:
        if good != self._good:
            self._good = good
            self._changed(",".join(each.hex() for each in good))


def _nobody(_: str) -> None:
    pass


def hashed(token: str) -> str:
    """By which a store knows it."""
    return _hash(token).hex()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
