"""Which part of a turn's text was heard, from how much of its audio was played.

Times inside a segment are estimated by characters; heard ends with the last word begun.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.protocol.events import Part

_IDEOGRAPHIC = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_REST_OF_WORD = re.compile(rf"[^\s{_IDEOGRAPHIC}]*")
CHARACTER_MS = 70.0
_IDEOGRAPH_MS = 220.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment on the turn's audio clock. `whole` says that `ms` is its final length."""

    start: int
    end: int
    at_ms: float
    ms: float
    whole: bool


def split(source: str, stretches: Sequence[Stretch], played_ms: float, sent_ms: float, by: str) -> tuple[Part, Part]:
    """Heard and unheard; together they are `source`."""
    border = _border(source, stretches, played_ms)
    heard = Part(source[:border], (0, border), round(played_ms), exact=False, by=by)
    unheard_ms = round(sent_ms) - round(played_ms)
    return heard, Part(source[border:], (border, len(source)), unheard_ms, exact=False, by=by)


def _border(source: str, stretches: Sequence[Stretch], played_ms: float) -> int:
    begun = [stretch for stretch in stretches if stretch.at_ms < played_ms]
    if not begun:
        return 0
    last = begun[-1]
    length = _length_ms(source, last)
    if played_ms >= last.at_ms + length and last.whole:
        return len(source) if last.end >= len(source.rstrip()) else last.end
    reached = last.start + int((last.end - last.start) * min(1.0, (played_ms - last.at_ms) / length))
    return min(last.end, _word_end(source, reached))


def _length_ms(source: str, stretch: Stretch) -> float:
    if stretch.whole:
        return max(1.0, stretch.ms)
    text = source[stretch.start : stretch.end]
    ideographs = len(re.findall(f"[{_IDEOGRAPHIC}]", text))
    return max(stretch.ms, ideographs * _IDEOGRAPH_MS + (len(text) - ideographs) * CHARACTER_MS, 1.0)


def _word_end(source: str, index: int) -> int:
    """The end of the word that holds `index`; an ideograph is a word of its own."""
    if index >= len(source) or source[index].isspace():
        return index
    rest = _REST_OF_WORD.match(source, index)
    return max(index + 1, rest.end() if rest else index)
