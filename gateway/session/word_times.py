"""When the words of one segment are said: estimated from its text, exact as far as upstream tells.

estimate   each word's share of the time that such a text takes, or of the segment's length once that is known
told       upstream's words, found in the text one after the other; what it did not tell lies between its neighbours
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.text.speakable import speakable
from gateway.text.words import Token, tokens
from gateway.upstreams.base import Word

_FARTHEST = 64
"""Code points within which a told word is looked for: what upstream spells otherwise is passed over."""


@dataclass(frozen=True, slots=True)
class Said:
    """A word `text[start:end]` of the segment; times count from the segment's first sample."""

    start: int
    end: int
    from_ms: float
    to_ms: float


class WordTimes:
    """`pace` is the voice's speed: 2 takes half the time."""

    def __init__(self, text: str, pace: float = 1.0) -> None:
        self.exact = False
        """All words were told."""
        self.told_ms = 0.0
        """Up to here times are exact."""
        self._text = text
        self._pace = pace
        self._length_ms: float | None = None
        self.told: Sequence[Word] = ()
        self._words: list[Said] | None = None

    @property
    def words(self) -> list[Said]:
        if self._words is None:
            self._words = self._timed()
        return self._words

    def tell(self, words: Sequence[Word]) -> None:
        """Upstream's words so far."""
        self.told = words
        self.told_ms = words[-1].to_ms if words else 0.0
        self._words = None

    def end(self, length_ms: float) -> None:
        """The segment is complete and this long."""
        self._length_ms = length_ms
        self._words = None
        self.exact = bool(self.told)

    def at_ms(self, offset: int) -> float:
        """When the sound reaches this place of the text: the word that begins there or next."""
        words = self.words
        following = next((word for word in words if word.start >= offset), None)
        if following is not None:
            return following.from_ms
        if self._length_ms is not None:
            return self._length_ms
        return words[-1].to_ms if words else 0.0

    def reached(self, played_ms: float) -> int:
        """How much of the text had begun to be said: the end of the last word begun."""
        return max((word.end for word in self.words if word.from_ms < played_ms), default=0)

    def _timed(self) -> list[Said]:
        timed: list[Said] = []
        untold: list[Token] = []
        at_ms = 0.0
        for place, times in _placed(tokens(self._text), _found(self._text, self.told)):
            if times is None:
                untold.append(place)
                continue
            timed += _spread(untold, at_ms, times[0], self._pace)
            timed.append(Said(place.start, place.end, *times))
            untold, at_ms = [], times[1]
        return timed + _spread(untold, at_ms, self._length_ms, self._pace)


_Found = tuple[int, int, float, float]


def _found(text: str, words: Sequence[Word]) -> list[_Found]:
    """Told words at their places in the text; a mark that was told by itself is no word."""
    found: list[_Found] = []
    folded, at = text.casefold(), 0
    if len(folded) != len(text):
        folded = text
    for word in filter(lambda word: speakable(word.text), words):
        spelled = word.text.casefold() if folded is not text else word.text
        start = folded.find(spelled, at, at + _FARTHEST + len(spelled))
        if start >= 0:
            at = start + len(spelled)
            found.append((start, at, word.from_ms, word.to_ms))
    return found


def _placed(places: Sequence[Token], told: Sequence[_Found]) -> Iterator[tuple[Token, tuple[float, float] | None]]:
    """Our words with the times told of them. Of several within one of ours, as in Thai, each is a word; one that spans
    several of ours, as in Chinese, is shared among them by length.
    """
    first = 0
    for place in places:
        while first < len(told) and told[first][1] <= place.start:
            first += 1
        last = first
        while last < len(told) and told[last][0] < place.end:
            last += 1
        inner = told[first:last]
        if not inner:
            yield place, None
            continue
        starts = [place.start, *(each[0] for each in inner[1:]), place.end]
        for (start, end), each in zip(pairwise(starts), inner, strict=True):
            yield Token(start, end, place.said_ms, place.rest_ms), _share(each, start, end)


def _share(told: _Found, start: int, end: int) -> tuple[float, float]:
    """Of a told word's time, what falls to these places."""
    begin, stop, from_ms, to_ms = told
    a_character = (to_ms - from_ms) / (stop - begin)
    return from_ms + max(0, start - begin) * a_character, to_ms - max(0, stop - end) * a_character


def _spread(places: Sequence[Token], from_ms: float, to_ms: float | None, pace: float) -> list[Said]:
    """Words without told times, over the time that is theirs; None: as long as such words take."""
    natural = sum(place.said_ms + place.rest_ms for place in places)
    if places and to_ms is not None:
        natural -= places[-1].rest_ms
    scale = 1 / pace if to_ms is None else max(0.0, to_ms - from_ms) / natural if natural else 0.0
    spread: list[Said] = []
    at = from_ms
    for place in places:
        until = at + place.said_ms * scale
        spread.append(Said(place.start, place.end, at, until))
        at = until + place.rest_ms * scale
    return spread
