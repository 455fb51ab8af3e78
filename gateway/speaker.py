"""Speak segments: upstream's audio into the journal, in order, bounded.

    upstream ──→ form ──→ stage ──→ journal
                          one a turn: audio that is not due yet (`lead_ms`, a pause), unnumbered

One task per running segment, none per frame: those come by calls from upstream's receiving. The stages are emptied
synchronously by whoever brings audio or time; stopping a turn drops its own, before the terminal is written, and
cancelling the task only frees resources. A paused turn's segment comes to its end on the stage: it is paid for, and its
request would not outlast the pause.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gateway.audio.base import Piece
from gateway.audio.formats import form, upstream_format
from gateway.audio.loudness import named
from gateway.audio.made import Made
from gateway.audio.silence import silence
from gateway.cues import Cues
from gateway.encoding import Encoding, Studio
from gateway.errors import GatewayError, UpstreamError
from gateway.journal.base import Journal
from gateway.lip.envelope import Envelope
from gateway.lip.lips import Lips
from gateway.outlet import Outlet, Spoken, Staged, payload_bytes, sound
from gateway.protocol.config import Audio
from gateway.protocol.events import Flow, Notice, TurnStarted
from gateway.protocol.frames import CACHED, payload_limit
from gateway.recordings import Recording, Recordings
from gateway.session.inputs import Report, SegmentDelivered, SegmentFailed, SegmentReceived, Speak, TurnDelivered
from gateway.upstreams import base
from gateway.upstreams.valve import Valve

UNREAD_BYTES = 256 << 10
"""Upstream is paused while the owner has not taken this much of the journal."""
SHARED_LEAD_MS = 2000
"""While several tracks speak none is further ahead of its play clock, so that no burst delays another track."""

log = logging.getLogger(__name__)


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


class Speaker:
    def __init__(self, speaking: Speaking, report: Callable[[Report], None]) -> None:
        self._journal = speaking.journal
        self._upstream = speaking.upstream
        self._lips = speaking.lips
        self._recordings = speaking.recordings
        self._record = speaking.record
        self._message_limit = speaking.message_limit
        self._studio = speaking.studio
        self._tasks = speaking.tasks
        self._report = report
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._call_later = loop.call_later
        self._outlets: dict[int, Outlet] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._valve = Valve()
        """Shut while the owner is too far behind."""
        self._behind = 0
        self._draining = False
        self._held_up = False
        """The stages wait for the owner to take what the journal holds."""
        self._due_timer: asyncio.TimerHandle | None = None

    def speak(self, job: Speak) -> None:
        outlet = self._outlets.get(job.handle)
        if outlet is None:
            outlet = self._outlets[job.handle] = self._begin_turn(job)
            self._share()
        cues = Cues(job, partial(self._journal.say, job.handle), self._message_limit)
        mouth = Envelope(job.request.format) if job.wanted.lip and job.request else None
        spoken = outlet.last = Spoken(job, outlet, cues, mouth, outlet.recording.take(job.segment))
        if outlet.encoding is not None:
            outlet.encoding.begin_segment(named(job.request.voice) if job.request else None)
        self._running[job.handle] = self._tasks.create_task(self._run(spoken))

    def _begin_turn(self, job: Speak) -> Outlet:
        limit = payload_bytes(job.audio, payload_limit(self._message_limit))
        made = form(job.audio, limit, self._studio.loudness)
        encoding = Encoding(made, self._studio.threads) if isinstance(made, Made) else None
        recording = self._record(job.turn, job.audio)
        return Outlet(job.turn, job.handle, job.audio, made, job.clock, recording, job.prepare, encoding)

    def finish(self, handle: int) -> None:
        """No segment of the turn follows."""
        outlet = self._outlets.get(handle)
        if outlet is None or outlet.encoding is None or outlet.last is None:
            self._report(TurnDelivered(handle, 0, None))
        else:
            outlet.encoding.end_turn(partial(self._finish, outlet.last, outlet.encoding))

    def stop(self, handle: int) -> None:
        """From here on nothing of the turn reaches the journal."""
        self.forget(handle)
        task = self._running.pop(handle, None)
        if task is not None:
            task.cancel()

    def forget(self, handle: int) -> None:
        """The turn has ended."""
        outlet = self._outlets.pop(handle, None)
        if outlet is not None:
            if outlet.encoding is not None:
                outlet.encoding.stop()
            self._recordings.end(outlet.recording)
            self._share()

    def sounding(self, handle: int) -> Outlet | None:
        """Of a turn that has been begun."""
        return self._outlets.get(handle)

    def hold(self, handle: int, *, held: bool) -> None:
        """Keep the turn's audio on its stage, or let it go on."""
        outlet = self._outlets.get(handle)
        if outlet is not None:
            outlet.held = held
            self._share()

    def drain(self) -> None:
        """Hold no audio back any more."""
        self._draining = True
        self._share()

    def _share(self) -> None:
        """Say how far ahead each turn may be: there are more of them, or fewer, than before."""
        alone = sum(not (outlet.held or outlet.silent) for outlet in self._outlets.values()) <= 1
        shared_ms = None if alone else SHARED_LEAD_MS
        for outlet in self._outlets.values():
            own_ms = outlet.audio.lead_ms
            outlet.lead_ms = None if self._draining else shared_ms if own_ms is None else own_ms

    def first_received_at(self, handle: int) -> float | None:
        outlet = self._outlets.get(handle)
        return outlet.received_at if outlet else None

    def taken(self, behind: int) -> None:
        """The owner has this many bytes of the journal still to take."""
        self._behind = behind
        if self._held_up:
            self._held_up = False
            self._call_later(0, self.pump)
        self._valve.turn(shut=behind > UNREAD_BYTES)

    def close(self) -> None:
        """Nothing is spoken any more."""
        for handle in list(self._outlets):
            self.stop(handle)
        if self._due_timer is not None:
            self._due_timer.cancel()

    def pump(self) -> None:
        """Move what is due from the stages into the journal, for the mouth first that would fall silent first."""
        while (outlet := self._next()) is not None and not self._holds_up(outlet) and self._wait_s(outlet) <= 0:
            staged = outlet.stage.popleft()
            if staged.piece is None:
                self._close(staged.spoken)
            else:
                self._play(staged.spoken, staged.piece)
        if self._due_timer is not None:
            self._due_timer.cancel()
            self._due_timer = None
        if outlet is not None and not self._held_up:
            self._due_timer = self._call_later(self._wait_s(outlet), self.pump)

    def _next(self) -> Outlet | None:
        waiting = [outlet for outlet in self._outlets.values() if outlet.stage and not outlet.held]
        if len(waiting) <= 1:
            return waiting[0] if waiting else None
        now = self._now()
        return min(waiting, key=lambda outlet: (self._wait_s(outlet), outlet.clock.ahead_ms(now)))

    def _holds_up(self, outlet: Outlet) -> bool:
        """The owner is behind: a paced piece waits until it has caught up, any other until there is room."""
        self._held_up = self._behind > (UNREAD_BYTES if outlet.lead_ms is None else 0)
        return self._held_up

    def _wait_s(self, outlet: Outlet) -> float:
        """Until the first on the stage may leave: at most `lead_ms` ahead of the play clock; an end leaves at once."""
        if outlet.lead_ms is None or outlet.stage[0].piece is None:
            return 0.0
        return max(0.0, outlet.clock.ahead_ms(self._now()) - outlet.lead_ms) / 1000

    async def _run(self, spoken: Spoken) -> None:
        try:
            await self._speak(spoken)
        finally:
            self._file(spoken)

    async def _speak(self, spoken: Spoken) -> None:
        handle = spoken.job.handle
        try:
            await (self._be_silent(spoken) if spoken.job.request is None else self._receive(spoken, spoken.job.request))
        except UpstreamError as error:
            spoken.error = error
        except Exception:
            log.exception("! speaking a segment broke")
            spoken.error = GatewayError("internal")
        if spoken.error is not None:
            await self._make(spoken)
        if self._outlets.get(handle) is not spoken.outlet:
            return
        if self._running.get(handle) is asyncio.current_task():  # and not the next segment, which it may have begun
            del self._running[handle]
        self._end(spoken)

    def _file(self, spoken: Spoken) -> None:
        """What has come of the segment can be found by its trace id."""
        told = spoken.error if isinstance(spoken.error, UpstreamError) else spoken.finished
        spoken.take.trace_id = told.trace_id if told else None
        self._recordings.finish(spoken.outlet.recording, spoken.take)

    async def _be_silent(self, spoken: Spoken) -> None:
        job = spoken.job
        if not job.prepare:
            self._hear(spoken, base.Audio(silence(upstream_format(job.audio), job.pause_ms)))
        spoken.finished = base.Finished(None, 0, job.pause_ms)
        await self._make(spoken)
        self._report(SegmentReceived(job.handle, job.segment, 0, None, cached=False))

    async def _receive(self, spoken: Spoken, request: base.Request) -> None:
        job = spoken.job
        spoken.asked_at = self._now()
        spoken.finished = await self._upstream.speak(request, partial(self._hear, spoken), self._valve)
        await self._make(spoken)
        if spoken.mouth is not None:
            await self._move_lips(spoken, request.language)
        billed = spoken.finished.billed_characters
        self._report(SegmentReceived(job.handle, job.segment, billed, spoken.first_byte_ms, spoken.cached))

    def _hear(self, spoken: Spoken, event: base.Heard) -> None:
        """Called from within the receiving; what a stopped turn's upstream still sends is nobody's."""
        if self._outlets.get(spoken.job.handle) is not spoken.outlet:
            return
        match event:
            case base.Audio():
                if spoken.first_byte_ms is None:
                    self._begin(spoken, cached=event.cached)
                if spoken.waited:
                    self._go(spoken)
                if not spoken.job.prepare:
                    outlet = spoken.outlet
                    if outlet.encoding is None:
                        self._add(spoken, outlet.form.feed(event.data, event.samples))
                    else:
                        outlet.encoding.feed(event.data, partial(self._add, spoken))
                    if spoken.mouth is not None:
                        spoken.cues.levels(spoken.mouth.feed(event.data))
            case base.Words(words=words):
                spoken.cues.tell(words)
            case base.Waiting():
                self._wait(spoken, event)
            case base.Retried():
                self._note(spoken, event)

    async def _move_lips(self, spoken: Spoken, language: str) -> None:
        """Before the segment counts as received: nothing of it may follow its end."""
        spoken.finish()
        track = await self._lips.visemes(spoken.cues.words(), language)
        if track is not None:
            spoken.cues.visemes(track)

    def _wait(self, spoken: Spoken, waiting: base.Waiting) -> None:
        spoken.waited = True
        eta_ms = round(waiting.eta_s * 1000)
        flow = Flow(state="wait", reason="rate", turn=spoken.job.turn, place=waiting.place, eta_ms=eta_ms)
        self._journal.say(spoken.job.handle, flow)

    def _begin(self, spoken: Spoken, *, cached: bool) -> None:
        now = self._now()
        spoken.first_byte_ms = round((now - spoken.asked_at) * 1000)
        spoken.cached = cached
        if spoken.outlet.received_at is None:
            spoken.outlet.received_at = now

    def _go(self, spoken: Spoken) -> None:
        spoken.waited = False
        self._journal.say(spoken.job.handle, Flow(state="go", reason="rate", turn=spoken.job.turn))

    def _note(self, spoken: Spoken, retried: base.Retried) -> None:
        message = f"A segment is asked for again after {retried.code}."
        notice = Notice(code="upstream_retry", message=message, turn=spoken.job.turn)
        self._journal.say(spoken.job.handle, notice)

    async def _make(self, spoken: Spoken) -> None:
        """All of a form that is made here: before the segment counts as received, and before its failure is told."""
        encoding = spoken.outlet.encoding
        if encoding is not None:
            failed = spoken.error is not None
            spoken.made_ms = await encoding.end_segment(partial(self._add, spoken), last=failed)
            if encoding.broken and not failed:
                raise GatewayError("internal")

    def _finish(self, spoken: Spoken, encoding: Encoding, pieces: list[Piece]) -> None:
        if encoding.broken:
            spoken.error = GatewayError("internal")
        size = sum(len(piece.data) for piece in pieces)
        spoken.outlet.rest = TurnDelivered(spoken.job.handle, size, encoding.form.file())
        self._add(spoken, pieces)
        self._file(spoken)
        spoken.outlet.stage.append(Staged(spoken, None))
        self.pump()

    def _end(self, spoken: Spoken) -> None:
        if spoken.outlet.encoding is None:
            self._add(spoken, spoken.outlet.form.end_segment())
        if spoken.mouth is not None:
            spoken.cues.levels(spoken.mouth.close())
        if spoken.error is None:
            spoken.finish()
        spoken.outlet.stage.append(Staged(spoken, None))
        self.pump()

    def _add(self, spoken: Spoken, pieces: list[Piece]) -> None:
        """Straight into the journal where nothing holds the audio up, else onto the stage."""
        outlet = spoken.outlet
        straight = not outlet.stage and outlet.lead_ms is None and not outlet.held
        for piece in pieces:
            ms = piece.samples * 1000 / outlet.audio.rate
            spoken.received_ms += ms
            spoken.take.parts.append(piece.data)
            outlet.clock.receive(outlet.handle, ms)
            if straight and self._behind <= UNREAD_BYTES:
                self._play(spoken, piece)
            else:
                straight = False
                outlet.stage.append(Staged(spoken, piece))
        if outlet.stage:
            self.pump()

    def _play(self, spoken: Spoken, piece: Piece) -> None:
        outlet = spoken.outlet
        data, samples = piece
        ms = samples * 1000 / outlet.audio.rate
        if spoken.first_audio_at is None:
            self._open(spoken)
        spoken.cues.play(spoken.ms + ms)
        self._journal.play(
            outlet.handle,
            kind=outlet.form.kind,
            flags=CACHED if spoken.cached else 0,
            segment=spoken.job.segment & 0xFFFF,
            position=outlet.position & 0xFFFFFFFF,
            payload=data,
            ms=ms,
        )
        outlet.position += samples if outlet.form.unit == "samples" else len(data)
        outlet.ms += ms
        spoken.ms += ms
        spoken.bytes += len(data)

    def _open(self, spoken: Spoken) -> None:
        job, outlet = spoken.job, spoken.outlet
        spoken.first_audio_at = self._now()
        if not outlet.started:
            outlet.started = True
            turn_started = TurnStarted(turn=job.turn, handle=job.handle, audio=sound(outlet))
            self._journal.say(outlet.handle, turn_started)
        self._journal.say(outlet.handle, spoken.started())
        spoken.cues.open(outlet.ms)

    def _close(self, spoken: Spoken) -> None:
        """The segment's end, or its failure, after all of its audio."""
        job = spoken.job
        if spoken.error is not None:
            self._report(SegmentFailed(job.handle, job.segment, spoken.ms, spoken.error))
            return
        if spoken.outlet.rest is not None:
            self._report(spoken.outlet.rest)
            return
        if spoken.made_ms and spoken.first_audio_at is None:
            self._open(spoken)
        spoken.complete(self._now())
        spoken.cues.close()
        if spoken.first_audio_at is not None:
            self._journal.say(job.handle, spoken.done())
        self._report(SegmentDelivered(job.handle, job.segment, spoken.bytes, spoken.ms, spoken.first_audio_at))
