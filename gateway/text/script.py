"""One turn's text, from what the client sends to the lines that are to be said.

    source ──→ cleaner ──→ segmenter ──→ Line     as much as is worth one breath, in one manner
                      └──→ Pause

Positions outside count code points of the source; inside, of the cleaned text.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.protocol.config import TextRules
from gateway.text import cleaner
from gateway.text.segmenter import Segment, Segmenter, Urgency

Manner = Mapping[str, Any]
"""What the client chose for a part of the text: a merge patch over the settings that hold for the turn."""


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    begin: int
    """Where it begins in the cleaned text."""
    places: cleaner.SourceMap
    manner: Manner

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Of `text[start:end]` in the source."""
        return self.places.span(self.begin + start, self.begin + end)

    def offset(self, source: int) -> int:
        """The place in `text` where this place of the source is, or the nearest."""
        return min(max(0, self.places.cleaned(source) - self.begin), len(self.text))


@dataclass(frozen=True, slots=True)
class Pause:
    ms: int
    at: int
    """In the source."""


class Script:
    def __init__(self, rules: TextRules, tags: frozenset[str]) -> None:
        self.source = ""
        self._cleaner = cleaner.Cleaner(rules, tags)
        self._segmenter = Segmenter()
        self._cleaned = 0
        self._manners: list[tuple[int, Manner]] = [(0, {})]
        self._pauses: list[tuple[int, Pause]] = []
        self._ready: Segment | None = None
        """Stands behind the next pause."""

    @property
    def held(self) -> int:
        """Code points that were neither taken nor passed over; 0 when nothing is left to say."""
        ready = len(self._ready.text) if self._ready else 0
        return self._cleaner.held + self._segmenter.held + ready + len(self._pauses)

    def pending_before(self, offset: int) -> bool:
        """Something before this place of the source, or a pause at it, is still to be taken."""
        if self._pauses and self._pauses[0][1].at <= offset:
            return True
        if self._ready is not None:
            return self._cleaner.map.span(self._ready.start, self._ready.end)[0] < offset
        if self._segmenter.held:
            begin = self._cleaned - self._segmenter.held
            return self._cleaner.map.span(begin, begin + 1)[0] < offset
        return len(self.source) - self._cleaner.held < offset

    def append(self, text: str, manner: Manner | None = None) -> None:
        """Another manner begins another line."""
        if (manner or {}) != self._manners[-1][1]:
            self.cut()
            self._manners.append((self._cleaned, manner or {}))
        self.source += text
        self._understand(self._cleaner.feed(text))

    def pause(self, ms: int) -> None:
        self._understand(self._cleaner.settle())
        self._rest(ms)

    def cut(self) -> None:
        """What has come may be said as it is; no line crosses this place."""
        self._understand(self._cleaner.settle())
        self._segmenter.cut()

    def take(self, urgency: Urgency) -> Line | Pause | None:
        """The next thing to be said, if there is enough text for it; what stands before a cut or pause always is."""
        if self._ready is None:
            self._ready = self._segmenter.take(urgency)
        ready = self._ready
        if self._pauses and (ready is None or ready.start >= self._pauses[0][0]):
            return self._pauses.pop(0)[1]
        self._ready = None
        return None if ready is None else self._line(ready)

    def _understand(self, cleaned: list[str | cleaner.Pause]) -> None:
        for piece in cleaned:
            if isinstance(piece, cleaner.Pause):
                self._rest(piece.ms)
            else:
                self._segmenter.feed(piece)
                self._cleaned += len(piece)

    def _rest(self, ms: int) -> None:
        self._segmenter.cut()
        at = self._cleaner.map.span(self._cleaned - 1, self._cleaned)[1] if self._cleaned else 0
        self._pauses.append((self._cleaned, Pause(ms, at)))

    def _line(self, segment: Segment) -> Line:
        place = bisect_right(self._manners, segment.start, key=lambda each: each[0]) - 1
        return Line(segment.text, segment.start, self._cleaner.map, self._manners[place][1])
