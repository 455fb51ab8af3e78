"""One reply: its text as the client sent it, what was asked of upstream, and how it ended.

queued ──→ active ──→ ended      one of TurnDone, TurnCancelled, TurnFailed
└──────────────────↗             paused while `paused_at` is set, queued or active
"""

import dataclasses
import hashlib
from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from itertools import accumulate, takewhile
from operator import attrgetter
from typing import Any

import orjson

from gateway.access.costs import Share
from gateway.audio.formats import is_made
from gateway.errors import Refused
from gateway.protocol.config import Cast, Config, cast_for
from gateway.protocol.events import Part, Timing, Usage
from gateway.protocol.languages import AUTO
from gateway.protocol.merge import Patch
from gateway.protocol.messages import Options
from gateway.session.clock import PlayClock
from gateway.session.division import Division, Segment
from gateway.session.inputs import SegmentDelivered, SegmentFailed, SegmentReceived
from gateway.session.word_times import WordTimes
from gateway.text.billing import billable, worth
from gateway.text.script import Line, Manner, Pause, Script
from gateway.text.segmenter import Urgency
from gateway.upstreams.t2a.offer import cost, interjections

OPEN_IDLE_S = 60.0
PAUSED_IDLE_S = 600.0


@dataclasses.dataclass(slots=True)
class Asked:
    """A segment, or a pause, that the speaker was asked for. `ms` grows to its final length when it is `whole`."""

    part: Segment | Pause
    span: tuple[int, int]
    text: str
    times: WordTimes
    billed_characters: int
    marks: tuple[tuple[int, str], ...] = ()
    """Places in the text, and names."""
    ms: float = 0.0
    bytes: int = 0
    received: bool = False
    cached: bool = False
    whole: bool = False

    @property
    def requested(self) -> bool:
        """Upstream was asked."""
        return isinstance(self.part, Segment) and not self.cached


@dataclasses.dataclass(frozen=True, slots=True)
class Flush:
    """A `turn.flush` that is answered once the text before `offset` is in the journal."""

    offset: int
    re: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """`offset` counts code points of the source."""

    offset: int
    name: str


def digest(message: Options) -> bytes:
    """Two messages that ask for the same have the same digest, whatever their `id` and `n`."""
    body = [message.type, *_said(type(message))(message)]  # type: ignore[arg-type]
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


@cache
def _said(kind: type[Options]) -> Callable[[Options], tuple[Any, ...]]:
    return attrgetter(*(field.name for field in dataclasses.fields(kind) if field.name not in {"id", "n"}))


