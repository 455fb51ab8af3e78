"""The account's files, on disk while the emulator lives, and links to them that end."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from gateway.emulator.account.clock import Clock

LINK_S = 32_400
"""Nine hours, as documented."""


@dataclass(frozen=True, slots=True)
class Stored:
    id: int
    name: str
    purpose: str
    created_at: int
    path: Path
    size: int
    expires: float | None
    """By the account's clock."""


class Storage:
    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._files: dict[int, Stored] = {}
        self._secret = secrets.token_bytes(16)

    def new_id(self) -> int:
        return 10**14 + secrets.randbelow(9 * 10**14)

    def place(self) -> Path:
        """Where something can be written that is to be kept."""
        return self._folder / secrets.token_hex(12)

    def keep(
        self, path: Path, name: str, purpose: str, file_id: int | None = None, expires: float | None = None
    ) -> Stored:
        """`path` is in the storage's own folder."""
        created_at = int(self._clock.now())
        stored = Stored(file_id or self.new_id(), name, purpose, created_at, path, path.stat().st_size, expires)
        self._files[stored.id] = stored
        return stored

    def find(self, file_id: int, *purposes: str) -> Stored | None:
        """Of one of these purposes; of any, when none is given."""
        self._forget()
        stored = self._files.get(file_id)
        return stored if stored and (not purposes or stored.purpose in purposes) else None

    def all(self, purpose: str) -> list[Stored]:
        """The newest first; of every purpose when it is empty."""
        self._forget()
        return [each for each in reversed(self._files.values()) if purpose in {"", each.purpose}]

    def remove(self, file_id: int) -> None:
        if stored := self._files.pop(file_id, None):
            stored.path.unlink(missing_ok=True)

    def link(self, stored: Stored) -> str:
        """Path and query."""
        expires = int(self._clock.now()) + LINK_S
        signature = self._signature(stored.id, expires)
        return f"/emulator/stored/{stored.id}?Expires={expires}&Signature={signature}"

    def linked(self, file_id: int, expires: int, signature: str) -> Stored | None:
        """What a link leads to, unless it has ended or nobody gave it."""
        good = hmac.compare_digest(signature.encode(), self._signature(file_id, expires).encode())
        return self.find(file_id) if good and self._clock.now() < expires else None

    def _forget(self) -> None:
        now = self._clock.now()
        for stored in [each for each in self._files.values() if each.expires is not None and now >= each.expires]:
            self.remove(stored.id)

    def _signature(self, file_id: int, expires: int) -> str:
        return hmac.new(self._secret, f"{file_id} {expires}".encode(), hashlib.sha256).hexdigest()
