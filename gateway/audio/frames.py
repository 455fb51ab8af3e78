"""PCM and µ-law made here: exact frames, the last one filled up with silence, or as the sound comes."""

from collections.abc import Callable

from gateway.audio.base import Piece, Streamed, Unit
from gateway.audio.pcm import cuttable


class Frames(Streamed):
    unit: Unit = "samples"

    def __init__(self, group: int, frame: int | None, largest: int, encode: Callable[[bytes], bytes] = bytes) -> None:
        """`group`: bytes of what `encode` makes of all channels at one instant; `frame` counts groups."""
        self._group = group
        self._frame = frame
        self._largest = largest
        self._encode = encode
        self._rest = b""

    def feed(self, pcm: bytes) -> list[Piece]:
        if self._frame is None:
            return cuttable(self._encode(pcm), self._group, self._largest)
        data, size = self._rest + self._encode(pcm), self._frame * self._group
        end = len(data) - len(data) % size
        self._rest = data[end:]
        return [Piece(data[at : at + size], self._frame) for at in range(0, end, size)]

    def end_turn(self) -> list[Piece]:
        if not self._rest or self._frame is None:
            return []
        filled = self._rest.ljust(self._frame * self._group, self._encode(b"\0\0")[:1])
        self._rest = b""
        return [Piece(filled, self._frame)]
