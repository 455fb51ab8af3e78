"""A session's resume token: good for one use, which brings the next.

The one that was used stays good until its successor is used or is known to have arrived, so that a cut during the
answer locks nobody out. Only hashes are kept.
"""

import hashlib
import hmac
import secrets


class Rotation:
    def __init__(self) -> None:
        self._good: tuple[bytes, ...] = ()
        """The newest last."""

    def issue(self) -> str:
        token = secrets.token_urlsafe(24)
        self._good = (*self._good[-1:], _hash(token))
        return token

    def knows(self, token: str) -> bool:
        given = _hash(token)
        return any(hmac.compare_digest(given, good) for good in self._good)

    def use(self, token: str) -> None:
        """It was good; the next that is issued succeeds it."""
        self._good = (_hash(token),)

    def settle(self) -> None:
        """The newest has arrived."""
        self._good = self._good[-1:]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
