"""G.711 µ-law, made from mono PCM: one byte a sample."""

import sys
from array import array
from functools import cache
from typing import Literal

from gateway.audio.base import Piece, Unit
from gateway.audio.pcm import SAMPLE_BYTES, Groups, cuttable

_BIAS = 33
_LOUDEST = 8191 - _BIAS + 1
"""G.711 codes 14 bits: after the bias everything fits 13 bits and a sign."""


@cache
def _codes() -> bytes:
    """The code of every 16-bit sample, by its bits read as unsigned."""
    quarter = [bytes([_code(step)]) * 4 for step in range(-8192, 8192)]
    return b"".join(quarter[8192:] + quarter[:8192])


def _code(sample: int) -> int:
    """Of a 14-bit sample: sign, a segment that doubles from one to the next, 16 steps in it; all bits inverted."""
    biased = min(abs(sample), _LOUDEST) + _BIAS
    segment = min(biased.bit_length() - 6, 7)
    step = 15 if biased >> 13 else biased >> (segment + 1) & 15
    return ~(segment << 4 | step | (0x80 if sample < 0 else 0)) & 0xFF


def encode(pcm: bytes) -> bytes:
    """Whole samples of 16-bit little-endian PCM."""
    samples = array("H", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return bytes(map(_codes().__getitem__, samples))


class Mulaw:
    unit: Unit = "samples"
    kind: Literal[1, 2] = 1

    def __init__(self, max_payload: int) -> None:
        self._max_payload = max_payload
        self._groups = Groups(SAMPLE_BYTES)

    def feed(self, data: bytes, samples: int = 0) -> list[Piece]:
        return cuttable(encode(self._groups.feed(data)), 1, self._max_payload)

    def end_segment(self) -> list[Piece]:
        self._groups.end()
        return []
