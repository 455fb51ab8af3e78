"""The contract of a delivery form: upstream's bytes in, payloads for frames out.

One form serves one turn. `feed` takes what upstream sent, cut anywhere; `end_segment` gives what was held back and
makes the joint to the next segment clean. Forms that relay are done then; one that is made here (`made.Made`) carries
over what does not fill a payload, and has it out at the end of the turn.
"""

from abc import ABC, abstractmethod
from typing import Literal, NamedTuple, Protocol

Unit = Literal["samples", "bytes"]


class Piece(NamedTuple):
    """One payload. `samples` per channel it plays for, 0 where only upstream knows (flac)."""

    data: bytes
    samples: int


class Form(Protocol):
    @property
    def unit(self) -> Unit:
        """What frame positions count: samples per channel, or payload bytes."""

    @property
    def kind(self) -> int:
        """1 streamed audio, 2 a piece of a file."""

    def feed(self, data: bytes, samples: int = 0) -> list[Piece]:
        """Take upstream's bytes; give what is ready, in pieces of at most `max_payload` bytes.

        `samples` is not 0 where `data` is known to be whole, and to play for so many per channel.
        """

    def end_segment(self) -> list[Piece]:
        """The segment (or a broken attempt at it) is over: give the rest, drop what is not whole."""


class Packer(Protocol):
    """PCM in whole sample groups, at the rate of delivery → payloads, of one turn."""

    @property
    def unit(self) -> Unit: ...

    @property
    def kind(self) -> int: ...

    @property
    def parts(self) -> bool:
        """Whether each segment stands for itself: nothing of it is carried over."""

    @property
    def mime(self) -> str | None:
        """Of the file that it makes, if it makes one."""

    def go_on(self, begun: bytes) -> bool:
        """Another process has made so much of the file: what is fed goes behind it. False where that cannot be."""

    def feed(self, pcm: bytes) -> list[Piece]: ...

    def end_segment(self) -> list[Piece]: ...

    def end_turn(self) -> list[Piece]:
        """Nothing follows: give what is left, filled up with silence where it has to be."""


class Streamed:
    """A packer of one continuous stream a turn."""

    kind: Literal[1, 2] = 1
    parts = False
    mime: str | None = None

    def go_on(self, begun: bytes) -> bool:
        return False

    def end_segment(self) -> list[Piece]:
        return []


class Filed(ABC):
    """A packer of one file a segment (`parts`) or a turn."""

    kind: Literal[1, 2] = 2

    def __init__(self, *, parts: bool) -> None:
        self.parts = parts

    def go_on(self, begun: bytes) -> bool:
        return False

    def end_segment(self) -> list[Piece]:
        return self._end() if self.parts else []

    def end_turn(self) -> list[Piece]:
        return [] if self.parts else self._end()

    @abstractmethod
    def _end(self) -> list[Piece]:
        """The file is over."""
