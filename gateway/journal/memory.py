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
        self._entries: dict[int, tuple[Entry | Gap, int]] = {}
        """Each with the bytes of all entries up to its end."""
        self._written = 0
        self._forgotten = 0
        self._open: set[int] = set()
        self._wakes: tuple[Callable[[], None], ...] = ()
        self._message_limit = message_limit
        self._largest = largest

    def open(self, handle: int, event: Event) -> int:
        self._open.add(handle)
        return self._write(0, event)

    def say(self, handle: int, event: Event, *, terminal: bool = False) -> int | None:
        if handle not in self._open:
            return None
        if terminal:
            self._open.discard(handle)
        return self._write(0 if terminal else handle, event)

    def play(
        self, handle: int, *, kind: int, flags: int, segment: int, position: int, payload: bytes, ms: float
    ) -> int | None:
        if handle not in self._open:
            return None
        frame = Frame(self.last_seq + 1, handle, kind, flags, segment, position, payload, ms)
        return self._append(frame, len(payload))

    def withdraw(self, handle: int) -> None:
        for seq, (entry, end) in self._entries.items():
            if entry.handle == handle:
                self._entries[seq] = (Gap(seq, seq, handle, lost=False), end)
        self._wake()

    def forget(self, upto: int) -> None:
        while self._first <= upto and self._first in self._entries:
            self._forgotten = self._entries.pop(self._first)[1]
            self._first += 1

    def next(self, after: int) -> Entry | Gap | None:
        seq = after + 1
        if seq > self.last_seq:
            return None
        if seq < self._first:
            return Gap(seq, self._first - 1, None, lost=True)
        entry = self._entries[seq][0]
        return self._run_of(entry) if isinstance(entry, Gap) else entry

    def behind(self, position: int) -> int:
        if position >= self.last_seq:
            return 0
        entry = self._entries.get(position)
        return self._written - (self._forgotten if entry is None else entry[1])

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        self._wakes = (*self._wakes, wake)
        return lambda: self._leave(wake)

    def _leave(self, wake: Callable[[], None]) -> None:
        self._wakes = tuple(each for each in self._wakes if each != wake)

    def _write(self, handle: int, event: Event) -> int:
        seq = self.last_seq + 1
        data = encode(event, seq, self._message_limit)
        return self._append(Said(seq, handle, data), len(data))

    def _append(self, entry: Entry, size: int) -> int:
        seq = self.last_seq = entry.seq
        self._written += _SMALL + size
        self._entries[seq] = (entry, self._written)
        while self._written - self._forgotten > self._largest and self._first < seq:
            self.forget(self._first)
        self._wake()
        return seq

    def _run_of(self, gap: Gap) -> Gap:
        last = gap.to_seq
        while (after := self._entries.get(last + 1)) and isinstance(after[0], Gap) and after[0].handle == gap.handle:
            last += 1
        return Gap(gap.seq, last, gap.handle, lost=False)

    def _wake(self) -> None:
        for wake in self._wakes:
            wake()
