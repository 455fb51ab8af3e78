"""One complete FLAC file a segment, relayed as it comes. How long it plays, upstream says."""

from typing import Literal

from gateway.audio.base import Piece, Unit


class Flac:
    unit: Unit = "bytes"
    kind: Literal[1, 2] = 2

    def __init__(self, max_payload: int) -> None:
        self._max_payload = max_payload

    def feed(self, data: bytes, samples: int = 0) -> list[Piece]:
        step = self._max_payload
        return [Piece(data[at : at + step], 0) for at in range(0, len(data), step)]

    def end_segment(self) -> list[Piece]:
        return []
