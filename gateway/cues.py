"""What is told along with a segment's sound: captions, marks, a mouth.

    open         captions at once, estimated where upstream has not told its words
    tell         upstream's words: marks are told as the sound reaches them
    finish       the segment's length is known: captions once more, as true as they get
    close        the marks that are left

Times inside count from the segment's first sample, outside from the turn's.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import orjson

from gateway.lip.envelope import HOP_MS
from gateway.protocol.events import Caption, Captions, Event, Lip, Mark
from gateway.session.inputs import Speak
from gateway.upstreams.base import Word

_MOST_LEVELS, _MOST_VISEMES = 500, 150
"""In a message: at most 4 and 15 bytes each."""
_ENVELOPE_BYTES = 320
"""Of a message, beside its words."""
_REFRESH_MS = 1000.0
"""Captions are told again when exact times have gone on by so much."""


class Spelled(NamedTuple):
    """A word as it is said."""

    text: str
    from_ms: float
    to_ms: float


class Cues:
    """One segment's. `say` writes into the journal; `limit`: bytes of a message."""

    def __init__(self, job: Speak, say: Callable[[Event], object], limit: int) -> None:
        self._job = job
        self._say = say
        self._limit = limit
        self._times = job.wanted.times
        self.marks = deque(job.wanted.marks)
        """Not told yet: as long as there are some, `play` wants to be called."""
        self._begin_ms: float | None = None
        """Of the segment on the turn's clock; None while it has not begun."""
        self._shown_ms = -1.0
        """Up to where the captions that were told last are exact."""
        self._levels: list[int] = []
        self._levels_told = 0
        self._track: list[tuple[int, str]] = []
        """Visemes that were not told yet."""
        self._ended = False

    def open(self, at_ms: float) -> None:
        """The segment's first audio leaves."""
        self._begin_ms = at_ms
        self._show()
        self._tell_levels()
        self._tell_track()

    def go_on(self, at_ms: float, marks: int, levels: int) -> None:
        """The segment was begun at this time of the turn, and so many of its marks and levels were told."""
        self._begin_ms = at_ms
        self._levels_told = levels
        for _ in range(min(marks, len(self.marks))):
            self.marks.popleft()

    def tell(self, words: Sequence[Word]) -> None:
        self._times.tell(words)
        if self._times.told_ms - self._shown_ms >= _REFRESH_MS and self._shown_ms >= 0:
            self._show()

    def levels(self, levels: Sequence[int]) -> None:
        """How loud the next hops are."""
        self._levels += levels
        self._tell_levels()

    def visemes(self, track: Sequence[tuple[int, str]]) -> None:
        self._track = list(track)
        self._tell_track()

    def words(self) -> list[Spelled]:
        text = self._job.request.text if self._job.request else ""
        return [Spelled(text[word.start : word.end], word.from_ms, word.to_ms) for word in self._times.words]

    def play(self, to_ms: float) -> None:
        """The sound up to there leaves next: marks within it go first, where their time is sure by now."""
        while self.marks:
            at_ms = self._times.at_ms(self.marks[0][0])
            sure = self._ended or at_ms < self._times.told_ms
            if not sure or at_ms >= to_ms:
                return
            self._mark(at_ms)

    def finish(self, length_ms: float) -> None:
        """All of the segment's audio is known."""
        if self._ended:
            return
        self._ended = True
        self._times.end(length_ms)
        if self._begin_ms is not None:
            self._show()

    def close(self) -> None:
        """All of the segment's audio has left."""
        while self.marks:
            self._mark(self._times.at_ms(self.marks[0][0]))

    def _mark(self, at_ms: float) -> None:
        name = self.marks.popleft()[1]
        self._say(Mark(turn=self._job.turn, name=name, at_ms=round((self._begin_ms or 0.0) + at_ms)))

    def _show(self) -> None:
        if not self._job.wanted.captions:
            return
        self._shown_ms = self._times.told_ms
        parts = list(self._parts(self._captions()))
        for number, part in enumerate(parts, 1):
            more = True if number < len(parts) else None
            exact = self._times.exact
            self._say(Captions(turn=self._job.turn, segment=self._job.segment, words=part, exact=exact, more=more))

    def _captions(self) -> Iterator[Caption]:
        begin = self._begin_ms or 0.0
        for said, (text, from_ms, to_ms) in zip(self._times.words, self.words(), strict=True):
            span = self._job.wanted.place(said.start, said.end)
            yield Caption(text, round(begin + from_ms), round(begin + to_ms), span)

    def _parts(self, captions: Iterator[Caption]) -> Iterator[tuple[Caption, ...]]:
        """As many in each as a message holds; at least one message."""
        part: list[Caption] = []
        size = _ENVELOPE_BYTES
        for caption in captions:
            bytes_of = len(orjson.dumps(caption)) + 1
            if part and size + bytes_of > self._limit:
                yield tuple(part)
                part, size = [], _ENVELOPE_BYTES
            part.append(caption)
            size += bytes_of
        yield tuple(part)

    def _tell_levels(self) -> None:
        if self._begin_ms is None:
            return
        while self._levels:
            part, self._levels = tuple(self._levels[:_MOST_LEVELS]), self._levels[_MOST_LEVELS:]
            at_ms = self._begin_ms + self._levels_told * HOP_MS
            self._say(Lip(turn=self._job.turn, at_ms=round(at_ms), hop_ms=HOP_MS, levels=part))
            self._levels_told += len(part)

    def _tell_track(self) -> None:
        if self._begin_ms is None:
            return
        moved = [(round(self._begin_ms + at_ms), viseme) for at_ms, viseme in self._track]
        for at in range(0, len(moved), _MOST_VISEMES):
            part = tuple(moved[at : at + _MOST_VISEMES])
            self._say(Lip(turn=self._job.turn, at_ms=part[0][0], hop_ms=HOP_MS, levels=(), visemes=part))
        self._track = []
