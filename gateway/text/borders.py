"""Where speech may pause: the kind of border between two neighbouring code points.

    SENTENCE   after . ! ? 。 ؟ । ; and their kin with the quotes and brackets that close there; before a new line;
               at a space between two Thai phrases
    CLAUSE     after , ; : ， 、 — and an ellipsis
    WORD       before white space, and between any two ideographs or kana

A mark of the ASCII range counts only before white space (or an ideograph), so `3.14`, `1,000.50`, `10:30`, addresses
and versions stay whole. One code point after the border must be known, none further.
"""

import re
from enum import IntEnum

from gateway.text.abbreviations import abbreviated
from gateway.text.graphemes import joined
from gateway.text.scripts import greek, may_start_word, thai, unspaced


class Rank(IntEnum):
    NONE = 0
    WORD = 1
    CLAUSE = 2
    SENTENCE = 3
    END = 4
    """A flush or commit: everything before it may be spoken."""


WORD = re.compile(r"[^\W_\u0e00-\U0010ffff]+")
"""Letters and digits with no border between them: such as are spoken, and billed, one by one."""
_NEWLINES = frozenset("\n\r\u2028\u2029")
_GLUE = frozenset("\u00a0\u2007\u202f")
"""White space that keeps its neighbours together: `10 000`, `Bonjour !`"""
_SPACED_ENDS = frozenset(".!?")
_ENDS = frozenset("。！？｡．।॥؟۔׃‼⁇⁈⁉")
_ELLIPSES = frozenset("…‥⋯")
_DOTS = frozenset(".。｡．") | _ELLIPSES
_MARKS = _SPACED_ENDS | _ENDS | _ELLIPSES
_GREEK_QUESTION = "\u037e"
_SPACED_PAUSES = frozenset(",;:–-") | {_GREEK_QUESTION}
_PAUSES = frozenset("，、；：､﹐﹑﹔﹕،؛—")
_CLOSERS = frozenset("\"')]}”’»›」』】〉》〕〗）］｝＂＇｣﹂﹄")
_CLOSERS_BEFORE_SPACE = _CLOSERS | _GLUE | frozenset("“‘«‹")
"""The last of them close in „German“ and »Danish«, and open elsewhere."""
_OPENERS = frozenset("([{“‘„«‹「『【〈《〔〖（［｛｢﹁﹃¿¡")
_STAYS_WITH_WORD_BEFORE = _CLOSERS | _MARKS | _SPACED_PAUSES | _PAUSES


def rank(text: str, at: int, after: str) -> Rank:
    """The border before `text[at]`, which is or will be `after`; 0 < at ≤ len(text)."""
    before = text[at - 1]
    if before < "\u0e00" and after < "\u0e00" and before.isalnum() and after.isalnum():
        return Rank.NONE
    if _parts_words(after):
        return _before_space(text, at, after)
    if _parts_words(before):
        return Rank.SENTENCE if thai(after) and _thai_before_space(text, at) else Rank.NONE
    if after in _STAYS_WITH_WORD_BEFORE or joined(before, after):
        return Rank.NONE
    return _without_space(text, at, after)


def _parts_words(character: str) -> bool:
    return character.isspace() and character not in _GLUE


def _thai_before_space(text: str, at: int) -> bool:
    while at and text[at - 1].isspace():
        at -= 1
    return at > 0 and thai(text[at - 1])


def _before_space(text: str, at: int, after: str) -> Rank:
    if after in _NEWLINES:
        return Rank.SENTENCE
    if _parts_words(text[at - 1]):
        return Rank.NONE
    end = _before_closers(text, at, _CLOSERS_BEFORE_SPACE)
    mark = text[end - 1 : end]
    if mark in _MARKS:
        return _after_marks(text, end)
    if mark == _GREEK_QUESTION or (mark == ";" and greek(text[end - 2 : end - 1])):
        return Rank.SENTENCE
    return Rank.CLAUSE if mark in _PAUSES or mark in _SPACED_PAUSES else Rank.WORD


def _without_space(text: str, at: int, after: str) -> Rank:
    end = _before_closers(text, at, _CLOSERS)
    mark = text[end - 1 : end]
    if after.isdigit() and text[end - 2 : end - 1].isdigit():
        return Rank.NONE
    if mark in _ENDS or (mark in _MARKS and (unspaced(after) or after in "¿¡")):
        return _after_marks(text, end)
    if mark in _PAUSES or (mark in _SPACED_PAUSES and unspaced(after)):
        return Rank.CLAUSE
    parted = unspaced(after) or (mark != "" and unspaced(mark))
    return Rank.WORD if parted and may_start_word(after) and text[at - 1] not in _OPENERS else Rank.NONE


def _after_marks(text: str, end: int) -> Rank:
    """`?!` ends, `...` pauses, and a lone full stop may belong to its word."""
    begin = end
    while begin and text[begin - 1] in _MARKS:
        begin -= 1
    marks = text[begin:end]
    if not _DOTS.issuperset(marks):
        return Rank.SENTENCE
    if len(marks) > 1 or marks in _ELLIPSES:
        return Rank.CLAUSE
    return Rank.WORD if marks == "." and abbreviated(text, begin) else Rank.SENTENCE


def _before_closers(text: str, at: int, closers: frozenset[str]) -> int:
    while at and text[at - 1] in closers:
        at -= 1
    return at
