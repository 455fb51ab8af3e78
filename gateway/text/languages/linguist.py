"""What a turn is read in: for each piece of text a language, so that evidence and switches together cost least.

Every piece costs a language what `evidence` says; every change of language costs by the border where it happens. So a
name, a brand or an interjection is read by the voice that is speaking, a sentence with a language of its own is not,
and what short pieces leave open their neighbours decide. The cheapest path is found as in a hidden Markov model
(Viterbi 1967), in time linear in the text.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.protocol.languages import LANGUAGES
from gateway.text.languages.evidence import reading
from gateway.text.languages.pieces import Border, Piece, border_after, pieces
from gateway.text.languages.writing import LANGUAGES_OF, Script
from gateway.text.speakable import speakable

_SWITCH = {Border.SENTENCE: 14.0, Border.QUOTE: 20.0, Border.CLAUSE: 28.0, Border.WITHIN: 52.0}
"""Nats that a language must be better by. One word has up to 4: no interjection switches. A quotation goes there and
back (40): a phrase of five words has that. Inside a sentence nothing short of another sentence reaches 104.

Of 9 360 sentences of lingua's test data, in turns of eight of one language, 20 are parted, most where they quote."""
_UNEXPECTED = 8.0
"""For a language the session has no voice for, if it has some: `大丈夫` alone is 6 nats more Chinese than Japanese."""
_NOT_AS_BEFORE = 7.0
_NOT_ENGLISH = 4.0
"""When a turn begins, in Latin letters: single words are up to 4 nats likelier in some language by chance."""
_RARE = {"yue": 2.0, "ms": 1.0, "uk": 1.0, "bg": 1.0}
"""Written less than the neighbour whose words they share: `Привет!` alone is more Bulgarian than Russian."""
_ENGLISH_FIRST = sorted(LANGUAGES, key=lambda language: language != "en")
"""The first of those that cost the same: a turn that begins `42`."""


@dataclass(frozen=True, slots=True)
class Run:
    """`text[start:end]` in code points is spoken in one language; no blanks at either end."""

    start: int
    end: int
    language: str


class Linguist:
    """One turn's: what each part of its text is spoken in. Remembers, so that short runs stick.

    `expected` are the languages that the session has voices for: preferred, but others are heard too. `before` is what
    the turn before ended in. Texts are given in order; one that ends inside a sentence binds the next one more.
    """

    def __init__(self, expected: Collection[str] = (), before: str | None = None) -> None:
        self.language: str | None = None
        """Of the last run."""
        self._reluctance = _reluctance(expected)
        self._costs = _opening(self._reluctance, before)
        """What the cheapest reading so far costs that ends in each language."""
        self._border = Border.SENTENCE
        """At the end of what was read."""

    def runs(self, text: str) -> list[Run]:
        """The text's parts, in order: all that is speakable is in one of them, and each has something speakable."""
        if not speakable(text):
            return []
        found = list(pieces(text, self._border))
        languages = self._read(text, found) or [_cheapest(self._costs)]
        self.language = languages[-1]
        self._border = border_after(text)
        return list(_joined(text, [piece.start for piece in found[1:]], languages))

    def _read(self, text: str, found: Sequence[Piece]) -> list[str]:
        """A language for each piece."""
        origins = [self._step(text, piece) for piece in found]
        languages = [_cheapest(self._costs)]
        for origin in reversed(origins[1:]):
            languages.append(origin[languages[-1]])
        return languages[::-1] if found else []

    def _step(self, text: str, piece: Piece) -> Mapping[str, str]:
        """What was spoken before the piece, by what is spoken in it."""
        evidence = reading(text[piece.start : piece.end], piece)
        before = _cheapest(self._costs)
        switched = self._costs[before] + _SWITCH[piece.border]
        costs, origins = {}, {}
        for language, stayed in self._costs.items():
            came = switched + self._reluctance[language]
            costs[language] = min(stayed, came) + evidence.native.get(language, evidence.foreign)
            origins[language] = before if came < stayed else language
        self._costs = costs
        return origins


def _cheapest(costs: Mapping[str, float]) -> str:
    return min(costs, key=costs.__getitem__)


def _reluctance(expected: Collection[str]) -> dict[str, float]:
    unexpected = _UNEXPECTED if expected else 0.0
    return {tag: 0.0 if tag in expected else _RARE.get(tag, 0.0) + unexpected for tag in _ENGLISH_FIRST}


def _opening(reluctance: Mapping[str, float], before: str | None) -> dict[str, float]:
    unusual = LANGUAGES_OF[Script.LATIN][1:]
    return {
        tag: cost + _NOT_ENGLISH * (tag in unusual and tag != before) + _NOT_AS_BEFORE * (before not in (None, tag))
        for tag, cost in reluctance.items()
    }


def _joined(text: str, cuts: Sequence[int], languages: Sequence[str]) -> Iterator[Run]:
    """Neighbours of one language become one run."""
    begin = 0
    for end, language, following in zip([*cuts, len(text)], languages, [*languages[1:], None], strict=True):
        if language != following:
            part = text[begin:end]
            yield Run(begin + len(part) - len(part.lstrip()), begin + len(part.rstrip()), language)
            begin = end
