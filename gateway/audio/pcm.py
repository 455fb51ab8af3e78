"""Signed 16-bit little-endian PCM: relayed as it comes, in whole sample groups."""

import sys
from array import array
from typing import Literal

from gateway.audio.base import Piece, Unit

SAMPLE_BYTES = 2


def cuttable(data: bytes, group: int, largest: int) -> list[Piece]:
    """Pieces of at most `largest` bytes of whole groups, the samples of all channels at one instant."""
    step = max(group, largest - largest % group)
    if len(data) <= step:
        return [Piece(data, len(data) // group)] if data else []
    parts = (data[at : at + step] for at in range(0, len(data), step))
    return [Piece(part, len(part) // group) for part in parts]


def numbers(pcm: bytes) -> "array[int]":
    """The samples, of all channels; half of one at the end is left out."""
    samples = array("h", pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


class Groups:
    """Cuts a stream into whole sample groups; what is left over waits for the next chunk."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        if self._rest:
            data = self._rest + data
        odd = len(data) % self._group
        self._rest = data[len(data) - odd :]
        return data[: len(data) - odd] if odd else data

    def end(self) -> None:
        self._rest = b""


class Pcm:
    unit: Unit = "samples"
    kind: Literal[1, 2] = 1

    def __init__(self, channels: int, max_payload: int) -> None:
        self._group = SAMPLE_BYTES * channels
        self._max_payload = max_payload
        self._groups = Groups(self._group)

    def feed(self, data: bytes, samples: int = 0) -> list[Piece]:
        if samples and len(data) <= self._max_payload:
            return [Piece(data, samples)]
        return cuttable(self._groups.feed(data), self._group, self._max_payload)

    def end_segment(self) -> list[Piece]:
        self._groups.end()
        return []
