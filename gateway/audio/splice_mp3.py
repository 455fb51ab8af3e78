"""A segment's MP3 over several attempts, so that nothing is heard twice.

    first attempt    │1│2│3│4│5:  broken within the sixth frame
    second attempt   ─ ─ ─ ─ ─ │6│7│8│9│

Frames are passed on whole and alone: an attempt's tags would lie amid the sound. The second attempt goes on at the
same time; frames cannot be faded without decoding, and a decoder conceals the joint.
"""

from gateway.audio.base import Piece
from gateway.audio.mpeg import FrameSplitter, each, joined


class ContinuedMp3:
    """Feed one attempt after the other; each result is to be heard at once, in order."""

    shift_ms = 0.0
    """How much later the current attempt's sound is heard than it stands in the attempt."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._splitter = FrameSplitter()
        self._heard = 0
        """Samples per channel that were passed on."""
        self._position = 0
        """Samples per channel of the current attempt."""

    def go_on(self, heard_ms: float, tail: bytes) -> None:
        """Another process has passed so much on."""
        self._heard = round(heard_ms * self._rate / 1000)

    @property
    def heard_ms(self) -> float:
        return self._heard * 1000 / self._rate

    def feed(self, data: bytes) -> Piece:
        return self._pass_on(self._splitter.feed(data))

    def break_off(self) -> None:
        """The attempt is lost; another begins."""
        self._splitter.end()
        self._position = 0

    def close(self) -> Piece:
        """The attempt is complete: give what is left."""
        return self._pass_on(self._splitter.end())

    def _pass_on(self, pieces: list[Piece]) -> Piece:
        fresh = []
        for piece in pieces if self._position == self._heard else each(pieces):
            self._position += piece.samples
            if self._position > self._heard:
                self._heard = self._position
                fresh.append(piece)
        return joined(fresh)
