"""One reply: its text as the client sent it, what was asked of upstream, and how it ended.

queued ──→ active ──→ ended      one of TurnDone, TurnCancelled, TurnFailed
└──────────────────↗
"""

import dataclasses
import hashlib
from functools import cache
from typing import Any

import orjson

from gateway.protocol.config import Audio
from gateway.protocol.events import Part, Terminal, Timing, Usage
from gateway.protocol.messages import Options
from gateway.session.heard import Stretch, split
from gateway.session.inputs import SegmentDelivered, SegmentFailed, SegmentReceived
from gateway.text.billing import billable
from gateway.text.segmenter import Segment, Segmenter, Urgency


@dataclasses.dataclass(slots=True)
class Asked:
    """A segment that upstream was asked for. `ms` grows to its final length when it is `whole`."""

    segment: Segment
    billed_characters: int
    ms: float = 0.0
    bytes: int = 0
    received: bool = False
    cached: bool = False
    whole: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Flush:
    """A `turn.flush` that is answered once the text before `offset` is in the journal."""

    offset: int
    re: str | None


def digest(message: Options) -> bytes:
    """Two messages that ask for the same have the same digest, whatever their `id` and `n`."""
    body = [message.type, *(getattr(message, name) for name in _said(type(message)))]  # type: ignore[arg-type]
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


@cache
def _said(kind: type[Options]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if field.name not in {"id", "n"})


class Turn:
    def __init__(self, message: Options, handle: int, audio: Audio, now: float) -> None:
        self.id = message.turn
        self.handle = handle
        self.digest = digest(message)
        self.audio = audio
        self.prepare = message.prepare
        self.patch: dict[str, Any] = {
            key: value for key, value in (("voice", message.voice), ("language", message.language)) if value
        }
        self.pinned: dict[str, Any] | None = None
        """The session's settings of before a `configure` for the next turn."""
        self.source = ""
        self.segmenter = Segmenter()
        self.committed = False
        self.asked: list[Asked] = []
        self.flushes: list[Flush] = []
        self.accepted_at = self.touched_at = now
        self.active_at: float | None = None
        self.first_audio_at: float | None = None
        self.first_byte_ms: int | None = None

    def append(self, text: str, now: float) -> None:
        self.source += text
        self.segmenter.feed(text)
        self.touched_at = now

    def flush(self, re: str | None, now: float) -> None:
        self.segmenter.cut()
        self.flushes.append(Flush(len(self.source), re))
        self.touched_at = now

    def commit(self, now: float) -> None:
        self.segmenter.cut()
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
        return sum(asked.ms for asked in self.asked)

    @property
    def held(self) -> int:
        return self.segmenter.held

    def take(self, urgency: Urgency) -> Segment | None:
        segment = self.segmenter.take(urgency)
        if segment is not None:
            self.asked.append(Asked(segment, billable(segment.text)))
        return segment

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
        done = [flush for flush in self.flushes if self._is_out(flush.offset)]
        self.flushes = [flush for flush in self.flushes if flush not in done]
        return [(flush, sum(asked.ms for asked in self._before(flush.offset))) for flush in done]

    def _is_out(self, offset: int) -> bool:
        taken = len(self.source) - self.segmenter.held >= offset
        return taken and all(asked.whole for asked in self._before(offset))

    def _before(self, offset: int) -> list[Asked]:
        return [asked for asked in self.asked if asked.segment.start < offset]

    def usage(self) -> Usage:
        return Usage(
            characters=sum(len(asked.segment.text) for asked in self.asked),
            billed_characters=sum(asked.billed_characters for asked in self.asked),
            cached_characters=sum(billable(asked.segment.text) for asked in self.asked if asked.cached),
            requests=sum(not asked.cached for asked in self.asked),
        )

    def timing(self, now: float) -> Timing:
        def since_accepted(at: float | None) -> int | None:
            return None if at is None else round((at - self.accepted_at) * 1000)

        return Timing(
            queued_ms=since_accepted(self.active_at) or 0,
            upstream_first_byte_ms=self.first_byte_ms,
            first_audio_ms=since_accepted(self.first_audio_at),
            total_ms=since_accepted(now) or 0,
        )

    def heard(self, played_ms: float, sent_ms: float, by: str) -> tuple[Part, Part]:
        """What the listener had heard after this much of the turn's audio, and what not."""
        stretches, at_ms = [], 0.0
        for asked in self.asked:
            ms = asked.ms if asked.whole else max(0.0, sent_ms - at_ms)
            stretches.append(Stretch(asked.segment.start, asked.segment.end, at_ms, ms, asked.whole))
            at_ms += ms
        return split(self.source, stretches, min(played_ms, sent_ms), sent_ms, by)


@dataclasses.dataclass(frozen=True, slots=True)
class Ended:
    """What is remembered of a turn after its terminal."""

    digest: bytes
    handle: int
    terminal: Terminal
    at: float
