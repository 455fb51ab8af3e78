"""G.711 µ-law from 16-bit PCM, by a table of all 65 536 samples."""

import sys
from array import array
from bisect import bisect_left
from functools import cache

_CLIP = 8159
_BIAS = 33
_SEGMENT_ENDS = (0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF)


def _code(sample: int) -> int:
    """One sample: 14 bits of magnitude, eight chords of sixteen steps (ITU-T G.711, table 2a)."""
    linear = sample >> 2
    mask = 0x7F if linear < 0 else 0xFF
    magnitude = min(abs(linear), _CLIP) + _BIAS
    chord = bisect_left(_SEGMENT_ENDS, magnitude)
    if chord == len(_SEGMENT_ENDS):
        return 0x7F ^ mask
    return (chord << 4 | magnitude >> chord + 1 & 0x0F) ^ mask


@cache
def _table() -> bytes:
    return bytes(_code(sample if sample < 32768 else sample - 65536) for sample in range(65536))


def encode(pcm: bytes) -> bytes:
    """`pcm`: whole little-endian samples."""
    samples = array("H", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return bytes(map(_table().__getitem__, samples))
