"""The journal in this process's memory."""

from collections.abc import Callable

from gateway.journal.base import Entry, Frame, Gap, Said
from gateway.journal.room import OWN, STEP, Room
from gateway.protocol.encoding import encode
from gateway.protocol.events import Event

LARGEST = 8 << 20
"""Bytes a session keeps; the oldest go first."""
_SMALL = 64
"""What an entry counts beside its payload."""


class MemoryJournal:
    def __init__(self, *, message_limit: int | None = None, largest: int = LARGEST, room: Room | None = None) -> None:
        """`room`: shared with other journals."""
        self.last_seq = self.numbered = 0
        self._first = 1
        self._entries: dict[int, tuple[Entry | Gap, int]] = {}
        """Each with the bytes of all entries up to its end."""
        self._written = 0
        self._forgotten = 0
        self._arrived = 0
        self._open: dict[int, int | None] = {}
        """Turns whose door is open, and the number with which they began to be told."""
        self._wakes: tuple[Callable[[], None], ...] = ()
        self._closed = False
        self._message_limit = message_limit
        self._largest = largest
        self._room = room
        self._allowed = largest if room is None else min(largest, OWN)
        """Bytes that may be kept without asking."""

    @property
    def kept(self) -> int:
        """Bytes."""
        return self._written - self._forgotten

    def open(self, handle: int, event: Event) -> int:
        self._open[handle] = None
        return self._write(0, event)

    def say(self, handle: int, event: Event, *, terminal: bool = False) -> int | None:
        if handle not in self._open:
            return None
        if terminal:
            del self._open[handle]
            seq = self._write(0, event)
            self.forget(self._arrived)
            return seq
        seq = self._write(handle, event)
        if self._open.get(handle, seq) is None:
            self._open[handle] = seq
        return seq

    def play(
        self, handle: int, *, kind: int, flags: int, segment: int, position: int, payload: bytes, ms: float
    ) -> int | None:
        if handle not in self._open:
            return None
        frame = Frame(self.numbered + 1, handle, kind, flags, segment, position, payload, ms)
        return self._append(frame, len(payload))

    def once_kept(self, tell: Callable[[bool], None]) -> None:
        tell(True)

    def withdraw(self, handle: int) -> None:
        for seq, (entry, end) in self._entries.items():
            if entry.handle == handle:
                self._entries[seq] = (Gap(seq, seq, handle, lost=False), end)
        self._wake()

    def begun(self) -> int | None:
        return min((seq for seq in self._open.values() if seq is not None), default=None)

    def forget(self, upto: int) -> None:
        self._arrived = max(self._arrived, upto)
        begun = self.begun()
        self._drop(self._arrived if begun is None else min(self._arrived, begun - 1))
        spare = (self._allowed - max(OWN, self.kept + STEP)) // STEP * STEP
        if self._room is not None and spare > 0:
            self._allowed -= spare
            self._room.give_back(self, spare)

    def cede(self, size: int) -> None:
        self._allowed -= size
        self._lose()

    def close(self) -> None:
        if self._room is not None:
            self._room.leave(self)
            self._room = None
        self._closed = True
        self._empty()

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

    def subscribe(self, wake: Callable[[], None], *, first: bool = False) -> Callable[[], None]:
        self._wakes = (wake, *self._wakes) if first else (*self._wakes, wake)
        return lambda: self._leave(wake)

    def _drop(self, upto: int) -> None:
        while self._first <= upto and self._first in self._entries:
            self._forgotten = self._entries.pop(self._first)[1]
            self._first += 1

    def _leave(self, wake: Callable[[], None]) -> None:
        self._wakes = tuple(each for each in self._wakes if each != wake)
        self._empty()

    def _empty(self) -> None:
        """Of no use to anybody. What refers to an ended session lives until Python next looks for cycles, and its audio
        with it: 155 sessions held 40 MB.
        """
        if self._closed and not self._wakes:
            self._drop(self.numbered)

    def _write(self, handle: int, event: Event) -> int:
        seq = self.numbered + 1
        data = encode(event, seq, self._message_limit)
        return self._append(Said(seq, handle, data), len(data))

    def _append(self, entry: Entry | Gap, size: int) -> int:
        seq = self.numbered = entry.seq
        self._written += _SMALL + size
        self._entries[seq] = (entry, self._written)
        if self._written - self._forgotten > self._allowed:
            self._grow()
        self._publish(entry)
        return seq

    def _publish(self, entry: Entry | Gap) -> None:
        """Let readers have it: in memory that is at once."""
        self.last_seq = entry.seq
        for wake in self._wakes:
            wake()

    def _grow(self) -> None:
        """More is kept than was allowed: ask for more, or lose the oldest."""
        room = self._room
        while room is not None and self.kept > self._allowed and self._allowed + STEP <= self._largest:
            if not room.ask(self):
                break
            self._allowed += STEP
        self._lose()

    def _lose(self) -> None:
        while self.kept > self._allowed and self._first < self.numbered:
            self._drop(self._first)

    def _run_of(self, gap: Gap) -> Gap:
        last = gap.to_seq
        while (after := self._entries.get(last + 1)) and isinstance(after[0], Gap) and after[0].handle == gap.handle:
            last += 1
        return Gap(gap.seq, last, gap.handle, lost=False)

    def _wake(self) -> None:
        for wake in self._wakes:
            wake()
