"""A session's journal: what was said about its turns, numbered from 1, +1 each.

Whoever hears a session reads its journal from a position: live relay, resume and fan-out are one mechanism. Entries are
neutral (JSON encoded once, or a frame's header fields and payload); framing is the reader's.

    append          Said | Frame, numbered and readable at once
    withdraw        a cancelled turn's entries become a gap for readers that have not read them
    forget          what has arrived, or the oldest beyond the byte bounds, becomes a gap that is `lost`
    a terminal      shuts the turn's door: nothing of it is taken after

A number means one thing: it belongs to one session, whose name is random, and a journal that is gone is never begun
again under the same name.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from gateway.protocol.events import Event


class Said(NamedTuple):
    """A numbered JSON message."""

    seq: int
    handle: int
    data: bytes


class Frame(NamedTuple):
    """Audio. `ms` is how long the payload plays."""

    seq: int
    handle: int
    kind: int
    flags: int
    segment: int
    position: int
    payload: bytes
    ms: float


class Gap(NamedTuple):
    """These numbers will not come to this reader."""

    seq: int
    to_seq: int
    handle: int | None
    lost: bool


Entry = Said | Frame


class Journal(Protocol):
    @property
    def last_seq(self) -> int:
        """The last that can be read."""

    @property
    def numbered(self) -> int:
        """The last number given. It can be read once it is kept: in memory at once."""

    def open(self, handle: int, event: Event) -> int:
        """Begin a turn with its `turn.accepted`, which a later withdrawal leaves in place."""

    def say(self, handle: int, event: Event, *, terminal: bool = False) -> int | None:
        """Number a message; None when the turn's door is shut."""

    def play(
        self, handle: int, *, kind: int, flags: int, segment: int, position: int, payload: bytes, ms: float
    ) -> int | None:
        """Number a frame; None when the turn's door is shut."""

    def once_kept(self, tell: Callable[[bool], None]) -> None:
        """`tell` is called once all that was numbered by now is kept, in memory at once; with False where another
        replica has the session, so that nothing of it counts.
        """

    def withdraw(self, handle: int) -> None:
        """Whoever has not read this turn's entries yet will get a gap in their place."""

    def begun(self) -> int | None:
        """The first number that is about a turn which sounds, beyond its acceptance; None when none does."""

    def forget(self, upto: int) -> None:
        """Entries up to this number have arrived. A turn that sounds is kept until its end: whoever comes to listen may
        begin with it.
        """

    def next(self, after: int) -> Entry | Gap | None:
        """What follows position `after`; None when the reader has caught up."""

    def behind(self, position: int) -> int:
        """Bytes of entries that a reader at this position has not taken; 0 when it has caught up."""

    def close(self) -> None:
        """Nothing more is appended; readers may read to the end."""

    def subscribe(self, wake: Callable[[], None], *, first: bool = False) -> Callable[[], None]:
        """`wake` is called synchronously after every change, with `first` before all others'; the answer ends it."""


def frames(journal: Journal, position: int) -> Iterator[Frame]:
    """Those behind this position."""
    while (entry := journal.next(position)) is not None:
        if isinstance(entry, Frame):
            yield entry
        position = entry.to_seq if isinstance(entry, Gap) else entry.seq
