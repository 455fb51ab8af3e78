"""What a piece of text costs each language that might be speaking it, in the detector's nats."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.text.languages.detector import gaps
from gateway.text.languages.pieces import Border, Piece
from gateway.text.languages.writing import STRETCH, Script

_WORD = re.compile(r"[^\W\d_](?:[^\W_]|['’.-])*")
_LATIN_WORD, _LATIN_NAME = 12.0, 3.0
"""Latin words stand in texts of every script, so they cost the others little: names least."""
_SYLLABLE = 5.5
"""Of another script: a name of seven ideographs in a sentence has 39, less than it takes to change voice for it."""
_ALONE = 9.5
"""More for each of the first two if they are a sentence by themselves: `谢谢！` among English ones gets its voice."""
_LETTERS_A_SYLLABLE = {Script.IDEOGRAPHS: 1, Script.HANGUL: 1}
_LETTERS_ELSEWHERE = 2
_NAMES = 0.3
"""What statistics are worth to which names contribute, or that are of a single word."""

_SHOUTED = 3
"""From so many words on, capitals alone are emphasis and not abbreviations."""


@dataclass(frozen=True, slots=True)
class Reading:
    native: Mapping[str, float]
    """Of the languages that write the piece's script."""
    foreign: float
    """Of all others."""


def reading(text: str, piece: Piece) -> Reading:
    words = _WORD.findall(text)
    telling = _without_names(words, opens=piece.border is Border.SENTENCE)
    native = _native(text, words, telling, piece.script)
    if piece.script is Script.LATIN:
        return Reading(native, _LATIN_WORD * len(telling) + _LATIN_NAME * (len(words) - len(telling)))
    return Reading(native, _foreign(text, piece))


def _native(text: str, words: Sequence[str], telling: Sequence[str], script: Script) -> Mapping[str, float]:
    if len(words) == 1 and script is not Script.IDEOGRAPHS:
        telling = ()
    native = gaps(text, script)
    if len(telling) == len(words):
        return native
    without = gaps(" ".join(telling), script) if telling else dict.fromkeys(native, 0.0)
    return {tag: _NAMES * gap + (1 - _NAMES) * without[tag] for tag, gap in native.items()}


def _without_names(words: Sequence[str], *, opens: bool) -> Sequence[str]:
    """The words without capitals, and the one that opens a sentence. Of nothing but names: none.

    A name tells where somebody was born, not what is spoken. German nouns go too and are not missed.
    """
    if len(words) >= _SHOUTED and all(map(str.isupper, words)):
        return words
    names = [len(word) > 1 and any(map(str.isupper, word)) for word in words]
    if all(names) and not (opens and len(words) == 1):
        return ()
    return [word for at, word in enumerate(words) if not names[at] or (at == 0 and opens)]


def _foreign(text: str, piece: Piece) -> float:
    letters = sum(len(match[0]) for match in STRETCH.finditer(text))
    syllables = letters / _LETTERS_A_SYLLABLE.get(piece.script, _LETTERS_ELSEWHERE)
    return _SYLLABLE * syllables + (_ALONE * min(syllables, 2) if piece.alone else 0.0)
