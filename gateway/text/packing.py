"""How long a segment becomes: borders come one by one, and one of them is chosen to end it.

Upstream allows 60 requests and 20 000 characters a minute, so segments shorter than 333 billable characters use up the
requests first. Only a turn's opening is short, because somebody waits for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from gateway.text.borders import Rank


class Urgency(IntEnum):
    """How little is enough."""

    PACK = 0
    """A full segment only."""
    SENTENCE = 1
    """Whole sentences; a clause for a turn's first segment."""
    WORD = 2
    """Everything up to the last word border."""


class Border(NamedTuple):
    """A place between two code points of the source, with what stands before it in the whole source."""

    at: int
    rank: Rank
    billed: int
    spoken: int
    """Speakable code points."""


@dataclass(frozen=True, slots=True)
class Size:
    """Billable characters, but for `clause_words`."""

    limit: int
    full: int
    """From here on a sentence's end is enough."""
    clause_words: int | None
    """From so many words on a clause is enough; an ideograph counts as a word."""

    @property
    def least(self) -> int:
        """A better border is preferred to a later one from here on: a quarter of the limit."""
        return self.limit // 4


OPENING = Size(limit=120, full=0, clause_words=4)
PACK = Size(limit=400, full=300, clause_words=None)


class Choice:
    """The end of the segment that begins at `origin`, among the borders considered so far."""

    def __init__(self, origin: Border, size: Size) -> None:
        self.origin = origin
        self.size = size
        self.considered: list[Border] = []
        self._last: dict[Rank, Border] = {}
        self._full: Border | None = None
        self._over = False

    @property
    def made(self) -> bool:
        """No later border can change it."""
        return self._full is not None or self._over

    def consider(self, border: Border) -> None:
        self.considered.append(border)
        if border.spoken == self.origin.spoken:
            self.origin = border
        elif border.billed - self.origin.billed > self.size.limit:
            self._over = True
        else:
            self._last[border.rank] = border
            self._full = border if self._is_enough(border) else None

    def too_long(self, reached: int) -> bool:
        """More than fits has come, `reached` being what is billed for the source so far."""
        return reached - self.origin.billed > self.size.limit

    def pick(self, urgency: Urgency, reached: int) -> Border | None:
        if self._full is not None:
            return self._full
        if self.too_long(reached):
            return self._best()
        if urgency is Urgency.WORD:
            return _latest(self._last.values())
        return self._last.get(Rank.SENTENCE) if urgency is Urgency.SENTENCE else None

    def _is_enough(self, border: Border) -> bool:
        if border.rank is Rank.SENTENCE:
            return border.billed - self.origin.billed >= self.size.full
        enough_words = self.size.clause_words
        clause = border.rank is Rank.CLAUSE and enough_words is not None and self._words() >= enough_words
        return clause or border.rank is Rank.END

    def _words(self) -> int:
        return sum(border.at > self.origin.at for border in self.considered)

    def _best(self) -> Border | None:
        for rank in (Rank.SENTENCE, Rank.CLAUSE, Rank.WORD):
            border = self._last.get(rank)
            if border is not None and border.billed - self.origin.billed >= self.size.least:
                return border
        return _latest(self._last.values())


def _latest(borders: Iterable[Border]) -> Border | None:
    return max(borders, key=lambda border: border.at, default=None)
