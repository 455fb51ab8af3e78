"""What the gateway says: one small class a message."""

import dataclasses
from typing import Any, ClassVar

from gateway.errors import GatewayError, Refused, UpstreamError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    type: ClassVar[str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error as clients see it."""

    code: str
    message: str
    field: str | None = None
    retryable: bool = False
    upstream: dict[str, Any] | None = None


def fault(error: GatewayError) -> Fault:
    upstream = None
    if isinstance(error, UpstreamError):
        upstream = {"code": error.upstream_code, "trace_id": error.trace_id}
    return Fault(
        code=error.code,
        message=error.message,
        field=error.field,
        retryable=error.retryable,
        upstream=upstream,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A part of a turn's text. `span` counts code points of it as the client sent it, `ms` the audio that was sent."""

    text: str | None
    span: tuple[int, int]
    ms: int
    exact: bool
    by: str


@dataclasses.dataclass(frozen=True, slots=True)
class Usage:
    characters: int = 0
    billed_characters: int = 0
    cached_characters: int = 0
    requests: int = 0
    cost_usd: float | None = 0.0
    """An estimate by list prices; None where a model has none that is known."""


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    queued_ms: int
    upstream_first_byte_ms: int | None
    first_audio_ms: int | None
    total_ms: int


# Answers to one connection: not numbered.


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Welcome(Event):
    """Without `resume_token` the session ends with its connection."""

    type = "welcome"
    session: str
    resume_token: str | None = None
    resume_window_ms: int | None = None
    config: dict[str, Any]
    limits: dict[str, int]
    ignored: list[str]
    server: str
    re: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """A turn that has not ended, as who comes in its middle needs to know it."""

    turn: str
    handle: int
    track: str
    state: str
    received: int
    """Code points of its text that have come."""
    audio: dict[str, Any] | None
    """None: nothing of it has sounded."""
    position: int
    segment: int | None
    """These two: of its next frame."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Event):
    """The journal's numbers `from_seq` to `to_seq` follow, but for `lost`: those are not kept any more."""

    type = "resumed"
    session: str
    resume_token: str
    resume_window_ms: int
    config: dict[str, Any]
    limits: dict[str, int]
    from_seq: int
    to_seq: int
    lost: tuple[int, int] | None = None
    last_n: int | None = None
    turns: list[Standing]
    server: str
    re: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listening(Event):
    type = "listening"
    session: str
    config: dict[str, Any]
    limits: dict[str, int]
    from_seq: int
    to_seq: int
    lost: tuple[int, int] | None = None
    turns: list[Standing]
    server: str
    re: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Configured(Event):
    """`from_` is `next_turn` or the first segment that follows the change."""

    type = "configured"
    config: dict[str, Any]
    from_: str | dict[str, Any]
    ignored: list[str]
    re: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Skipped(Event):
    """Those numbers will not come: withdrawn by a cancel, or (`lost`) no longer kept."""

    type = "skipped"
    seq: int
    to_seq: int
    turn: str | None = None
    lost: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Error(Event):
    type = "error"
    code: str
    message: str
    field: str | None = None
    retryable: bool
    retry_after_ms: int | None = None
    re: str | None = None
    turn: str | None = None
    fatal: bool = False
    close_code: int | None = None


def refusal(refused: Refused) -> Error:
    """The answer to a message that was refused."""
    return Error(
        code=refused.code,
        message=refused.message,
        field=refused.field,
        retryable=refused.retryable,
        retry_after_ms=refused.retry_after_ms,
        re=refused.re,
        turn=refused.turn,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Goaway(Event):
    type = "goaway"
    reason: str
    in_ms: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pong(Event):
    type = "pong"
    t: Any = None
    last_n: int | None = None
    re: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LongformProgress(Event):
    """`state` is `running`, `done` or `failed`; `chapter` of `chapters` are there. Comes when something has changed."""

    type = "longform.progress"
    job: str
    state: str
    progress: float
    chapter: int
    chapters: int
    error: Fault | None = None
    re: str | None = None


# What is about a turn: numbered by the journal.


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnAccepted(Event):
    type = "turn.accepted"
    turn: str
    handle: int
    track: str
    state: str
    position: int
    eta_ms: int | None = None
    """Of a queued turn: until its turn comes, as far as one can tell."""
    re: str | None = None
    repeated: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(Event):
    type = "turn.started"
    turn: str
    handle: int
    audio: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SegmentStarted(Event):
    type = "segment.started"
    turn: str
    segment: int
    text: str | None
    """As spoken. Empty, and without voice, model and language: a pause."""
    span: tuple[int, int]
    voice_id: str | None = None
    model: str | None = None
    """The one that is asked for it."""
    language: str | None = None
    at_ms: int
    cached: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Caption:
    """A word, its time on the turn's audio clock, and its place in the client's text."""

    text: str
    from_ms: int
    to_ms: int
    span: tuple[int, int]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Captions(Event):
    """In place of all earlier ones of the segment; `more` says that the next message goes on with the same list."""

    type = "captions"
    turn: str
    segment: int
    words: tuple[Caption, ...]
    exact: bool
    more: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Event):
    """The sound reaches it at that time of the turn's clock."""

    type = "mark"
    turn: str
    name: str
    at_ms: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lip(Event):
    """A mouth: from `at_ms` on a level (0 to 100) each `hop_ms`; visemes as (ms of the turn, name), one a change."""

    type = "lip"
    turn: str
    at_ms: int
    hop_ms: int
    levels: tuple[int, ...]
    visemes: tuple[tuple[int, str], ...] | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDone(Event):
    type = "segment.done"
    turn: str
    segment: int
    bytes: int
    duration_ms: int
    trace_id: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnFlushed(Event):
    type = "turn.flushed"
    turn: str
    at_ms: int
    re: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnPaused(Event):
    """`at_ms`: where the play clock stands."""

    type = "turn.paused"
    turn: str
    at_ms: int
    re: str | None = None
    repeated: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnResumed(Event):
    type = "turn.resumed"
    turn: str
    at_ms: int
    re: str | None = None
    repeated: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Event):
    """`state` is `wait` or `go`."""

    type = "flow"
    state: str
    reason: str
    turn: str | None = None
    place: int | None = None
    eta_ms: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    type = "notice"
    code: str
    message: str
    turn: str | None = None
    re: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnDone(Event):
    type = "turn.done"
    turn: str
    bytes: int
    duration_ms: int
    usage: Usage
    timing: Timing
    file: dict[str, Any] | None = None
    """Of one file a turn: `mime`, `duration_secs`, `waveform`."""
    heard: Part | None = None
    """Of a cancel that found the turn ended but not played to its end."""
    unheard: Part | None = None
    re: str | None = None
    repeated: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnCancelled(Event):
    type = "turn.cancelled"
    turn: str
    reason: str
    heard: Part
    unheard: Part
    sent_ms: int
    usage: Usage
    re: str | None = None
    repeated: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnFailed(Event):
    type = "turn.failed"
    turn: str
    error: Fault
    heard: Part
    unheard: Part
    sent_ms: int
    usage: Usage
    re: str | None = None
    repeated: bool | None = None


Terminal = TurnDone | TurnCancelled | TurnFailed
