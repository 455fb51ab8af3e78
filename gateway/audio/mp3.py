"""mp3 as one continuous stream: frames only.

    ID3v2 │ Xing/Info/VBRI frame │ frame │ frame │ … │ ID3v1      what a segment is
                                   frame │ frame │ …              what leaves of it

Each segment comes from an encoder of its own. Tags and information frames between them make decoders stumble; the
bare frames they take as one stream. The first frame of a segment refers to no bits of an earlier one, since an encoder
starts with an empty reservoir, so the joint decodes cleanly.
"""

from gateway.audio.base import Piece, Unit

_HEADER = 4
_BITRATES = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""kbit/s of layer III; the second row is MPEG 2 and 2.5."""
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""By the header's version bits."""
_ID3V1 = 128


class Mp3:
    unit: Unit = "bytes"
    kind = 1

    def __init__(self, max_payload: int) -> None:
        self._most = max_payload
        self._buffer = bytearray()
        self._skip = 0
        self._begun = False

    def feed(self, data: bytes) -> list[Piece]:
        self._buffer += data
        pieces: list[Piece] = []
        start = at = samples = 0
        while (step := self._step(at)) is not None:
            length, plays = step
            if plays and at + length - start > self._most and at > start:
                pieces.append(Piece(bytes(self._buffer[start:at]), samples))
                start, samples = at, 0
            if not plays:
                if at > start:
                    pieces.append(Piece(bytes(self._buffer[start:at]), samples))
                start, samples = at + length, 0
            at += length
            samples += plays
        if at > start:
            pieces.append(Piece(bytes(self._buffer[start:at]), samples))
        del self._buffer[:at]
        return pieces

    def end_segment(self) -> list[Piece]:
        """An incomplete frame is dropped."""
        self._buffer.clear()
        self._skip = 0
        self._begun = False
        return []

    def _step(self, at: int) -> tuple[int, int] | None:
        """What stands at `at`: its bytes and the samples it plays, 0 for what is left out; None until more came."""
        left = len(self._buffer) - at
        if self._skip:
            skipped = min(left, self._skip)
            self._skip -= skipped
            return (skipped, 0) if skipped else None
        if left < 10:
            return None
        head = self._buffer[at : at + 10]
        if head[:3] == b"ID3":
            self._skip = 10 + _syncsafe(head[6:10])
            return self._step(at)
        if head[:3] == b"TAG":
            self._skip = _ID3V1
            return self._step(at)
        return self._frame(at, left)

    def _frame(self, at: int, left: int) -> tuple[int, int] | None:
        shape = _shape(self._buffer[at : at + _HEADER])
        if shape is None:
            return 1, 0
        length, samples = shape
        if left < length:
            return None
        first, self._begun = not self._begun, True
        if first and _is_information(self._buffer[at : at + length]):
            return length, 0
        return length, samples


def _syncsafe(four: bytes | bytearray) -> int:
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]


def _shape(header: bytes | bytearray) -> tuple[int, int] | None:
    """Bytes and samples per channel of the frame that begins so; None for what is no layer III header."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bits, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if header[0] != 0xFF or header[1] < 0xE0 or version == 1 or layer != 1 or bits in {0, 15} or rate == 3:
        return None
    kbit = _BITRATES[1 if version == 3 else 2][bits]
    samples = 1152 if version == 3 else 576
    return samples // 8 * kbit * 1000 // _RATES[version][rate] + padding, samples


def _is_information(frame: bytes | bytearray) -> bool:
    """A first frame that holds an encoder's tables and no sound."""
    return any(mark in frame[:64] for mark in (b"Xing", b"Info", b"VBRI"))