class Turn:
    def __init__(
        self,
        message: Options,
        handle: int,
        clock: PlayClock,
        config: Config,
        patch: Patch,
        before: str | None,
        now: float,
    ) -> None:
        """`clock`: its track's; `patch`: what of the settings the turn has for itself; `before`: the language that was
        heard before it.
        """
        self.id = message.turn
        self.handle = handle
        self.track = message.track
        self.clock = clock
        self.priority = message.priority
        self.expires_at = None if message.expires_ms is None else now + message.expires_ms / 1000
        self.paused_at: float | None = None
        self.digest = digest(message)
        self.config = config
        """As it held when the turn was accepted."""
        self.audio = config.audio
        self.prepare = message.prepare
        self.patch = patch
        self.pinned: dict[str, Any] | None = None
        """The session's settings of before a `configure` for the next turn."""
        self.script = Script(config.text_rules, interjections(cast_for(config, AUTO).voice.model))
        self.worth = 0
        """The most that upstream may bill for the source."""
        self.committed = False
        self.asked: list[Asked] = []
        self.refused: Refused | None = None
        """Why the rest of its text is not spoken: final, since the end may be on its way."""
        self.finishing = False
        """What its form holds back was asked to leave."""
        self.held_back = is_made(config.audio) and not message.prepare
        """Its form may hold something back."""
        self.file: dict[str, Any] | None = None
        """What is to be known of its one file."""
        self.flushes: list[Flush] = []
        self.marks: list[Mark] = []
        """Those that no segment has taken along."""
        self.cues = 0
        """Marks, pauses and flushes so far."""
        self.replaced: set[tuple[str, str]] = set()
        """Models and languages of which the client was told that another model speaks."""
        self.accepted_at = self.touched_at = now
        self.active_at: float | None = None
        self.first_audio_at: float | None = None
        self.first_byte_ms: int | None = None
        self._division = Division(before)
        self._line: Line | None = None
        """Taken from the script, not divided yet."""

    @property
    def active(self) -> bool:
        return self.active_at is not None

    def deadline(self) -> float | None:
        """When it is given up."""
        idle_at, expires_at = self._idle_at(), None if self.active_at is not None else self.expires_at
        return idle_at if expires_at is None else expires_at if idle_at is None else min(idle_at, expires_at)

    def given_up(self, now: float) -> str | None:
        """Why it has to be cancelled by now."""
        if self.expires_at is not None and not self.active and now >= self.expires_at:
            return "expired"
        idle_at = self._idle_at()
        return "idle" if idle_at is not None and now >= idle_at else None

    def _idle_at(self) -> float | None:
        if self.paused_at is not None:
            return self.paused_at + PAUSED_IDLE_S
        return None if self.committed else self.touched_at + OPEN_IDLE_S

    @property
    def source(self) -> str:
        return self.script.source

    @property
    def language(self) -> str | None:
        return self._division.language

    def append(self, text: str, manner: Manner, now: float) -> None:
        """No text is nothing, whatever its manner."""
        if not text:
            return
        self.script.append(text, manner)
        self.worth += worth(text, self.config.text_rules.emoji)
        self.touched_at = now

    def pause(self, ms: int, now: float) -> None:
        self.script.pause(ms)
        self.cues += 1
        self.touched_at = now

    def mark(self, name: str, now: float) -> None:
        self.marks.append(Mark(len(self.source), name))
        self.cues += 1
        self.touched_at = now

    def flush(self, re: str | None, now: float) -> None:
        self.script.cut()
        self.flushes.append(Flush(len(self.source), re))
        self.cues += 1
        self.touched_at = now

    def commit(self, now: float) -> None:
        self.script.cut()
        self.committed = True
        self.touched_at = now

    @property
    def streaming(self) -> bool:
        """Upstream is still giving the last segment asked for."""
        return bool(self.asked) and not self.asked[-1].received

    @property
    def delivered(self) -> bool:
        return all(asked.whole for asked in self.asked)

    @property
    def duration_ms(self) -> float:
        return sum([asked.ms for asked in self.asked])

    @property
    def held(self) -> int:
        """Code points that were not asked for, or more than 0 for a pause; 0 when nothing is left to say."""
        return self.script.held + self._division.held + (len(self._line.text) if self._line else 0)

    def _pending_before(self, offset: int) -> bool:
        """Something before this place of the source is still to be asked for."""
        line = self._line
        return (
            self._division.pending_before(offset)
            or (line is not None and line.span(0, len(line.text))[0] < offset)
            or self.script.pending_before(offset)
        )

    def take(self, urgency: Urgency, settings: Callable[[Manner], Config]) -> Asked | None:
        """The next thing to be asked for, if there is enough text for it. Raises what `settings` raises; then the text
        stays where it is.
        """
        manner = self._division.manner
        if manner is not None:
            config = settings(manner)
        else:
            line = self._line or self.script.take(urgency)
            if not isinstance(line, Line):
                return None if line is None else self._ask(line, (line.at, line.at), "", 1.0)
            self._line = line
            config = settings(line.manner)
            self._division.put(line, config)
            self._line = None
        segment = self._division.take(config)
        return None if segment is None else self._ask(segment, segment.span, segment.text, segment.cast.voice.speed)

    def _ask(self, part: Segment | Pause, span: tuple[int, int], text: str, pace: float) -> Asked:
        asked = Asked(part, span, text, WordTimes(text, pace), billable(text), self._marks_within(part, span[1]))
        self.asked.append(asked)
        return asked

    def _marks_within(self, part: Segment | Pause, end: int) -> tuple[tuple[int, str], ...]:
        marks = []
        while self.marks and self.marks[0].offset <= end:
            mark = self.marks.pop(0)
            marks.append((part.offset(mark.offset) if isinstance(part, Segment) else 0, mark.name))
        return tuple(marks)

    def receive(self, report: SegmentReceived) -> None:
        asked = self.asked[report.segment]
        asked.received = True
        asked.billed_characters = report.billed_characters
        asked.cached = report.cached
        if self.first_byte_ms is None:
            self.first_byte_ms = report.first_byte_ms

    def deliver(self, report: SegmentDelivered | SegmentFailed) -> None:
        """A segment that failed is not whole: how long it would have been is not known."""
        asked = self.asked[report.segment]
        if isinstance(report, SegmentDelivered):
            asked.ms, asked.bytes, asked.whole = report.ms, report.bytes, True
            self.first_audio_at = self.first_audio_at or report.first_audio_at
        elif not report.ms:
            asked.billed_characters = 0

    def flushed(self) -> list[tuple[Flush, float]]:
        """Flushes whose text is in the journal, each given once, and the time up to which it plays."""
        at_ms = [0.0, *accumulate(asked.ms for asked in self.asked)]
        done = list(takewhile(lambda flush: self._is_out(flush.offset), self.flushes))
        del self.flushes[: len(done)]
        return [(flush, at_ms[self._before(flush.offset)]) for flush in done]

    def passed(self) -> list[str]:
        """Marks behind all that was said, each given once."""
        passed = []
        while self.marks and self._is_out(self.marks[0].offset):
            passed.append(self.marks.pop(0).name)
        return passed

    def _is_out(self, offset: int) -> bool:
        before = self._before(offset)
        return not self._pending_before(offset) and (not before or self.asked[before - 1].whole)

    def _before(self, offset: int) -> int:
        """How many that were asked for begin before this place of the source, or, as pauses do, end at it. They are
        asked for, and become whole, in the order of the text.
        """
        return bisect_left(self.asked, True, key=lambda asked: asked.span[0] >= offset and asked.span[1] > offset)

    def usage(self) -> Usage:
        shares, costs = self.shares(), [share.cost for share in self.shares()]
        return Usage(
            characters=sum(len(asked.text) for asked in self.asked),
            billed_characters=sum(share.billed for share in shares),
            cached_characters=sum(share.cached for share in shares),
            requests=sum(asked.requested for asked in self.asked),
            cost_usd=None if None in costs else sum(filter(None, costs)) / 1e6,
        )

    def shares(self) -> tuple[Share, ...]:
        """What each segment cost."""
        return tuple(_share(asked, asked.part.cast) for asked in self.asked if isinstance(asked.part, Segment))

    def timing(self, now: float) -> Timing:
        def since_accepted(at: float | None) -> int | None:
            return None if at is None else round((at - self.accepted_at) * 1000)

        return Timing(
            queued_ms=since_accepted(self.active_at) or 0,
            upstream_first_byte_ms=self.first_byte_ms,
            first_audio_ms=since_accepted(self.first_audio_at),
            total_ms=since_accepted(now) or 0,
        )

    def heard(self, played_ms: float | None, now: float) -> tuple[Part, Part, int]:
        """What was heard, as the client (`played_ms`) or else the play clock says, and what not; together they are the
        source. And the milliseconds that were sent.
        """
        sent_ms = self.clock.sent_ms(self.handle)
        by = "client" if played_ms is not None else "playback" if self.clock.reported(self.handle) else "estimate"
        played_ms = self.clock.played_ms(self.handle, now) if played_ms is None else min(played_ms, sent_ms)
        border, told = self._border(played_ms)
        exact = told and by != "estimate"
        source, unheard_ms = self.source, round(sent_ms) - round(played_ms)
        heard = Part(source[:border], (0, border), round(played_ms), exact=exact, by=by)
        unheard = Part(source[border:], (border, len(source)), unheard_ms, exact=exact, by=by)
        return heard, unheard, round(sent_ms)

    def _border(self, played_ms: float) -> tuple[int, bool]:
        """How much of the source was heard, and whether that rests on times that upstream told."""
        border, at_ms = 0, 0.0
        for asked in self.asked:
            inside = played_ms - at_ms
            if inside <= 0:
                return border, True
            if not asked.whole or inside < asked.ms:
                reached = asked.times.reached(inside)
                exact = asked.times.exact or inside <= asked.times.told_ms
                if reached and isinstance(asked.part, Segment):
                    border = max(border, asked.part.place(0, reached)[1])
                return border, exact
            border = max(border, asked.span[1])
            at_ms += asked.ms
        return (len(self.source) if self.committed and not self.held else border), True


def _share(asked: Asked, cast: Cast) -> Share:
    billed, model = asked.billed_characters, cast.voice.model
    return Share(cast.voice_id, model, billed, billable(asked.text) if asked.cached else 0, cost(model, billed))
