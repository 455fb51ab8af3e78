"""MP3: relayed as whole frames, one continuous stream a turn.

A plain concatenation of segments makes decoders stumble: tags and the encoder's notes lie between them, and a note
tells the length of one segment only. Without them the frames of all segments are one stream. The bit reservoir is no
obstacle at a joint: an encoder's first frame points back at nothing, so that no frame looks for bits in another
segment, and what the last frame would overlap fades into the silence every encoder begins with. Only an attempt that
was cut and goes on elsewhere may join at a frame that points back; decoders conceal that one.
"""

from typing import Literal

from gateway.audio.base import Piece, Unit
from gateway.audio.mpeg import FrameSplitter, cuttable, joined


class Mp3:
    unit: Unit = "bytes"
    kind: Literal[1, 2] = 1

    def __init__(self, max_payload: int) -> None:
        self._max_payload = max_payload
        self._splitter = FrameSplitter()

    def feed(self, data: bytes, samples: int = 0) -> list[Piece]:
        return self._pieces([Piece(data, samples)] if samples else self._splitter.feed(data))

    def end_segment(self) -> list[Piece]:
        return self._pieces(self._splitter.end())

    def _pieces(self, runs: list[Piece]) -> list[Piece]:
        """As many frames in each as fit; a frame is never cut, and at most 1441 bytes long."""
        return cuttable(joined(runs), self._max_payload) if runs else []
