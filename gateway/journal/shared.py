"""A journal that the store keeps too: readers see what the store has, so that whoever goes on elsewhere misses nothing.

    append ──→ page ──→ ledger ──→ store ──→ committed: readers see it
               one a session: what was not written yet, and what its session was told meanwhile

In the store's stream an entry's id is its number, `seq-0`; a withdrawal stands behind what it is about, `seq-1`.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gateway.journal.base import Entry, Frame, Gap, Said
from gateway.journal.memory import MemoryJournal

_SAID = struct.Struct("<cI")
"""What it is, and the turn's handle; so for gaps and withdrawals."""
_FRAME = struct.Struct("<cIBBHId")
"""… kind, flags, segment, position, ms."""
TRIM_EVERY = 64
"""Numbers that are forgotten before the store is told of it by itself."""

Line = tuple[bytes, bytes, bytes]
"""An id of the stream, a head, a payload."""


@dataclass(slots=True)
class Page:
    """What of a session the store has not got yet. Its last page says what becomes of the session there: it is given
    away (`released`) or forgotten (`ended`).
    """

    entries: list[Entry | Gap | int] = field(default_factory=list)
    """A number is the handle of a turn that was withdrawn."""
    rest: bytes | None = None
    """In place of all that the session was told before."""
    past: list[bytes] = field(default_factory=list)
    told: list[bytes] = field(default_factory=list)
    fields: dict[str, str | bytes | int] = field(default_factory=dict)
    trim: int = 0
    last: str = ""

    @property
    def blank(self) -> bool:
        return not (self.entries or self.rest or self.told or self.fields or self.trim or self.last)


