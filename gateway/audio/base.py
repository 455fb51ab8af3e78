"""The contract of a delivery form: upstream's bytes in, payloads for frames out.

One form serves one turn. `feed` takes what upstream sent, cut anywhere; `end_segment` gives what was held back and
makes the joint to the next segment clean.
"""

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
