"""What the gateway says, as values. PROTOCOL.md explains every field; times are milliseconds of the turn's audio."""

from dataclasses import dataclass
from typing import Any, ClassVar

from voice_gateway_client.opus import samples

SAMPLE_BYTES = {"pcm_s16le": 2, "mulaw": 1}


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """`unit` is what frame positions count: `samples` per channel or `bytes`."""

    codec: str
    rate: int
    channels: int
    unit: str
    bitrate: int | None = None

    def length(self, data: bytes) -> int | None:
        """Of a frame, in `unit`; None for a codec of a later version."""
        if self.unit == "bytes":
            return len(data)
        if self.codec == "opus":
            return samples(data, self.rate)
        sample = SAMPLE_BYTES.get(self.codec)
        return None if sample is None else len(data) // (sample * self.channels)


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Some bytes of a turn's audio. `position`: how much of it came before, in the unit of the turn's format."""

    data: bytes
    seq: int
    position: int
    segment: int
    kind: int
    """1 streamed audio, 2 a piece of a file."""
    cached: bool


@dataclass(frozen=True, slots=True)
class Fault:
    code: str
    message: str
    retryable: bool
    field: str | None = None
    upstream: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a turn's text. `span` counts characters of the text as it was sent."""

    span: tuple[int, int]
    text: str | None = None
    ms: float | None = None
    exact: bool | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    characters: int
    billed_characters: int
    cached_characters: int
    requests: int
    cost_usd: float | None = None
    """An estimate; None where a model's price is not known."""


@dataclass(frozen=True, slots=True)
class Timing:
    queued_ms: int
    total_ms: int
    upstream_first_byte_ms: int | None = None
    first_audio_ms: int | None = None


# About the connection.


@dataclass(frozen=True, slots=True)
class Welcome:
    type: ClassVar[str] = "welcome"
    session: str
    config: dict[str, Any]
    limits: dict[str, Any]
    ignored: list[str]
    server: str
    resume_token: str | None = None
    """Without one the session ends with its connection."""
    resume_window_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A turn that has not ended. `received`: characters of its text; `audio`: None before its first sound."""

    turn: str
    handle: int
    state: str
    received: int
    position: int
    audio: AudioFormat | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """The session goes on: `from_seq` to `to_seq` follow, but for those `lost`. `last_n`: which messages arrived."""

    type: ClassVar[str] = "resumed"
    session: str
    resume_token: str
    resume_window_ms: int
    config: dict[str, Any]
    limits: dict[str, Any]
    from_seq: int
    to_seq: int
    turns: tuple[Standing, ...]
    server: str
    lost: tuple[int, int] | None = None
    last_n: int | None = None


@dataclass(frozen=True, slots=True)
class Configured:
    """`from_`: `next_turn`, or the turn and segment that the change begins with."""

    type: ClassVar[str] = "configured"
    config: dict[str, Any]
    from_: str | dict[str, Any]
    ignored: list[str]
    re: str | None = None


@dataclass(frozen=True, slots=True)
class Error:
    type: ClassVar[str] = "error"
    code: str
    message: str
    retryable: bool
    field: str | None = None
    turn: str | None = None
    re: str | None = None
    fatal: bool = False
    close_code: int | None = None


@dataclass(frozen=True, slots=True)
class Goaway:
    type: ClassVar[str] = "goaway"
    reason: str
    in_ms: int


@dataclass(frozen=True, slots=True)
class Pong:
    type: ClassVar[str] = "pong"
    last_n: int | None = None


# About a turn.


@dataclass(frozen=True, slots=True)
class TurnAccepted:
    type: ClassVar[str] = "turn.accepted"
    turn: str
    handle: int
    state: str


@dataclass(frozen=True, slots=True)
class TurnStarted:
    type: ClassVar[str] = "turn.started"
    turn: str
    audio: AudioFormat


@dataclass(frozen=True, slots=True)
class SegmentStarted:
    """Without voice, model and language: a pause."""

    type: ClassVar[str] = "segment.started"
    turn: str
    segment: int
    span: tuple[int, int]
    at_ms: int
    cached: bool
    text: str | None = None
    voice_id: str | None = None
    model: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Caption:
    """A word, its time, and its place in the turn's text."""

    text: str
    from_ms: int
    to_ms: int
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Captions:
    """In place of all earlier ones of the segment. `exact`: upstream told them; `more`: the next message goes on."""

    type: ClassVar[str] = "captions"
    turn: str
    segment: int
    words: tuple[Caption, ...]
    exact: bool
    more: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """The sound reaches it at `at_ms`. It comes before the frame that holds that time."""

    type: ClassVar[str] = "mark"
    turn: str
    name: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Lip:
    """`levels`: 0 to 100, one each `hop_ms` from `at_ms` on; `visemes`: a time and a name at each change."""

    type: ClassVar[str] = "lip"
    turn: str
    at_ms: int
    hop_ms: int
    levels: tuple[int, ...]
    visemes: tuple[tuple[int, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class SegmentDone:
    type: ClassVar[str] = "segment.done"
    turn: str
    segment: int
    bytes: int
    duration_ms: int
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class TurnFlushed:
    type: ClassVar[str] = "turn.flushed"
    turn: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Flow:
    """`state`: `wait`, for upstream's rate limit, or `go`."""

    type: ClassVar[str] = "flow"
    state: str
    reason: str
    turn: str | None = None
    place: int | None = None
    eta_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    type: ClassVar[str] = "notice"
    code: str
    message: str
    turn: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Frames that will not come: withdrawn by a cancel or, with `lost`, no longer kept."""

    type: ClassVar[str] = "skipped"
    seq: int
    to_seq: int
    lost: bool
    turn: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Sound that is missing here, in the unit of the turn's format: the gateway kept it no longer than it could."""

    position: int
    length: int


@dataclass(frozen=True, slots=True)
class TurnDone:
    type: ClassVar[str] = "turn.done"
    state: ClassVar[str] = "done"
    turn: str
    bytes: int
    duration_ms: int
    usage: Usage
    timing: Timing
    heard: Part | None = None
    """With `unheard`: the turn was cancelled while it still sounded."""
    unheard: Part | None = None
    file: dict[str, Any] | None = None
    """Of a turn that is one file: `mime`, `duration_secs`, `waveform`."""
    re: str | None = None


@dataclass(frozen=True, slots=True)
class TurnCancelled:
    type: ClassVar[str] = "turn.cancelled"
    state: ClassVar[str] = "cancelled"
    turn: str
    reason: str
    heard: Part
    unheard: Part
    sent_ms: int
    usage: Usage
    re: str | None = None


@dataclass(frozen=True, slots=True)
class TurnFailed:
    type: ClassVar[str] = "turn.failed"
    state: ClassVar[str] = "failed"
    turn: str
    error: Fault
    heard: Part
    unheard: Part
    sent_ms: int
    usage: Usage
    re: str | None = None


Result = TurnDone | TurnCancelled | TurnFailed
"""How a turn ended."""

TurnEvent = (
    AudioFrame
    | TurnAccepted
    | TurnStarted
    | SegmentStarted
    | Captions
    | Mark
    | Lip
    | SegmentDone
    | TurnFlushed
    | Flow
    | Notice
    | Skipped
    | Gap
)
"""What happens in a turn before its result."""

Message = (
    Welcome
    | Resumed
    | Configured
    | Error
    | Goaway
    | Pong
    | TurnAccepted
    | TurnStarted
    | SegmentStarted
    | Captions
    | Mark
    | Lip
    | SegmentDone
    | TurnFlushed
    | Flow
    | Notice
    | Skipped
    | Result
)
