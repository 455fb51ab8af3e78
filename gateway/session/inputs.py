"""What a session is told beside its client's messages, and what it asks its shell to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.access.costs import Share
from gateway.access.rights import Rights
from gateway.errors import GatewayError
from gateway.protocol.config import Audio, Config
from gateway.protocol.events import Event, TurnAccepted
from gateway.protocol.messages import Configure
from gateway.session.clock import PlayClock
from gateway.session.word_times import WordTimes
from gateway.upstreams.base import Request

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed(Configure):
    """A `configure` whose token was found good."""

    rights: Rights


@dataclass(frozen=True, slots=True)
class Tick:
    """The session's deadline has come."""


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The owner's socket is gone, and will not be replaced."""


@dataclass(frozen=True, slots=True)
class SegmentReceived:
    """Upstream has given the whole segment; some of it may wait in the stage."""

    handle: int
    segment: int
    billed_characters: int
    first_byte_ms: int | None
    cached: bool


@dataclass(frozen=True, slots=True)
class SegmentDelivered:
    """The segment is in the journal, `segment.done` included."""

    handle: int
    segment: int
    bytes: int
    ms: float
    first_audio_at: float | None


@dataclass(frozen=True, slots=True)
class SegmentFailed:
    """Upstream has given up on the segment; what came of it is in the journal."""

    handle: int
    segment: int
    ms: float
    error: GatewayError


@dataclass(frozen=True, slots=True)
class TurnDelivered:
    """What the form held back is in the journal too, and so large."""

    handle: int
    bytes: int
    file: dict[str, Any] | None


Report = SegmentReceived | SegmentDelivered | SegmentFailed | TurnDelivered


@dataclass(frozen=True, slots=True)
class Drain:
    """The gateway stops: no new turn is taken, and nothing holds the others back. The rest is cut after `in_ms`."""

    in_ms: int


# Actions


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer this connection, after all that is in the journal now."""

    event: Event


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a turn in the journal."""

    handle: int
    event: TurnAccepted
    clock: PlayClock
    """Its track's."""
    config: Config
    """As it holds when the turn is accepted."""


@dataclass(frozen=True, slots=True)
class Say:
    """Write into the journal."""

    handle: int
    event: Event
    terminal: bool = False
    shares: tuple[Share, ...] = ()
    """Of a terminal's usage."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be told along with a segment's sound."""

    times: WordTimes
    place: Callable[[int, int], tuple[int, int]]
    """A stretch of the segment's text → its span in the source."""
    captions: bool = False
    lip: bool = False
    marks: tuple[tuple[int, str], ...] = ()
    """Places in the segment's text, and names."""


@dataclass(frozen=True, slots=True)
class Speak:
    """Have the speaker speak one segment, or be silent for `pause_ms`."""

    handle: int
    turn: str
    segment: int
    span: tuple[int, int]
    audio: Audio
    prepare: bool
    """Into the cache only; nothing is sent."""
    wanted: Wanted
    clock: PlayClock
    """Its track's."""
    request: Request | None = None
    """None: silence."""
    voice_id: str | None = None
    """The voice as the client knows it."""
    pause_ms: int = 0


@dataclass(frozen=True, slots=True)
class Finish:
    """No segment follows: have what the turn's form holds back leave, and `TurnDelivered` reported."""

    handle: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop speaking the turn and drop what of it is staged or unread."""

    handle: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Let nothing of the turn's staged audio leave until it is released."""

    handle: int


@dataclass(frozen=True, slots=True)
class Release:
    handle: int


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection; `error` None is a farewell that was asked for."""

    error: GatewayError | None = None


Action = Reply | Open | Say | Speak | Finish | Stop | Hold | Release | Close
