"""What was asked and what was billed for it. Keys are masked; texts are kept, for tests to compare."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
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
    usd: float = 0.0
    """What these cost."""
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


@dataclass(frozen=True, slots=True)
class Fee:
    """Paid once, when a voice of one's own first speaks."""

    voice_id: str
    kind: str
    usd: float


@dataclass(slots=True)
class _Totals:
    requests: int = 0
    billed: int = 0
    bytes_sent: int = 0
    usd: float = 0.0

    def add(self, entry: Entry) -> None:
        self.requests += 1
        self.billed += entry.billed
        self.bytes_sent += entry.bytes_sent
        self.usd += entry.usd


class Ledger:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._forgotten = _Totals()
        self._fees: deque[Fee] = deque(maxlen=_KEPT)

    def open(self, endpoint: str, key: str, trace_id: str) -> Entry:
        if len(self._entries) == _KEPT:
            self._forgotten.add(self._entries[0])
        entry = Entry(endpoint, masked(key), trace_id)
        self._entries.append(entry)
        if len(self._entries) > _REQUESTS_KEPT:
            self._entries[-_REQUESTS_KEPT - 1].request = None
        return entry

    def pay(self, fee: Fee) -> None:
        self._fees.append(fee)

    def clear(self) -> None:
        self._entries.clear()
        self._fees.clear()
        self._forgotten = _Totals()

    def report(self) -> dict[str, Any]:
        totals = replace(self._forgotten)
        for entry in self._entries:
            totals.add(entry)
        usd = round(totals.usd + sum(fee.usd for fee in self._fees), 6)
        return {
            "totals": asdict(replace(totals, usd=usd)),
            "fees": [asdict(fee) for fee in self._fees],
            "requests": [asdict(entry) for entry in self._entries],
        }


def masked(key: str) -> str:
    return f"…{key[-4:]}" if len(key) > 8 else "…"
