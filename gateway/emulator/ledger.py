"""What was asked and what was billed for it. Keys are masked; texts are kept, for tests to compare."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_KEPT = 10_000
_REQUESTS_KEPT = 1000
_LONGEST_REQUEST = 64 << 10


@dataclass(slots=True)
class Entry:
    """One text to be spoken.

    `outcome` is `open`, `done`, `stopped` (the client left or cancelled), a refusal's code, or a fault's name.
    """

    endpoint: str
    key: str
    trace_id: str
    model: str = ""
    voices: list[str] = field(default_factory=list)
    text: str = ""
    billed: int = 0
    """Characters, as `usage_characters`; nothing for what is refused."""
    bytes_sent: int = 0
    """Of audio, before it becomes hex, without the aggregate."""
    outcome: str = "open"
    request: Mapping[str, Any] | None = None
    """As received, with JSON's types; on a socket `task_start` with the text. None when it is long, or long ago."""

    def record(self, request: Mapping[str, Any], size: int) -> None:
        """`size` in characters."""
        if size <= _LONGEST_REQUEST:
            self.request = request

    def leave(self) -> None:
        """Nobody listens any more, whether all was said or not."""
        if self.outcome == "open":
            self.outcome = "stopped"


class Ledger:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._forgotten = {"requests": 0, "billed": 0, "bytes_sent": 0}

    def open(self, endpoint: str, key: str, trace_id: str) -> Entry:
        if len(self._entries) == _KEPT:
            self._forget(self._entries[0])
        entry = Entry(endpoint, masked(key), trace_id)
        self._entries.append(entry)
        if len(self._entries) > _REQUESTS_KEPT:
            self._entries[-_REQUESTS_KEPT - 1].request = None
        return entry

    def clear(self) -> None:
        self._entries.clear()
        self._forgotten = dict.fromkeys(self._forgotten, 0)

    def report(self) -> dict[str, Any]:
        totals = dict(self._forgotten)
        for entry in self._entries:
            totals["requests"] += 1
            totals["billed"] += entry.billed
            totals["bytes_sent"] += entry.bytes_sent
        return {"totals": totals, "requests": [asdict(entry) for entry in self._entries]}

    def _forget(self, entry: Entry) -> None:
        self._forgotten["requests"] += 1
        self._forgotten["billed"] += entry.billed
        self._forgotten["bytes_sent"] += entry.bytes_sent


def masked(key: str) -> str:
    return f"…{key[-4:]}" if len(key) > 8 else "…"
