"""A text's words, and how long each takes to say, roughly.

    "Wait, 你好!"  →  "Wait," 0–5 · "你" 6–7 · "好!" 7–9

White space is no word. An ideograph or kana is a word by itself; marks belong to the word before them, opening ones to
the one behind. Languages written without spaces, but in letters (Thai, Lao, Khmer), have long words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.text.graphemes import joined
from gateway.text.scripts import may_start_word, unspaced
from gateway.text.speakable import speakable, speaks

_LETTER_MS, _DIGIT_MS, _HANGUL_MS, _KANA_MS, _IDEOGRAPH_MS = 65.0, 300.0, 170.0, 130.0, 220.0
_CLAUSE_MS, _SENTENCE_MS = 180.0, 420.0
"""At speed 1, measured on the embedded voices; real ones lie within a third of it, and only ratios matter once a
segment's length is known."""
_CLOSERS = "\"')]}”’»›」』】）］"
_PAUSES = re.compile(r"(?P<sentence>[.!?。！？｡؟।]|\n)|(?P<clause>[,;:，、；：،؛—…])")


@dataclass(frozen=True, slots=True)
class Token:
    """A word and the marks beside it: `text[start:end]`. `rest_ms` is the silence after it."""

    start: int
    end: int
    said_ms: float
    rest_ms: float


def tokens(text: str) -> list[Token]:
    return [_token(text, start, end) for start, end in _places(text)]


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Words, each with the silent characters around it; silent ones that stand alone go to the word before."""
    start = end = -1
    for found in re.finditer(r"\S+", text):
        for begin, stop in _parted(text, found.start(), found.end()):
            if not speakable(text[begin:stop]):
                continue
            if start >= 0:
                yield start, end
            start, end = begin, stop
    if start >= 0:
        yield start, end


def _parted(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run without white space, parted at ideographs and kana."""
    begin = start
    for at in range(start + 1, end):
        if _parts(text, begin, at):
            yield begin, at
            begin = at
    yield begin, end


def _parts(text: str, begin: int, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if not (unspaced(after) or unspaced(text[begin]) or unspaced(before)):
        return False
    if not speaks(after) or not may_start_word(after) or joined(before, after):
        return False
    return speakable(text[begin:at])


def _token(text: str, start: int, end: int) -> Token:
    behind = text[end : end + 1] if text[end : end + 1] == "\n" else ""
    marks = list(_PAUSES.finditer(text[start:end].rstrip(_CLOSERS)[-1:] + behind))
    rest = 0.0
    if marks:
        rest = _SENTENCE_MS if any(mark["sentence"] for mark in marks) else _CLAUSE_MS
    return Token(start, end, max(60.0, sum(map(_character_ms, text[start:end]))), rest)


def _character_ms(character: str) -> float:
    if character < "\u3000" and not character.isdigit():
        return _LETTER_MS if character.isalpha() else 0.0
    if character.isdigit():
        return _DIGIT_MS
    if "\u3040" <= character <= "\u30ff":
        return _KANA_MS
    if unspaced(character):
        return _IDEOGRAPH_MS
    return _HANGUL_MS if "\uac00" <= character <= "\ud7a3" else _LETTER_MS if character.isalpha() else 0.0
