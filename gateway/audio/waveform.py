"""How loud a recording is along its length, as chats draw it: at most 256 levels, the loudest 255."""

from array import array
from itertools import pairwise
from math import sqrt
from operator import mul

from gateway.audio.pcm import numbers

_HOP_MS = 100
"""Discord's own clients measure so often."""
MOST_LEVELS = 256
_LOOKED_AT_HZ = 8000


class Waveform:
    def __init__(self, rate: int, channels: int) -> None:
        self._hop = rate * _HOP_MS // 1000 * channels
        self._step = rate * channels // _LOOKED_AT_HZ | (channels - 1)
        """Odd where there are two channels, to look at both."""
        self._rest = array("h")
        self._levels: list[float] = []

    def feed(self, pcm: bytes) -> None:
        self._rest += numbers(pcm)
        whole = len(self._rest) - len(self._rest) % self._hop
        self._levels += [_level(self._rest[at : at + self._hop : self._step]) for at in range(0, whole, self._hop)]
        self._rest = self._rest[whole:]

    def levels(self) -> bytes:
        levels = [*self._levels, _level(self._rest)] if self._rest else self._levels
        count = min(len(levels), MOST_LEVELS)
        borders = [index * len(levels) // max(count, 1) for index in range(count + 1)]
        shown = [max(levels[begin:end]) for begin, end in pairwise(borders)]
        loudest = max(shown, default=0.0) or 1.0
        return bytes(round(level * 255 / loudest) for level in shown)


def _level(samples: "array[int]") -> float:
    return sqrt(sum(map(mul, samples, samples)) / len(samples))
