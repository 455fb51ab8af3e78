"""Phonemes in IPA, and the times of their words → visemes: what a mouth shows, and when.

The fifteen are those that avatars widely know: sil PP FF TH DD kk CH SS nn RR aa E ih oh ou. `visemes.json` has the
whole IPA chart, so that a phoneme never seen is read by its letters; marks of tone, place and voice are not seen on
lips. Words share their time by the lengths there, of which only the ratios matter: a fit to 327,000 phonemes that
espeak-ng spoke in 35 languages (tests/proofs/lip_lengths.py).
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple, Protocol

_TABLE: Mapping[str, Any] = json.loads(resources.files("gateway.lip").joinpath("visemes.json").read_text("utf-8"))
_LETTERS: Mapping[str, str] = {
    unicodedata.normalize("NFD", letter): viseme
    for viseme, letters in _TABLE["letters"].items()
    for letter in letters.split()
}
_LENGTHS_MS: Mapping[str, int] = _TABLE["lengths_ms"]
_LONGER: Mapping[str, float] = _TABLE["longer"]
_VOWELS = frozenset(_TABLE["vowels"])

SILENCE = "sil"
VISEMES = (SILENCE, *_TABLE["letters"])
_SHORTEST_PAUSE_MS = 60
"""Between words; a mouth does not close for less."""

_LETTER = re.compile("|".join(map(re.escape, sorted(_LETTERS, key=len, reverse=True))))
_VOWEL = "".join(letter for letter, viseme in _LETTERS.items() if viseme in _VOWELS and len(letter) == 1)
_UNSEEN = re.compile(rf"[ˈˌ\u035c\u0361]|(?<=[^ˈˌ])h|(?<=[{_VOWEL}ː\u0303-])ɜ")
"""Stress and ties; the h of aspirated consonants, and the third tone, a ɜ behind the vowel."""


class Timed(Protocol):
    """A word: it sounds from here to there, from the segment's first sample."""

    @property
    def from_ms(self) -> float: ...

    @property
    def to_ms(self) -> float: ...


class Shown(NamedTuple):
    visemes: tuple[str, ...]
    length_ms: float


@lru_cache(4096)
def shown(phoneme: str) -> Shown:
    """No viseme for what is not seen. A diphthong has two."""
    letters = _LETTER.findall(_UNSEEN.sub("", unicodedata.normalize("NFD", phoneme)))
    visemes = [_LETTERS[letter] for letter in letters]
    visemes = [viseme for at, viseme in enumerate(visemes) if at == 0 or viseme != visemes[at - 1]]
    if not visemes:
        return Shown((), 0.0)
    length_ms = sum(_LENGTHS_MS[viseme] for viseme in visemes) / len(visemes)
    length_ms *= _LONGER["diphthong"] ** (len(visemes) - 1)
    if visemes[0] in _VOWELS:
        length_ms *= _LONGER["stressed"] if "ˈ" in phoneme else 1
        length_ms *= _LONGER["long"] if "ː" in phoneme else 1
    return Shown(tuple(visemes), length_ms)


def track(words: Sequence[Timed], phonemes: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
    """What is shown from when on, in ms: one entry a change. Before the first and behind the last it is silence."""
    changes: list[tuple[int, str]] = []
    until_ms = 0.0
    for word, names in zip(words, phonemes, strict=True):
        parts = [part for name in names if (part := shown(name)).visemes]
        if not parts:
            continue
        if changes and word.from_ms - until_ms >= _SHORTEST_PAUSE_MS:
            _change(changes, until_ms, SILENCE)
        _show(changes, parts, word)
        until_ms = word.to_ms
    if changes:
        _change(changes, until_ms, SILENCE)
    return changes


def _show(changes: list[tuple[int, str]], parts: Sequence[Shown], word: Timed) -> None:
    scale = (word.to_ms - word.from_ms) / sum(part.length_ms for part in parts)
    at_ms = word.from_ms
    for visemes, length_ms in parts:
        for viseme in visemes:
            _change(changes, at_ms, viseme)
            at_ms += length_ms / len(visemes) * scale


def _change(changes: list[tuple[int, str]], at_ms: float, viseme: str) -> None:
    """What would last for no time gives way."""
    at = round(at_ms)
    while changes and changes[-1][0] >= at:
        changes.pop()
    if not changes or changes[-1][1] != viseme:
        changes.append((at, viseme))
