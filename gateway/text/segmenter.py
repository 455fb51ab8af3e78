"""Text that arrives in any pieces → segments worth a request.

The first segment of a turn is as short as speaks well, for somebody waits for its sound. Later ones are packed from
sentences: upstream allows 60 requests and 20 000 characters a minute, so that segments of less than some 330 billable
characters run out of requests first.
"""

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum

from gateway.text.billing import is_ideograph
from gateway.text.borders import Border, border_after
from gateway.text.speakable import is_spoken

FIRST_MOST = 120
"""Billable characters, as those below."""
FULL = 300
MOST = 400
SHORT_CLAUSE = 20
"""A clause with less is not worth a breath of its own."""
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")


class Urgency(IntEnum):
    PACK = 0
    """The listener has enough to hear: only a full pack."""
    SENTENCE = 1
    """The listener runs dry: what whole sentences there are; of a turn's beginning, a clause."""
    WORD = 2
    """No more text came for a while: everything up to the last word border."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`text == fed[start:end]`, in code points of all that was fed; no white space at either end."""

    text: str
    start: int
    end: int


class Segmenter:
    def __init__(self) -> None:
        self._text = ""
        self._taken = 0
        self._first = True
        self._cut = 0
        """Up to here everything may be spoken, and no segment crosses it."""
        self._cuts: list[int] = []
        self._costs = [0]
        """Billable characters before each index."""
        self._spoken = [0]
        """Characters with a sound before each index."""
        self._scanned = 0
        self._borders: dict[Border, list[int]] = {border: [] for border in Border}

    @property
    def held(self) -> int:
        """Code points fed and not taken; what makes no sound before a cut is not held."""
        return len(self._text) - self._taken

    def feed(self, text: str) -> None:
        self._text += text
        for character in text:
            self._costs.append(self._costs[-1] + (2 if is_ideograph(character) else 1))
            self._spoken.append(self._spoken[-1] + is_spoken(character))

    def cut(self) -> None:
        """All that was fed may be spoken now, and no segment crosses this place."""
        if len(self._text) > max(self._taken, self._cut):
            self._cut = len(self._text)
            self._cuts.append(self._cut)

    def take(self, urgency: Urgency) -> Segment | None:
        self._scan()
        while True:
            start = self._skip_space(self._taken)
            stop = self._stop(start)
            if stop is None or self._sounds(start, stop):
                break
            self._taken = stop
        end = self._end(start, stop, urgency)
        if end is None:
            return None
        end = self._join_silence(end, stop)
        self._taken, self._first = end, False
        if stop is not None and not self._sounds(end, stop):
            self._taken = stop
        return self._segment(start, end)

    def _segment(self, start: int, end: int) -> Segment:
        text = self._text[start:end].rstrip()
        return Segment(text, start, start + len(text))

    def _stop(self, start: int) -> int | None:
        """The next cut; None when more text may still come before it."""
        while self._cuts and self._cuts[0] <= self._taken:
            self._cuts.pop(0)
        return self._cuts[0] if self._cuts else None

    def _end(self, start: int, stop: int | None, urgency: Urgency) -> int | None:
        """Where the next segment ends; None to wait."""
        if stop is None and not self._sounds(start, len(self._text)):
            return None
        first = self._first and urgency != Urgency.PACK
        most = FIRST_MOST if first else MOST
        limit = self._reach(start, most)
        if first and (early := self._early(start, min(limit, stop or limit))) is not None:
            return early
        if stop is not None and stop <= limit:
            return stop
        if len(self._text) > limit or (stop is not None and stop > limit):
            return self._best(start, limit)
        return self._waiting(start, limit, urgency)

    def _early(self, start: int, limit: int) -> int | None:
        """The first sentence, or the first clause of some length, of a turn."""
        sentence = self._after(Border.SENTENCE, start, limit)
        clause = self._after(Border.CLAUSE, self._reach(start, SHORT_CLAUSE), limit)
        ends = [end for end in (sentence, clause) if end is not None and self._sounds(start, end)]
        return min(ends, default=None)

    def _waiting(self, start: int, limit: int, urgency: Urgency) -> int | None:
        """The text still streams in and does not fill a segment yet."""
        sentence = self._before(Border.SENTENCE, start, limit)
        full = sentence is not None and self._costs[sentence] - self._costs[start] >= FULL
        if urgency == Urgency.PACK:
            return sentence if full else None
        end = sentence if urgency == Urgency.SENTENCE else self._last_word(start, limit)
        return end if end is not None and self._sounds(start, end) else None

    def _last_word(self, start: int, limit: int) -> int | None:
        last = self._text[-1]
        whole = not (last.isalnum() or unicodedata.category(last)[0] == "M") or is_ideograph(last)
        return len(self._text) if whole else self._before(Border.WORD, start, limit)

    def _best(self, start: int, limit: int) -> int:
        """The strongest border that does not leave a crumb; inside an endless word, anywhere."""
        crumb = self._reach(start, SHORT_CLAUSE)
        for border in (Border.SENTENCE, Border.CLAUSE, Border.WORD):
            end = self._before(border, crumb, limit)
            if end is not None and self._sounds(start, end):
                return end
        end = self._before(Border.WORD, start, limit)
        return end if end is not None and self._sounds(start, end) else self._between_graphemes(start, limit)

    def _between_graphemes(self, start: int, end: int) -> int:
        while end - 1 > start and (unicodedata.category(self._text[end])[0] == "M" or self._joined(end)):
            end -= 1
        return end

    def _joined(self, index: int) -> bool:
        return self._text[index] in _JOINERS or self._text[index - 1] in _JOINERS

    def _join_silence(self, end: int, stop: int | None) -> int:
        """Closing marks that arrived behind the segment belong to it."""
        while end < (stop or len(self._text)) and not self._text[end].isspace() and self._closes(self._text[end]):
            end += 1
        return end

    @staticmethod
    def _closes(character: str) -> bool:
        return unicodedata.category(character) in {"Pe", "Pf", "Po"} and not is_spoken(character)

    # The scan: every character once

    def _scan(self) -> None:
        known = len(self._text) - 1
        for index in range(self._scanned, max(self._scanned, known)):
            self._note(index)
        self._scanned = max(self._scanned, known)
        if self._cut == len(self._text) and self._scanned < self._cut:
            self._note(self._cut - 1)
            self._scanned = self._cut

    def _note(self, index: int) -> None:
        found = border_after(self._text, index)
        for border in Border:
            if found is not None and found >= border:
                self._borders[border].append(index + 1)

    def _after(self, border: Border, start: int, limit: int) -> int | None:
        places = self._borders[border]
        at = bisect_right(places, start)
        return places[at] if at < len(places) and places[at] <= limit else None

    def _before(self, border: Border, start: int, limit: int) -> int | None:
        places = self._borders[border]
        at = bisect_right(places, limit) - 1
        return places[at] if at >= 0 and places[at] > start else None

    def _reach(self, start: int, cost: int) -> int:
        """The furthest index that so many billable characters lead to."""
        return min(len(self._text), bisect_right(self._costs, self._costs[start] + cost) - 1)

    def _sounds(self, start: int, end: int) -> bool:
        return self._spoken[end] > self._spoken[start]

    def _skip_space(self, index: int) -> int:
        while index < len(self._text) and self._text[index].isspace():
            index += 1
        return index
