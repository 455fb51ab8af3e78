"""A text in pieces of one script that no border parts: what is weighed as one."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from gateway.text.borders import Rank, rank
from gateway.text.languages.writing import STRETCH, Script
from gateway.text.scripts import thai
from gateway.text.speakable import speakable


class Border(IntEnum):
    """Where a voice may change, the better places last."""

    WITHIN = 0
    """Only the script changes."""
    CLAUSE = 1
    QUOTE = 2
    """A quotation mark or bracket opens or closes."""
    SENTENCE = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """Digits, marks and blanks go with the letters before them, up to the border; the first ones with the first."""

    start: int
    end: int
    script: Script
    border: Border
    """The one before it; a text's first piece has the one that ended the text before."""
    alone: bool
    """A sentence or a quoted one, not a word within."""


_QUOTES = frozenset('"“”„‟«»‹›＂')
_KIND_OF_RANK = {Rank.CLAUSE: Border.CLAUSE, Rank.SENTENCE: Border.SENTENCE}


def pieces(text: str, before: Border) -> Iterator[Piece]:
    """`before` is the border before the text."""
    start, end, script, border = 0, 0, None, before
    for match in STRETCH.finditer(text):
        if not speakable(match[0]):
            continue
        own = Script(match.lastgroup or "")
        if script:
            kind, cut = _strongest(text, end, match.start())
            if kind is not Border.WITHIN or own is not script:
                yield Piece(start, cut, script, border, _alone(border, kind))
                start, border = cut, kind
        script, end = own, match.end()
    if script:
        yield Piece(start, len(text), script, border, _alone(border, Border.SENTENCE))


def border_after(text: str) -> Border:
    """The border at a text's end, where another one follows after a blank."""
    text = text.rstrip()
    return _KIND_OF_RANK.get(rank(text, len(text), " "), Border.WITHIN)


def _alone(before: Border, after: Border) -> bool:
    return before >= Border.QUOTE and after is Border.SENTENCE


def _strongest(text: str, begin: int, end: int) -> tuple[Border, int]:
    """The best border between two stretches of letters, and where it is: before the second if there is none."""
    best, cut = Border.WITHIN, end
    if text[begin:end] == " " and not thai(text[begin - 1]):
        return best, cut
    for at in range(begin, end + 1):
        kind = _kind(text, at)
        if kind > best:
            best, cut = kind, at
    return best, cut


def _kind(text: str, at: int) -> Border:
    kind = _KIND_OF_RANK.get(rank(text, at, text[at]), Border.WITHIN)
    return Border.QUOTE if kind < Border.QUOTE and (_opens(text, at) or _closes(text, at - 1)) else kind


def _opens(text: str, at: int) -> bool:
    return unicodedata.category(text[at]) == "Ps" or (text[at] in _QUOTES and not _closing_quote(text, at))


def _closes(text: str, at: int) -> bool:
    return unicodedata.category(text[at]) == "Pe" or (text[at] in _QUOTES and _closing_quote(text, at))


def _closing_quote(text: str, at: int) -> bool:
    """By its neighbours, for a mark that opens in one language closes in another; by its nature if they are alike."""
    after_word = at > 0 and not text[at - 1].isspace()
    before_word = at + 1 < len(text) and text[at + 1].isalnum()
    if after_word != before_word:
        return after_word
    return unicodedata.category(text[at]) == "Pf"
