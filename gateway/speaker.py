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
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from functools import partial

from gateway.audio.base import Piece
from gateway.audio.formats import form, upstream_format
from gateway.audio.made import Made
from gateway.audio.silence import silence
from gateway.cues import Cues
from gateway.encoding import Encoding
from gateway.errors import GatewayError, UpstreamError
from gateway.lip.envelope import Envelope
from gateway.outlet import Begun, Outlet, Speaking, Spoken, Staged, payload_bytes, share, sound
from gateway.protocol.config import Audio
from gateway.protocol.events import TurnStarted
from gateway.protocol.frames import CACHED, payload_limit
from gateway.session.clock import PlayClock
from gateway.session.inputs import Report, SegmentDelivered, SegmentFailed, SegmentReceived, Speak, TurnDelivered
from gateway.upstreams import base
from gateway.upstreams.retrying import Sound
from gateway.upstreams.valve import Valve

UNREAD_BYTES = 256 << 10
"""Upstream is paused while the owner has not taken this much of the journal."""
log = logging.getLogger(__name__)


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
        self._waiting: defaultdict[int, deque[Speak]] = defaultdict(deque)
        """Segments that were asked for, of a turn that another process began."""
        self._valve = Valve()
        """Shut while the owner is too far behind."""
        self._behind = 0
        self._draining = False
        self._held_up = False
        """The stages wait for the owner to take what the journal holds."""
        self._due_timer: asyncio.TimerHandle | None = None

    def speak(self, job: Speak, begun: Begun | None = None) -> None:
        """`begun`: another process has spoken so much of the segment; this one goes on behind it."""
        outlet = self._outlets.get(job.handle)
        if outlet is None:
            outlet = self.open(job.turn, job.handle, job.audio, job.clock, prepare=job.prepare)
        cues = self.cues(job)
        mouth = Envelope(job.request.format) if job.wanted.lip and job.request else None
        spoken = outlet.begin(job, cues, mouth)
        if begun is not None:
            spoken.go_on(begun, self._now())
        self._running[job.handle] = self._tasks.create_task(self._run(spoken))

    def go_on(self, jobs: Iterable[tuple[Speak, Begun | None]]) -> None:
        """Another process was asked for these of a turn, and has not delivered them: one after the other."""
        for job, begun in jobs:
            if job.handle in self._running:
                self._waiting[job.handle].append(job)
            else:
                self.speak(job, begun)

    def cues(self, job: Speak) -> Cues:
        return Cues(job, partial(self._journal.say, job.handle), self._message_limit)

    def open(self, turn: str, handle: int, audio: Audio, clock: PlayClock, *, prepare: bool) -> Outlet:
        """Where a turn's audio will leave."""
        limit = payload_bytes(audio, payload_limit(self._message_limit))
        built = form(audio, limit, self._studio.loudness)
        encoding = Encoding(built, self._studio.threads) if isinstance(built, Made) else None
        outlet = Outlet(turn, handle, audio, built, clock, self._record(turn, audio), prepare, encoding)
        self._outlets[handle] = outlet
        self._share()
        return outlet

    def finish(self, handle: int) -> None:
        """No segment of the turn follows."""
        outlet = self._outlets.get(handle)
        if outlet is None or outlet.encoding is None or outlet.last is None:
            self._call_later(0, self._report, TurnDelivered(handle, 0, None))
        elif outlet.lost:
            error = UpstreamError("upstream_unavailable")
            self._call_later(0, self._report, SegmentFailed(handle, 0, outlet.ms, error))
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
        self._waiting.pop(handle, None)
        if outlet is not None:
            outlet.stop()
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
        share(self._outlets.values(), draining=self._draining)

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

    def close(self, *, abandoned: bool) -> None:
        """Nothing is spoken any more; what is `abandoned` another process goes on with."""
        for handle, outlet in list(self._outlets.items()):
            outlet.recording.abandoned = abandoned
            self.stop(handle)
        if self._due_timer is not None:
            self._due_timer.cancel()
        self._report = _nobody_asks

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
        if not self._outlets:
            return None
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
        under_way_ms = outlet.ms - outlet.clock.sent_ms(outlet.handle)
        return max(0.0, outlet.clock.ahead_ms(self._now()) + under_way_ms - outlet.lead_ms) / 1000

    async def _run(self, spoken: Spoken) -> None:
        try:
            await self._speak(spoken)
        finally:
            self._file(spoken)

    async def _speak(self, spoken: Spoken) -> None:
        handle = spoken.job.handle
        try:
            if spoken.outlet.lost:
                raise UpstreamError("upstream_unavailable")
            await (self._be_silent(spoken) if spoken.job.request is None else self._receive(spoken, spoken.job.request))
        except UpstreamError as error:
            spoken.error = error.alone()
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
        if self._waiting and (waiting := self._waiting.pop(handle, None)):
            self.speak(waiting.popleft())
            self.go_on((job, None) for job in waiting)

    def _file(self, spoken: Spoken) -> None:
        """What has come of the segment can be found by its trace ids."""
        spoken.file()
        self._journal.once_kept(partial(self._recordings.finish, spoken.outlet.recording, spoken.take))

    async def _be_silent(self, spoken: Spoken) -> None:
        job = spoken.job
        if not job.prepare:
            left_ms = job.pause_ms - round(spoken.ms)
            self._hear(spoken, base.Audio(silence(upstream_format(job.audio), left_ms)))
        spoken.finished = base.Finished(None, 0, job.pause_ms)
        await self._make(spoken)
        self._report(SegmentReceived(job.handle, job.segment, 0, None, cached=False))

    async def _receive(self, spoken: Spoken, request: base.Request) -> None:
        job = spoken.job
        spoken.asked_at = self._now()
        if spoken.begun is None:
            spoken.finished = await self._upstream.speak(request, partial(self._hear, spoken), self._valve)
        else:
            spoken.finished = await self._go_on(spoken, spoken.begun, request)
        await self._make(spoken)
        if spoken.mouth is not None:
            await self._move_lips(spoken, request.language)
        billed = spoken.finished.billed_characters
        self._report(SegmentReceived(job.handle, job.segment, billed, spoken.first_byte_ms, spoken.cached))

    async def _go_on(self, spoken: Spoken, begun: Begun, request: base.Request) -> base.Finished:
        """Behind what another process has spoken."""
        sound = Sound(request, partial(self._hear, spoken))
        if not sound.go_on(begun.ms, begun.payload if begun.verbatim else b""):
            raise UpstreamError("upstream_unavailable")
        self._journal.say(spoken.job.handle, spoken.retried(base.Retried("upstream_unavailable", "again")))
        finished = await self._upstream.speak(request, sound.hear, self._valve)
        sound.close()
        return finished

    def _hear(self, spoken: Spoken, event: base.Heard) -> None:
        """Called from within the receiving; what a stopped turn's upstream still sends is nobody's."""
        if self._outlets.get(spoken.job.handle) is not spoken.outlet:
            return
        match event:
            case base.Audio():
                if spoken.first_byte_ms is None:
                    spoken.begin(self._now(), cached=event.cached)
                if spoken.waited:
                    self._journal.say(spoken.job.handle, spoken.goes())
                if not spoken.job.prepare:
                    outlet = spoken.outlet
                    if outlet.encoding is None:
                        self._add(spoken, outlet.form.feed(event.data, event.samples))
                    else:
                        outlet.encoding.feed(event.data, partial(self._add, spoken))
                    if spoken.mouth is not None:
                        spoken.cues.levels(spoken.mouth.feed(event.data, event.samples))
            case base.Words(words=words):
                spoken.cues.tell(words)
            case base.Traced(trace_id):
                self._recordings.trace(spoken.outlet.recording, spoken.take, trace_id)
            case base.Waiting():
                self._journal.say(spoken.job.handle, spoken.waits(event))
            case base.Retried():
                self._journal.say(spoken.job.handle, spoken.retried(event))

    async def _move_lips(self, spoken: Spoken, language: str) -> None:
        """Before the segment counts as received: nothing of it may follow its end."""
        spoken.finish()
        track = await self._lips.visemes(spoken.cues.words(), language)
        if track is not None:
            spoken.cues.visemes(track)

    async def _make(self, spoken: Spoken) -> None:
        """All of a form that is made here: before the segment counts as received, and before its failure is told."""
        encoding = spoken.outlet.encoding
        if encoding is not None:
            before_ms = spoken.begun.ms if spoken.begun else 0.0
            last = spoken.error is not None
            spoken.made_ms = before_ms + await encoding.end_segment(partial(self._add, spoken), last=last)
            if encoding.broken and not last:
                raise GatewayError("internal")

    def _finish(self, spoken: Spoken, encoding: Encoding, pieces: list[Piece]) -> None:
        if encoding.broken:
            spoken.error = GatewayError("internal")
        size = sum(len(data) for data, _ in pieces)
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
        if spoken.cues.marks:
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


def _nobody_asks(_: Report) -> None:
    """After the end."""
