"""flac as upstream sends it: one complete file a segment. How long it plays, upstream tells."""

from gateway.audio.base import Piece, Unit
from gateway.audio.pcm import parts


class Flac:
    unit: Unit = "bytes"
    kind = 2

    def __init__(self, max_payload: int) -> None:
        self._most = max_payload

    def feed(self, data: bytes) -> list[Piece]:
        return [Piece(part, 0) for part in parts(data, self._most)]

    def end_segment(self) -> list[Piece]:
        return []
