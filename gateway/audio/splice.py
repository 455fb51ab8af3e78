"""A segment's PCM over several attempts, so that nothing is heard twice.

    first attempt    ──────────────────┤held├ broken
    second attempt   ════════════════════════│═══════════→
                      skipped                cut, cross-faded with what was held back

A voice does not say a text twice alike, so the cut is looked for at a silence: around the place when the first
attempt broke off in a pause, after it when it broke off within a word. Such a word stays cut: of a voice that speaks
anew each time nobody knows where the rest of the word begins, and nothing is to be said twice. If the second attempt
is the same sound it goes on exactly where the first was.
"""

import sys
from array import array

from gateway.audio.base import Piece
from gateway.audio.pcm import numbers

HELD_MS = 10
"""Held back of all that is passed on, to be cross-faded should the attempt break."""
SEARCH_MS = 400
_BLOCK_MS = 10
_SILENCE = 200.0
"""Mean amplitude of 16-bit samples; -44 dB of full scale."""


class Continued:
    """Feed one attempt after the other; each result is to be heard at once, in order."""

    def __init__(self, rate: int, channels: int) -> None:
        self._group = 2 * channels
        self._ms = rate * self._group / 1000
        self._hold = self._bytes(HELD_MS)
        self._held = b""
        self._position = 0
        """Bytes of the current attempt up to the end of `_held`."""
        self._heard = 0
        """Bytes given to be heard, with those of `_held`."""
        self._second: bytearray | None = None
        self._tail = b""
        """The end of what was heard where nothing is held back any more."""

    def go_on(self, heard_ms: float, tail: bytes) -> None:
        """Another process has passed so much on, without holding any back; `tail`: its end, where that is known."""
        self._position = self._heard = int(heard_ms * self._ms + 0.5) // self._group * self._group
        self._tail = tail[-self._hold :]
        self._second = bytearray()

    @property
    def begun(self) -> bool:
        return self._position > 0

    @property
    def heard_ms(self) -> float:
        return self._heard / self._ms

    @property
    def shift_ms(self) -> float:
        """How much later the current attempt's sound is heard than it stands in the attempt."""
        return (self._heard - self._position) / self._ms

    def feed(self, data: bytes) -> Piece:
        if self._second is None:
            return self._pass_on(data)
        self._second += data
        if len(self._second) < self._position + self._bytes(SEARCH_MS):
            return Piece(b"", 0)
        return self._pass_on(self._joined(bytes(self._second)))

    def break_off(self) -> None:
        """The attempt is lost; another begins."""
        if self._second is None:
            part = len(self._held) % self._group
            self._held = self._held[: len(self._held) - part]
            self._position -= part
            self._heard -= part
        self._second = bytearray() if self.begun else None

    def close(self) -> Piece:
        """The attempt is complete: give what is left."""
        rest = b"" if self._second is None else self._pass_on(self._joined(bytes(self._second))).data
        rest += self._held
        self._held = b""
        return Piece(rest, 0 if len(rest) % self._group else len(rest) // self._group)

    def _pass_on(self, data: bytes) -> Piece:
        """All but the last `HELD_MS`, in whole groups."""
        held, fresh = self._held, len(data)
        self._position += fresh
        self._heard += fresh
        ready = len(held) + fresh - self._hold
        groups = ready // self._group if ready > 0 else 0
        cut = groups * self._group - len(held)
        if cut < 0:
            held, data, cut = b"", held + data, cut + len(held)
        self._held = data[cut:]
        return Piece(b"".join((held, memoryview(data)[:cut])), groups)

    def _joined(self, second: bytes) -> bytes:
        """The held sound, going over into the second attempt, and its rest."""
        held, self._held, self._second = self._held, b"", None
        at = self._cut(held or self._tail, second)
        self._heard -= len(held)
        if at > len(second):
            self._position = at - len(held)
            return held
        self._position = at - len(held)
        return crossfade(held, second[at - len(held) : at], self._group // 2) + second[at:]

    def _cut(self, held: bytes, second: bytes) -> int:
        at = self._position
        if len(second) < at or second[at - len(held) : at] == held:
            return at
        reach, block = self._bytes(SEARCH_MS), self._bytes(_BLOCK_MS)
        back = min(reach, at - block) // block if loudness(held) < _SILENCE else 0
        places = [at + step * block for step in range(-back, reach // block + 1)]
        places.sort(key=lambda place: abs(place - at))
        quiet = (place for place in places if _is_silent(second[place - block : place], block))
        return next(quiet, at)

    def _bytes(self, ms: int) -> int:
        return int(self._ms * ms) // self._group * self._group


def crossfade(old: bytes, new: bytes, channels: int) -> bytes:
    """`old` going over into `new`, of the same length, linearly."""
    before, after = numbers(old), numbers(new)
    groups = len(before) // channels
    mixed = array("h", before)
    for index in range(len(before)):
        share = (index // channels + 1) / (groups + 1)
        mixed[index] = round(before[index] * (1 - share) + after[index] * share)
    return _bytes(mixed)


def loudness(pcm: bytes) -> float:
    """Mean amplitude."""
    samples = numbers(pcm)
    return sum(map(abs, samples)) / len(samples) if samples else 0.0


def _is_silent(block: bytes, size: int) -> bool:
    return len(block) == size and loudness(block) < _SILENCE


def _bytes(samples: "array[int]") -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
