"""Forms made of PCM (signed 16-bit little-endian, interleaved): relayed as it comes, µ-law, wav files."""

import struct

from gateway.audio.base import Piece, Unit
from gateway.audio.mulaw import encode


class Groups:
    """Whole sample groups out of bytes that were cut anywhere."""

    def __init__(self, channels: int) -> None:
        self._size = 2 * channels
        self._carried = b""

    def feed(self, data: bytes) -> bytes:
        if self._carried:
            data = self._carried + data
        odd = len(data) % self._size
        self._carried = data[len(data) - odd :] if odd else b""
        return data[: len(data) - odd] if odd else data

    def end(self) -> None:
        """An incomplete group at the end of a segment or attempt is dropped."""
        self._carried = b""


class Pcm:
    unit: Unit = "samples"
    kind = 1

    def __init__(self, channels: int, max_payload: int) -> None:
        self._groups = Groups(channels)
        self._size = 2 * channels
        self._most = max_payload - max_payload % self._size

    def feed(self, data: bytes) -> list[Piece]:
        data = self._groups.feed(data)
        if len(data) <= self._most:
            return [Piece(data, len(data) // self._size)] if data else []
        return [Piece(part, len(part) // self._size) for part in parts(data, self._most)]

    def end_segment(self) -> list[Piece]:
        self._groups.end()
        return []


class Mulaw:
    """G.711 at 8 kHz mono."""

    unit: Unit = "samples"
    kind = 1

    def __init__(self, max_payload: int) -> None:
        self._groups = Groups(1)
        self._most = max_payload

    def feed(self, data: bytes) -> list[Piece]:
        return [Piece(part, len(part)) for part in parts(encode(self._groups.feed(data)), self._most)]

    def end_segment(self) -> list[Piece]:
        self._groups.end()
        return []


class Wav:
    """One file a segment. Its header tells true sizes, so it leaves when the segment is complete."""

    unit: Unit = "bytes"
    kind = 2

    def __init__(self, rate: int, channels: int, max_payload: int) -> None:
        self._rate = rate
        self._channels = channels
        self._most = max_payload
        self._data = bytearray()

    def feed(self, data: bytes) -> list[Piece]:
        self._data += data
        return []

    def end_segment(self) -> list[Piece]:
        size = 2 * self._channels
        data = bytes(self._data[: len(self._data) - len(self._data) % size])
        self._data.clear()
        if not data:
            return []
        pieces = [Piece(part, 0) for part in parts(header(self._rate, self._channels, len(data)) + data, self._most)]
        return [Piece(pieces[0].data, len(data) // size), *pieces[1:]]


def header(rate: int, channels: int, length: int) -> bytes:
    """RIFF, `fmt ` and `data` of 16-bit PCM: 44 bytes."""
    group = 2 * channels
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + length, b"WAVE", b"fmt ", 16, 1, channels, rate, rate * group, group, 16, b"data", length,
    )  # fmt: skip


def parts(data: bytes, most: int) -> list[bytes]:
    return [data[at : at + most] for at in range(0, len(data), most)]