class SharedJournal(MemoryJournal):
    """`dirty` is called when there is something to be written. Once it is not `shared` any more, its session goes on in
    this process and nowhere else.
    """

    def __init__(self, name: str, fence: int, dirty: Callable[["SharedJournal"], None], **bounds: Any) -> None:
        super().__init__(**bounds)
        self.name = name
        self.fence = fence
        self.batch = 0
        """Pages that were taken."""
        self.shared = True
        self.lost = False
        self.page = Page()
        self._unkept: list[tuple[int, Callable[[bool], None]]] = []
        """Who is to be told when everything up to a number is kept."""
        self._dirty = dirty
        self._trimmed = 0
        self._last_id = (0, 0)

    def load(self, lines: Iterable[tuple[bytes, bytes, bytes]], last_id: bytes, sounding: Iterable[int]) -> None:
        """What the store kept: before anything else is said. `last_id`: of the stream, which may have forgotten what it
        was of. `sounding`: turns that have not ended.
        """
        self._last_id = _number(last_id)
        last_seq = self._last_id[0]
        self._first = last_seq + 1
        for identifier, head, payload in lines:
            number, entry = read_line(identifier, head, payload)
            if isinstance(entry, int):
                super().withdraw(entry)
                continue
            self._first = min(self._first, number)
            self._keep(entry, len(payload))
        self.numbered = self.last_seq = last_seq
        self._open = dict.fromkeys(sounding)
        for number, (entry, _) in self._entries.items():
            if entry.handle in self._open and self._open[entry.handle] is None:
                self._open[entry.handle] = number
        self._grow()

    def told(self, line: bytes) -> None:
        """What the session is about to be told."""
        self.page.told.append(line)
        self._write_soon()

    def rested(self, rest: bytes, past: list[bytes]) -> None:
        """The session rests: what it was told before need not be known."""
        self.page.rest, self.page.told = rest, []
        self.page.past += past
        self._write_soon()

    def note(self, **fields: str | bytes | int) -> None:
        """Keep these beside the journal."""
        self.page.fields |= fields
        self._write_soon()

    def finish(self, last: str) -> None:
        """`released` or `ended`: nothing is written after that."""
        self.page.last = last
        self._write_soon()

    def once_kept(self, tell: Callable[[bool], None]) -> None:
        if self.last_seq < self.numbered and not self.lost:
            self._unkept.append((self.numbered, tell))
        else:
            tell(not self.lost)

    def withdraw(self, handle: int) -> None:
        for place, entry in enumerate(self.page.entries):
            if isinstance(entry, Said | Frame) and entry.handle == handle:
                self.page.entries[place] = Gap(entry.seq, entry.seq, handle, lost=False)
        self.page.entries.append(handle)
        self._write_soon()
        super().withdraw(handle)

    def take(self) -> tuple[Page, list[Line]]:
        """The page, to be written now."""
        page, self.page = self.page, Page()
        self.batch += 1
        page.trim = self._first if self._first > self._trimmed + 1 else 0
        self._trimmed = max(self._trimmed, page.trim - 1)
        lines = [self._line(entry) for entry in page.entries]
        page.fields["last_id"] = b"%d-%d" % self._last_id
        return page, lines

    def committed(self, page: Page) -> None:
        """The store has it."""
        numbers = [each.seq for each in page.entries if not isinstance(each, int)]
        if numbers:
            self.last_seq = max(self.last_seq, numbers[-1])
            self._tell_kept()
            self._wake()

    def lose(self) -> None:
        """Nothing more of it is written: that is another replica's now."""
        self.lost = True
        self._part()
        self._tell_kept()

    def forsake(self) -> None:
        """The store has lost it, or cannot be reached."""
        self._part()
        if self.last_seq < self.numbered:
            self.last_seq = self.numbered
            self._tell_kept()
            self._wake()

    def _part(self) -> None:
        self.shared = False
        self.page = Page()

    def _tell_kept(self) -> None:
        while self._unkept and (self.lost or self._unkept[0][0] <= self.last_seq):
            self._unkept.pop(0)[1](not self.lost)

    def _publish(self, entry: Entry | Gap) -> None:
        if self.shared:
            self.page.entries.append(entry)
            self._write_soon()
        else:
            super()._publish(entry)

    def _drop(self, upto: int) -> None:
        super()._drop(upto)
        if self._first > self._trimmed + TRIM_EVERY:
            self._write_soon()

    def _write_soon(self) -> None:
        if self.shared:
            self._dirty(self)

    def _keep(self, entry: Entry | Gap, size: int) -> None:
        self._written += size
        self._entries[entry.seq] = (entry, self._written)

    def _line(self, entry: Entry | Gap | int) -> Line:
        if isinstance(entry, int):
            self._last_id = (self._last_id[0], self._last_id[1] + 1)
            return b"%d-%d" % self._last_id, _SAID.pack(b"w", entry), b""
        self._last_id = (entry.seq, 0)
        head, payload = _packed(entry)
        return b"%d-0" % entry.seq, head, payload


def _packed(entry: Entry | Gap) -> tuple[bytes, bytes]:
    match entry:
        case Said(_, handle, data):
            return _SAID.pack(b"s", handle), data
        case Frame(_, handle, kind, flags, segment, position, payload, ms):
            return _FRAME.pack(b"f", handle, kind, flags, segment, position, ms), payload
        case Gap(_, _, handle, _):
            return _SAID.pack(b"g", handle or 0), b""


def read_line(identifier: bytes, head: bytes, payload: bytes) -> tuple[int, Entry | Gap | int]:
    """A number of the journal and what it is; a handle where that turn was withdrawn."""
    seq, behind = _number(identifier)
    what = head[:1]
    if what == b"f":
        _, handle, kind, flags, segment, position, ms = _FRAME.unpack(head)
        return seq, Frame(seq, handle, kind, flags, segment, position, payload, ms)
    handle = _SAID.unpack(head)[1]
    if behind:
        return seq, handle
    return seq, Said(seq, handle, payload) if what == b"s" else Gap(seq, seq, handle, lost=False)


def _number(identifier: bytes) -> tuple[int, int]:
    number, _, behind = identifier.partition(b"-")
    return int(number), int(behind)
