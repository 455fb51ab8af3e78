"""Streamed text → segments worth speaking.

    feed("Hello there. How a") · feed("re you?") · cut()
    take(SENTENCE) → "Hello there."   0–12
    take(SENTENCE) → "How are you?"  13–25

A border is decided once, as soon as the code point after it is known, so pieces may be cut anywhere and the work is
linear. Text without anything speakable joins the segment before it or is passed over.
"""

from collections import deque
from dataclasses import dataclass

from gateway.text.billing import billable
from gateway.text.borders import WORD, Rank, rank
from gateway.text.graphemes import joined
from gateway.text.packing import OPENING, PACK, Border, Choice, Size, Urgency
from gateway.text.scripts import unspaced
from gateway.text.speakable import speakable, speaks

__all__ = ["Segment", "Segmenter", "Urgency"]


@dataclass(frozen=True, slots=True)
class Segment:
    """`text` is `source[start:end]` in code points of all that was fed; no white space at either end."""

    text: str
    start: int
    end: int


class Segmenter:
    """One turn's text."""

    def __init__(self) -> None:
        self._text = ""
        self._start = 0
        """Where `_text` begins in the source."""
        self._reached = Border(0, Rank.END, 0, 0)
        """Up to here code points are counted and borders known."""
        self._ahead: deque[Border] = deque()
        self._choice = Choice(self._reached, OPENING)
        self._first = True

    @property
    def held(self) -> int:
        """Code points fed, but neither taken nor passed over."""
        return self._start + len(self._text) - self._choice.origin.at

    def feed(self, text: str) -> None:
        text = self._text = self._text + text
        reached = self._reached
        at, billed, spoken = reached.at - self._start, reached.billed, reached.spoken
        last = len(text) - 1
        while at < last:
            if word := WORD.match(text, at, last):
                letters = word.end() - at
                billed, spoken = billed + letters, spoken + letters
                at += letters
            else:
                billed += billable(text[at])
                spoken += speaks(text[at])
                at += 1
            kind = rank(text, at, text[at])
            if kind:
                self._ahead.append(Border(self._start + at, kind, billed, spoken))
        self._reached = Border(self._start + at, Rank.NONE, billed, spoken)

    def cut(self) -> None:
        """All that was fed may be spoken now; no segment crosses this place."""
        reached = self._reached
        rest = self._text[reached.at - self._start :]
        spoken = reached.spoken + sum(map(speaks, rest))
        self._reached = Border(reached.at + len(rest), Rank.END, reached.billed + billable(rest), spoken)
        self._ahead.append(self._reached)
        self._consider()

    def take(self, urgency: Urgency) -> Segment | None:
        """The next segment, if there is enough text for it. What stands before a cut is always enough."""
        if urgency is Urgency.WORD and self._rests():
            self.cut()
        self._measure(OPENING if self._first and urgency is not Urgency.PACK else PACK)
        while (border := self._border(urgency)) is not None:
            segment = self._pass(border)
            if segment is not None:
                self._first = False
                self._measure(PACK)
                return segment
        return None

    def _rests(self) -> bool:
        """What has come ends where a voice may rest, though the next code point is not known."""
        text = self._text
        if not text or text[-2:-1].isdigit():
            return False
        return unspaced(text[-1]) or rank(text, len(text), " ") > Rank.WORD

    def _measure(self, size: Size) -> None:
        if self._choice.size is not size:
            self._begin(self._choice.origin, size)

    def _begin(self, origin: Border, size: Size) -> None:
        again = [border for border in self._choice.considered if border.at > origin.at]
        self._ahead.extendleft(reversed(again))
        self._choice = Choice(origin, size)
        self._consider()

    def _consider(self) -> None:
        while self._ahead and not self._choice.made:
            self._choice.consider(self._ahead.popleft())

    def _border(self, urgency: Urgency) -> Border | None:
        self._consider()
        border = self._choice.pick(urgency, self._reached.billed)
        if border is None and self._choice.too_long(self._reached.billed):
            return self._anywhere()
        return border

    def _anywhere(self) -> Border:
        """The last place within the limit of a word that has no end; a character is kept whole if it fits."""
        origin = self._choice.origin
        begin = origin.at - self._start
        end, billed = begin, 0
        while billed + (width := billable(self._text[end])) <= self._choice.size.limit:
            billed += width
            end += 1
        whole = end
        while whole > begin and joined(self._text[whole - 1], self._text[whole]):
            whole -= 1
        piece = self._text[begin : whole if whole > begin else end]
        spoken = origin.spoken + sum(map(speaks, piece))
        return Border(origin.at + len(piece), Rank.NONE, origin.billed + billable(piece), spoken)

    def _pass(self, border: Border) -> Segment | None:
        """Leave everything before the border behind; None where it held nothing speakable."""
        origin = self._choice.origin
        piece = self._text[origin.at - self._start : border.at - self._start]
        self._text = self._text[border.at - self._start :]
        self._start = border.at
        self._begin(border, self._choice.size)
        text = piece.strip()
        start = origin.at + len(piece) - len(piece.lstrip())
        return Segment(text, start, start + len(text)) if speakable(text) else None
