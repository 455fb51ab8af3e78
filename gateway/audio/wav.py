"""One complete WAV file a segment, made from PCM.

     0  "RIFF"  u32 bytes that follow  "WAVE"
    12  "fmt "  u32 16  u16 1 (PCM)  u16 channels  u32 rate  u32 bytes a second  u16 bytes a group  u16 bits a sample
    36  "data"  u32 bytes of samples, which follow

Its true size stands in front, so a file leaves when its segment has been received.
"""

import struct
from typing import Literal

from gateway.audio.base import Filed, Piece, Unit
from gateway.audio.pcm import SAMPLE_BYTES, Groups

_HEADER = struct.Struct("<4sI4s 4sIHHIIHH 4sI")
HEADER_BYTES = _HEADER.size


def header(rate: int, channels: int, data_bytes: int) -> bytes:
    group = channels * SAMPLE_BYTES
    return _HEADER.pack(
        *(b"RIFF", _HEADER.size - 8 + data_bytes, b"WAVE"),
        *(b"fmt ", 16, 1, channels, rate, rate * group, group, SAMPLE_BYTES * 8),
        *(b"data", data_bytes),
    )


class Wav:
    unit: Unit = "bytes"
    kind: Literal[1, 2] = 2

    def __init__(self, rate: int, channels: int, max_payload: int) -> None:
        self._rate = rate
        self._channels = channels
        self._group = channels * SAMPLE_BYTES
        self._step = max_payload - max_payload % self._group
        self._groups = Groups(self._group)
        self._parts: list[bytes] = []

    def feed(self, data: bytes, samples: int = 0) -> list[Piece]:
        self._parts.append(self._groups.feed(data))
        return []

    def end_segment(self) -> list[Piece]:
        samples = b"".join(self._parts)
        self._parts.clear()
        self._groups.end()
        if not samples:
            return []
        file = header(self._rate, self._channels, len(samples)) + samples
        return [self._piece(file, at) for at in range(0, len(file), self._step)]

    def _piece(self, file: bytes, at: int) -> Piece:
        data = file[at : at + self._step]
        sound = min(len(data), at + len(data) - _HEADER.size)
        return Piece(data, max(0, sound) // self._group)


class WavFile(Filed):
    unit: Unit = "bytes"
    mime = "audio/wav"

    def __init__(self, rate: int, channels: int, max_payload: int, *, parts: bool) -> None:
        super().__init__(parts=parts)
        self._wav = Wav(rate, channels, max_payload)

    def feed(self, pcm: bytes) -> list[Piece]:
        return self._wav.feed(pcm)

    def _end(self) -> list[Piece]:
        return self._wav.end_segment()
