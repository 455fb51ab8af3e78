"""What a speaker works with, and what it keeps of a turn and of a segment on their way to the journal."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field

from gateway.audio.base import Form, Piece
from gateway.audio.loudness import named
from gateway.cues import Cues
from gateway.encoding import Encoding, Studio
from gateway.errors import GatewayError, UpstreamError
from gateway.journal.base import Journal
from gateway.lip.envelope import Envelope
from gateway.lip.lips import Lips
from gateway.protocol.config import Audio
from gateway.protocol.events import Flow, Notice, SegmentDone, SegmentStarted, fault
from gateway.protocol.frames import FILE
from gateway.recordings import Recording, Recordings
from gateway.session.clock import PlayClock
from gateway.session.inputs import Speak, TurnDelivered
from gateway.take import Take
from gateway.upstreams import base

PACED_MS = 100
"""Frames are at most this long where `lead_ms` paces them."""
SHARED_LEAD_MS = 2000
"""While several tracks speak none is further ahead of its play clock, so that no burst delays another track."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """What a speaker works with: whom it asks, and where it writes messages of up to `message_limit` bytes. `record`
    begins a turn's recording.
    """

    journal: Journal
    upstream: base.Upstream
    lips: Lips
    recordings: Recordings
    record: Callable[[str, Audio], Recording]
    message_limit: int
    studio: Studio
    tasks: asyncio.TaskGroup


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
    encoding: Encoding | None = None
    """Where its form is made here."""
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
    last: "Spoken | None" = None
    """The segment that was asked for last."""
    lost: bool = False
    """A file was begun by another process, and cannot be gone on with."""
    rest: TurnDelivered | None = None
    """To be reported when what its form held back until the turn's end has left."""

    def begin(self, job: Speak, cues: Cues, mouth: Envelope | None) -> "Spoken":
        """Its next segment."""
        if self.encoding is not None:
            as_mp3 = job.request is not None and job.request.format.codec == "mp3"
            self.encoding.begin_segment(named(job.request.voice) if job.request else None, as_mp3=as_mp3)
        take = self.recording.take(job.segment)
        if job.request is not None:
            take.ask(job.request, job.span)
        self.last = Spoken(job, self, cues, mouth, take)
        return self.last

    @property
    def staged_ms(self) -> float:
        return sum(staged.piece.samples for staged in self.stage if staged.piece) * 1000 / self.audio.rate

    def go_on(self, begun: bytes) -> bool:
        """Behind what another process has made of its file; False where that cannot be."""
        return self.encoding is not None and self.encoding.go_on(begun)

    def stop(self) -> None:
        """Nothing more of it is wanted, nor of what refers to it."""
        self.last = self.rest = None
        self.stage.clear()
        if self.encoding is not None:
            self.encoding.stop()


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
    made_ms: float | None = None
    """How long it is, where its form is made here: payloads are cut across segments."""
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
        if self.outlet.form.kind == FILE and self.outlet.audio.file == "segment":
            self.outlet.lost = not self.outlet.go_on(begun.payload)

    @property
    def trace_id(self) -> str | None:
        """Where upstream has told it."""
        told = self.error if isinstance(self.error, UpstreamError) else self.finished
        return (told.trace_id if told else None) or self.take.trace_id

    def file(self) -> None:
        """Note what has come, and how it has ended: whose turn was stopped has neither failed nor finished."""
        take, told_ms = self.take, self.finished.duration_ms if self.finished else None
        take.trace_id, take.first_byte_ms, take.cached = self.trace_id, self.first_byte_ms, self.cached
        take.duration_ms = round(self.made_ms or self.received_ms or told_ms or 0)
        take.error = asdict(fault(self.error)) if self.error else None
        take.outcome = "failed" if self.error else "done" if self.finished else "cancelled"

    def finish(self) -> None:
        """All that upstream had to say has come."""
        told = self.finished.duration_ms if self.finished else None
        if length_ms := self.made_ms or self.received_ms or told:
            self.cues.finish(length_ms)

    def begin(self, now: float, *, cached: bool) -> None:
        """Its first audio has come."""
        self.first_byte_ms = round((now - self.asked_at) * 1000)
        self.cached = cached
        if self.outlet.received_at is None:
            self.outlet.received_at = now

    def waits(self, waiting: base.Waiting) -> Flow:
        self.waited = True
        eta_ms = round(waiting.eta_s * 1000)
        return Flow(state="wait", reason="rate", turn=self.job.turn, place=waiting.place, eta_ms=eta_ms)

    def goes(self) -> Flow:
        self.waited = False
        return Flow(state="go", reason="rate", turn=self.job.turn)

    def retried(self, retried: base.Retried) -> Notice:
        self.take.break_off(retried.code, retried.trace_id)
        message = f"A segment is asked for again after {retried.code}."
        return Notice(code="upstream_retry", message=message, turn=self.job.turn)

    def complete(self, now: float) -> None:
        """All of its audio has left. How long that is, its pieces tell, or upstream, or the form that is made here."""
        told = self.finished.duration_ms if self.finished else None
        if self.made_ms is not None:
            self.outlet.ms += self.made_ms - self.ms
            self.ms = self.made_ms
        elif told is not None and self.bytes and not self.ms:
            self.ms = told
            self.outlet.ms += told
            self.job.clock.receive(self.job.handle, told)
            self.job.clock.hand(self.job.handle, told, now)

    def started(self) -> SegmentStarted:
        job = self.job
        return SegmentStarted(
            turn=job.turn,
            segment=job.segment,
            text=job.request.text if job.request else "",
            span=job.span,
            voice_id=job.voice_id,
            model=job.request.voice.model if job.request else None,
            language=job.request.language if job.request else None,
            at_ms=round(self.outlet.ms),
            cached=self.cached,
        )

    def done(self) -> SegmentDone:
        return SegmentDone(
            turn=self.job.turn,
            segment=self.job.segment,
            bytes=self.bytes,
            duration_ms=round(self.ms),
            trace_id=self.trace_id,
        )


@dataclass(frozen=True, slots=True)
class Staged:
    """A piece of a segment; None is the segment's end."""

    spoken: Spoken
    piece: Piece | None


def share(outlets: Collection[Outlet], *, draining: bool) -> None:
    """Say how far ahead each turn may be: there are more of them, or fewer, than before."""
    alone = len(outlets) < 2 or sum(not (outlet.held or outlet.silent) for outlet in outlets) < 2
    shared_ms = None if alone else SHARED_LEAD_MS
    for outlet in outlets:
        own_ms = outlet.audio.lead_ms
        outlet.lead_ms = None if draining else shared_ms if own_ms is None else own_ms


def sound(outlet: Outlet) -> dict[str, object]:
    audio = outlet.audio
    sound: dict[str, object] = {
        "codec": audio.codec,
        "rate": audio.rate,
        "channels": audio.channels,
        "unit": outlet.form.unit,
    }
    if audio.codec in ("mp3", "opus", "ogg_opus"):
        sound["bitrate"] = audio.bitrate
    if audio.frame_ms is not None:
        sound["frame_ms"] = audio.frame_ms
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
