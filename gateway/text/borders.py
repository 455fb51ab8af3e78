"""Where a text may be cut, found once, left to right, while it streams in.

    SENTENCE   。！？ and their kin; . ! ? before white space; a line's end; a space in Thai
    CLAUSE     ，、； and their kin; , ; : before white space; dashes and ellipses
    WORD       white space; between ideographs

A border after a character is known only when the character behind it is: `3.` may become `3.14`.
"""

import re
from enum import IntEnum
from importlib.resources import files

from gateway.text.billing import is_ideograph


class Border(IntEnum):
    WORD = 1
    CLAUSE = 2
    SENTENCE = 3


_ENDS = frozenset("。！？｡．؟۔।॥׃;‼⁇⁈⁉‽")
"""End a sentence whatever follows. U+037E is the Greek question mark."""
_ASCII_ENDS = frozenset(".!?")
_BREAKS = frozenset("，、；：､،؛·")
_ASCII_BREAKS = frozenset(",;:–—…")
_CLOSERS = frozenset("\"'”’»›)]}」』）】》〉］｝")
_ABBREVIATIONS = frozenset(
    word
    for line in files("gateway.text").joinpath("abbreviations.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)
_LAST_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*$")
_LONGEST_WORD = 24


def border_after(text: str, index: int) -> Border | None:
    """The border behind `text[index]`, whose follower, `text[index + 1]`, is known unless the text ends there."""
    here = text[index]
    after = text[index + 1] if index + 1 < len(text) else " "
    if here == "\n":
        return Border.SENTENCE
    if after in _CLOSERS or after in _ENDS or (after in _ASCII_ENDS and not here.isspace()):
        return _inside(here, after)
    mark = _mark(text, index)
    if mark >= 0:
        strength = _strength(text, mark, after)
        if strength is not None:
            return strength
    return _inside(here, after)


def _mark(text: str, index: int) -> int:
    """The punctuation that `index` closes, behind quotes and brackets; -1 without."""
    while index >= 0 and text[index] in _CLOSERS:
        index -= 1
    return index


def _strength(text: str, mark: int, after: str) -> Border | None:
    character = text[mark]
    if character in _ENDS:
        return Border.SENTENCE
    if character in _BREAKS:
        return Border.CLAUSE
    if not after.isspace():
        return None
    if character in _ASCII_ENDS:
        return _full_stop(text, mark) if character == "." else Border.SENTENCE
    if character == ";" and _is_greek(text[mark - 1 : mark]):
        return Border.SENTENCE
    return Border.CLAUSE if character in _ASCII_BREAKS else None


def _full_stop(text: str, mark: int) -> Border | None:
    before = text[max(0, mark - _LONGEST_WORD) : mark]
    if before.endswith("."):
        return Border.CLAUSE
    word = _LAST_WORD.search(before)
    if word is None:
        return Border.SENTENCE
    found = word.group()
    initial = len(found) == 1 and found.isupper() and not is_ideograph(found)
    return Border.WORD if initial or found.lower() in _ABBREVIATIONS else Border.SENTENCE


def _inside(here: str, after: str) -> Border | None:
    if here.isspace() or after.isspace():
        return Border.SENTENCE if _is_thai(here) else Border.WORD
    if _stands_alone(here) or _stands_alone(after):
        return None if after in _CLOSERS or after in _BREAKS or after in _ENDS else Border.WORD
    return None


def _stands_alone(character: str) -> bool:
    """A character of a script that is written without spaces between words."""
    return is_ideograph(character) or "\u3041" <= character <= "\u30ff"


def _is_thai(character: str) -> bool:
    return "\u0e00" <= character <= "\u0e7f"


def _is_greek(character: str) -> bool:
    return "\u0370" <= character <= "\u03ff" or "\u1f00" <= character <= "\u1fff"
