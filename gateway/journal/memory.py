"""The journal in this process's memory."""

from collections.abc import Callable

from gateway.journal.base import Entry, Frame, Gap, Said
from gateway.protocol.events import Event, encode

LARGEST = 8 << 20
"""Bytes a session keeps; the oldest go first."""
_SMALL = 64
"""What an entry counts beside its payload."""


class MemoryJournal:
    def __init__(self, *, message_limit: int | None = None, largest: int = LARGEST) -> None:
        self.last_seq = 0
        self._first = 1
        self._entries: dict[int, Entry | Gap] = {}
        self._ends: dict[int, int] = {}
        self._written = 0
        self._forgotten = 0
        self._kept = 0
        self._open: set[int] = set()
        self._wakes: list[Callable[[], None]] = []
        self._message_limit = message_limit
        self._largest = largest

    def open(self, handle: int, event: Event) -> int:
        self._open.add(handle)
        return self._append(Said(seq := self.last_seq + 1, 0, encode(event, seq, self._message_limit)))

    def say(self, handle: int, event: Event, *, terminal: bool = False) -> int | None:
        if handle not in self._open:
            return None
        if terminal:
            self._open.discard(handle)
        owner = 0 if terminal else handle
        return self._append(Said(seq := self.last_seq + 1, owner, encode(event, seq, self._message_limit)))

    def play(
        self, handle: int, *, kind: int, flags: int, segment: int, position: int, payload: bytes, ms: float
    ) -> int | None:
        if handle not in self._open:
            return None
        return self._append(Frame(self.last_seq + 1, handle, kind, flags, segment, position, payload, ms))

    def withdraw(self, handle: int) -> None:
        for seq, entry in self._entries.items():
            if entry.handle == handle:
                self._kept -= _size(entry)
                self._entries[seq] = Gap(seq, seq, handle, lost=False)
                self._kept += _SMALL
        self._wake()

    def forget(self, upto: int) -> None:
        for seq in range(self._first, min(upto, self.last_seq) + 1):
            self._kept -= _size(self._entries.pop(seq))
            self._forgotten = self._ends.pop(seq)
            self._first = seq + 1

    def next(self, after: int) -> Entry | Gap | None:
        seq = after + 1
        if seq > self.last_seq:
            return None
        if seq < self._first:
            return Gap(seq, self._first - 1, None, lost=True)
        entry = self._entries[seq]
        return self._run_of(entry) if isinstance(entry, Gap) else entry

    def behind(self, position: int) -> int:
        if position >= self.last_seq:
            return 0
        return self._written - self._ends.get(position, self._forgotten)

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        self._wakes.append(wake)
        return lambda: self._wakes.remove(wake)

    def _append(self, entry: Entry) -> int:
        self.last_seq = entry.seq
        size = _size(entry)
        self._entries[entry.seq] = entry
        self._written += size
        self._ends[entry.seq] = self._written
        self._kept += size
        while self._kept > self._largest and self._first < entry.seq:
            self.forget(self._first)
        self._wake()
        return entry.seq

    def _run_of(self, gap: Gap) -> Gap:
        last = gap.to_seq
        while isinstance(after := self._entries.get(last + 1), Gap) and after.handle == gap.handle:
            last += 1
        return Gap(gap.seq, last, gap.handle, lost=False)

    def _wake(self) -> None:
        for wake in tuple(self._wakes):
            wake()


def _size(entry: Entry | Gap) -> int:
    match entry:
        case Said(data=data):
            return _SMALL + len(data)
        case Frame(payload=payload):
            return _SMALL + len(payload)
        case Gap():
            return _SMALL
