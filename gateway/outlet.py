"""What a speaker keeps of a turn and of a segment on their way to the journal."""

from collections import deque
from dataclasses import dataclass, field

from gateway.audio.base import Form, Piece
from gateway.cues import Cues
from gateway.errors import GatewayError
from gateway.lip.envelope import Envelope
from gateway.protocol.config import Audio
from gateway.recordings import Recording, Take
from gateway.session.clock import PlayClock
from gateway.session.inputs import Speak
from gateway.upstreams import base

PACED_MS = 100
"""Frames are at most this long where `lead_ms` paces them."""


@dataclass(slots=True)
class Outlet:
    """Where one turn's audio has got to."""

    turn: str
    handle: int
    audio: Audio
    form: Form
    clock: PlayClock
    recording: Recording
    silent: bool
    """Its audio goes into the cache only."""
    stage: "deque[Staged]" = field(default_factory=deque)
    """Audio that is not due yet, unnumbered."""
    lead_ms: int | None = None
    """How far ahead of the clock it may be at present."""
    held: bool = False
    """Paused: nothing leaves."""
    position: int = 0
    ms: float = 0.0
    started: bool = False
    received_at: float | None = None
    """When its first audio came."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What another process has spoken of a segment."""

    ms: float
    payload: bytes
    verbatim: bool
    """The payload is what upstream gave."""
    marks: int
    levels: int
    """Marks and levels that were told."""


@dataclass(slots=True)
class Spoken:
    """One segment on its way through the stage."""

    job: Speak
    outlet: Outlet
    cues: Cues
    mouth: Envelope | None
    take: Take
    begun: Begun | None = None
    asked_at: float = 0.0
    first_byte_ms: int | None = None
    received_ms: float = 0.0
    bytes: int = 0
    ms: float = 0.0
    """What has left."""
    first_audio_at: float | None = None
    cached: bool = False
    waited: bool = False
    error: GatewayError | None = None
    finished: base.Finished | None = None

    def go_on(self, begun: Begun, now: float) -> None:
        """The segment's beginning is in the journal."""
        self.begun, self.first_audio_at = begun, now
        self.ms = self.received_ms = begun.ms
        self.bytes = len(begun.payload)
        self.cues.go_on(self.outlet.ms - begun.ms, begun.marks, begun.levels)
        if not begun.verbatim:
            self.mouth = None
        if self.mouth is not None:
            self.cues.levels(self.mouth.feed(begun.payload)[begun.levels :])

    def finish(self) -> None:
        """All that upstream had to say has come."""
        told = self.finished.duration_ms if self.finished else None
        if length_ms := self.received_ms or told:
            self.cues.finish(length_ms)


@dataclass(frozen=True, slots=True)
class Staged:
    """A piece of a segment; None is the segment's end."""

    spoken: Spoken
    piece: Piece | None


def sound(outlet: Outlet) -> dict[str, object]:
    audio = outlet.audio
    sound: dict[str, object] = {
        "codec": audio.codec,
        "rate": audio.rate,
        "channels": audio.channels,
        "unit": outlet.form.unit,
    }
    if audio.codec == "mp3":
        sound["bitrate"] = audio.bitrate
    return sound


def payload_bytes(audio: Audio, limit: int) -> int:
    """Of a frame: what a message takes, and less where `lead_ms` paces."""
    if audio.lead_ms is None:
        return limit
    bytes_per_second = {
        "pcm_s16le": audio.rate * audio.channels * 2,
        "mulaw": audio.rate,
        "mp3": audio.bitrate // 8,
    }
    return max(256, min(limit, bytes_per_second.get(audio.codec, limit * 10) * PACED_MS // 1000))
