"""Speak segments: upstream's audio into the journal, in order, bounded.

    upstream ──→ form ──→ stage ──→ journal
                          audio that is not due yet (`lead_ms`), unnumbered

One task per running segment, none per frame. The stage is emptied synchronously by whoever brings audio or time;
stopping a turn drops what it holds, before the terminal is written, and cancelling the task only frees resources.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import aclosing

from gateway.audio.base import Piece
from gateway.audio.formats import form
from gateway.errors import GatewayError, UpstreamError
from gateway.journal.base import Journal
from gateway.outlet import Outlet, Spoken, Staged, payload_bytes, sound
from gateway.protocol.events import Flow, Notice, SegmentDone, SegmentStarted, TurnStarted
from gateway.protocol.frames import CACHED
from gateway.session.clock import PlayClock
from gateway.session.inputs import Report, SegmentDelivered, SegmentFailed, SegmentReceived, Speak
from gateway.upstreams import base

UNREAD_BYTES = 256 << 10
"""Upstream is paused while the owner has not taken this much of the journal."""

log = logging.getLogger(__name__)


class Speaker:
    def __init__(
        self,
        journal: Journal,
        upstream: base.Upstream,
        clock: PlayClock,
        report: Callable[[Report], None],
        payload_limit: int,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._journal = journal
        self._upstream = upstream
        self._clock = clock
        self._report = report
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._call_later = loop.call_later
        self._payload_limit = payload_limit
        self._tasks = tasks
        self._stage: deque[Staged] = deque()
        self._outlets: dict[int, Outlet] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._room: asyncio.Future[None] | None = None
        """Waited for while the owner is too far behind."""
        self._behind = 0
        self._held_up = False
        """The stage waits for the owner to take what the journal holds."""
        self._due_timer: asyncio.TimerHandle | None = None

    def speak(self, job: Speak) -> None:
        outlet = self._outlets.get(job.handle)
        if outlet is None:
            limit = payload_bytes(job.audio, self._payload_limit)
            outlet = Outlet(job.turn, job.handle, job.audio, form(job.audio, limit))
            self._outlets[job.handle] = outlet
        self._running[job.handle] = self._tasks.create_task(self._run(Spoken(job, outlet)))

    def stop(self, handle: int) -> None:
        """From here on nothing of the turn reaches the journal."""
        self.forget(handle)
        self._stage = deque(staged for staged in self._stage if staged.spoken.job.handle != handle)
        task = self._running.pop(handle, None)
        if task is not None:
            task.cancel()

    def forget(self, handle: int) -> None:
        """The turn has ended."""
        self._outlets.pop(handle, None)

    def first_received_at(self, handle: int) -> float | None:
        outlet = self._outlets.get(handle)
        return outlet.received_at if outlet else None

    def taken(self, behind: int) -> None:
        """The owner has this many bytes of the journal still to take."""
        self._behind = behind
        if self._held_up:
            self._held_up = False
            self._call_later(0, self.pump)
        if behind <= UNREAD_BYTES and self._room is not None:
            self._room.set_result(None)
            self._room = None

    def close(self) -> None:
        """Nothing is spoken any more."""
        for handle in list(self._outlets):
            self.stop(handle)
        if self._due_timer is not None:
            self._due_timer.cancel()

    def pump(self) -> None:
        """Move what is due from the stage into the journal."""
        if self._due_timer is not None:
            self._due_timer.cancel()
            self._due_timer = None
        while self._stage and not self._holds_up(self._stage[0]) and self._wait_s(self._stage[0]) <= 0:
            staged = self._stage.popleft()
            if staged.piece is None:
                self._close(staged.spoken)
            else:
                self._play(staged.spoken, staged.piece)
        if self._stage and not self._held_up:
            self._due_timer = self._call_later(self._wait_s(self._stage[0]), self.pump)

    def _holds_up(self, staged: Staged) -> bool:
        """The owner is behind: a paced piece waits until it has caught up, any other until there is room."""
        paced = staged.spoken.outlet.audio.lead_ms is not None
        self._held_up = self._behind > (0 if paced else UNREAD_BYTES)
        return self._held_up

    def _wait_s(self, staged: Staged) -> float:
        """Until the piece may leave: at most `lead_ms` ahead of the play clock."""
        lead_ms = staged.spoken.outlet.audio.lead_ms
        if lead_ms is None or staged.piece is None:
            return 0.0
        return (self._clock.ahead_ms(self._now()) - lead_ms) / 1000

    async def _run(self, spoken: Spoken) -> None:
        handle = spoken.job.handle
        try:
            await self._receive(spoken)
        except UpstreamError as error:
            spoken.error = error
        except Exception:
            log.exception("! speaking a segment broke")
            spoken.error = GatewayError("internal")
        if self._outlets.get(handle) is not spoken.outlet:
            return
        self._running.pop(handle, None)
        self._end(spoken)

    async def _until_room(self) -> None:
        """One future for all who speak: there is one at a time, and a cancelled wait leaves it to the next."""
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._room)

    async def _receive(self, spoken: Spoken) -> None:
        asked_at = self._now()
        first_byte_ms: int | None = None
        async with aclosing(self._upstream.speak(spoken.job.request)) as events:
            async for event in events:
                match event:
                    case base.Audio(data=data, cached=cached):
                        if first_byte_ms is None:
                            first_byte_ms = round((self._now() - asked_at) * 1000)
                            self._begin(spoken, cached=cached)
                        if spoken.waited:
                            self._go(spoken)
                        if not spoken.job.prepare:
                            self._add(spoken, spoken.outlet.form.feed(data))
                        if self._behind > UNREAD_BYTES:
                            await self._until_room()
                    case base.Waiting():
                        self._wait(spoken, event)
                    case base.Retried():
                        self._note(spoken, event)
                    case base.Finished():
                        spoken.finished = event
        if spoken.finished is None:
            raise UpstreamError("upstream_unavailable")
        billed = spoken.finished.billed_characters
        job = spoken.job
        self._report(SegmentReceived(job.handle, job.segment, billed, first_byte_ms, spoken.cached))

    def _wait(self, spoken: Spoken, waiting: base.Waiting) -> None:
        spoken.waited = True
        eta_ms = round(waiting.eta_s * 1000)
        flow = Flow(state="wait", reason="rate", turn=spoken.job.turn, place=waiting.place, eta_ms=eta_ms)
        self._journal.say(spoken.job.handle, flow)

    def _begin(self, spoken: Spoken, *, cached: bool) -> None:
        spoken.cached = cached
        if spoken.outlet.received_at is None:
            spoken.outlet.received_at = self._now()

    def _go(self, spoken: Spoken) -> None:
        spoken.waited = False
        self._journal.say(spoken.job.handle, Flow(state="go", reason="rate", turn=spoken.job.turn))

    def _note(self, spoken: Spoken, retried: base.Retried) -> None:
        message = f"A segment is asked for again after {retried.code}."
        notice = Notice(code="upstream_retry", message=message, turn=spoken.job.turn)
        self._journal.say(spoken.job.handle, notice)

    def _end(self, spoken: Spoken) -> None:
        self._add(spoken, spoken.outlet.form.end_segment())
        self._stage.append(Staged(spoken, None))
        self.pump()

    def _add(self, spoken: Spoken, pieces: list[Piece]) -> None:
        """Straight into the journal where nothing holds the audio up, else onto the stage."""
        outlet = spoken.outlet
        straight = not self._stage and outlet.audio.lead_ms is None
        for piece in pieces:
            self._clock.receive(outlet.handle, piece.samples * 1000 / outlet.audio.rate)
            if straight and self._behind <= UNREAD_BYTES:
                self._play(spoken, piece)
            else:
                straight = False
                self._stage.append(Staged(spoken, piece))
        if self._stage:
            self.pump()

    def _play(self, spoken: Spoken, piece: Piece) -> None:
        outlet = spoken.outlet
        data, samples = piece
        ms = samples * 1000 / outlet.audio.rate
        if spoken.first_audio_at is None:
            self._open(spoken)
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
        voice = job.request.voice
        started = SegmentStarted(
            turn=job.turn,
            segment=job.segment,
            text=job.request.text,
            span=job.span,
            voice_id=voice.timbre_weights[0].voice_id if voice.timbre_weights else voice.voice_id,
            language=job.request.language,
            at_ms=round(outlet.ms),
            cached=spoken.cached,
        )
        self._journal.say(outlet.handle, started)

    def _close(self, spoken: Spoken) -> None:
        """The segment's end, or its failure, after all of its audio."""
        job = spoken.job
        if spoken.error is not None:
            self._report(SegmentFailed(job.handle, job.segment, spoken.ms, spoken.error))
            return
        self._complete_length(spoken)
        if spoken.first_audio_at is not None:
            done = SegmentDone(
                turn=job.turn,
                segment=job.segment,
                bytes=spoken.bytes,
                duration_ms=round(spoken.ms),
                trace_id=spoken.finished.trace_id if spoken.finished else None,
            )
            self._journal.say(job.handle, done)
        delivered = SegmentDelivered(job.handle, job.segment, spoken.bytes, spoken.ms, spoken.first_audio_at)
        self._report(delivered)

    def _complete_length(self, spoken: Spoken) -> None:
        """Of a form whose pieces don't tell how long they play, upstream does."""
        told = spoken.finished.duration_ms if spoken.finished else None
        if told is None or spoken.ms or not spoken.bytes:
            return
        spoken.ms = told
        spoken.outlet.ms += told
        self._clock.receive(spoken.job.handle, told)
        self._clock.hand(spoken.job.handle, told, self._now())
