"""A running session: its state, journal and speaker, and the inbox in front of them.

All that happens (a message, a report of the speaker, the deadline) goes into one inbox and is handled to its end before
the next: so the session's state has one writer, and nothing overtakes. All of it is synchronous.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from gateway.errors import Closing, GatewayError
from gateway.journal.base import Frame
from gateway.metrics import Metrics
from gateway.protocol.events import Event, TurnAccepted, TurnCancelled, TurnDone, TurnFailed
from gateway.session import inputs
from gateway.session.session import Happening, Session
from gateway.speaker import Speaker, Speaking
from gateway.text.billing import billable

NAMED_TURNS = 1100
"""Turns whose names a late `skipped` may still need."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Owner:
    """The client's own connection, as the conversation needs it."""

    reply: Callable[[Event], None]
    end: Callable[[GatewayError | None], None]


class Conversation:
    """`owner` answers."""

    def __init__(
        self,
        session: Session,
        owner: Owner,
        speaking: Speaking,
        metrics: Metrics,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.session = session
        self.journal = speaking.journal
        self._metrics = metrics
        self._handed_bytes = 0
        self._owner = owner
        self._now = loop.time
        self._call_at = loop.call_at
        self._inbox: list[Happening] = []
        self._handling = False
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        """When it fires."""
        self._names: dict[int, str] = {}
        self.speaker = Speaker(speaking, session.clock, self.post)

    def post(self, event: Happening) -> None:
        """Handle an event, after those that came before it."""
        self._inbox.append(event)
        if self._handling:
            return
        self._handling = True
        try:
            while self._inbox:
                for action in self.session.handle(self._inbox.pop(0), self._now()):
                    self._perform(action)
        except Exception:
            log.exception("! handling an event broke")
            self._owner.end(Closing("internal"))
        finally:
            self._handling = False
        self.speaker.pump()
        self._schedule()

    def handed(self, frame: Frame) -> None:
        """The owner's socket took a frame."""
        now = self._now()
        self._handed_bytes += len(frame.payload)
        self.session.clock.hand(frame.handle, frame.ms, now)
        if not frame.position:
            since = self.speaker.first_received_at(frame.handle)
            self._metrics.waited("frame", now - (since or now))

    def turn_of(self, handle: int) -> str | None:
        return self._names.get(handle)

    def close(self) -> None:
        """The owner is gone: end every turn and stop the clock."""
        self.post(inputs.ConnectionLost())
        self.speaker.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _perform(self, action: inputs.Action) -> None:
        match action:
            case inputs.Reply(event):
                self._owner.reply(event)
            case inputs.Open(handle, event):
                self._name(handle, event)
                self.journal.open(handle, event)
            case inputs.Say(handle, event, terminal):
                self.journal.say(handle, event, terminal=terminal)
                if terminal:
                    self.speaker.forget(handle)
                    self._count(event)
            case inputs.Speak():
                self.speaker.speak(action)
            case inputs.Stop(handle):
                self.speaker.stop(handle)
                self.journal.withdraw(handle)
            case inputs.Close(error):
                self._owner.end(error)
            case _:
                assert_never(action)

    def _count(self, terminal: Event) -> None:
        metrics = self._metrics
        match terminal:
            case TurnDone(usage=usage, timing=timing):
                metrics.ended("done")
                metrics.waited("queue", timing.queued_ms / 1000)
                if timing.first_audio_ms is not None:
                    metrics.waited("total", timing.first_audio_ms / 1000)
                metrics.charged(billed=usage.billed_characters, cached=usage.cached_characters, wasted=0)
            case TurnCancelled(usage=usage, heard=heard) | TurnFailed(usage=usage, heard=heard):
                code = terminal.reason if isinstance(terminal, TurnCancelled) else terminal.error.code
                metrics.ended(terminal.type.removeprefix("turn."), code)
                wasted = max(0, usage.billed_characters - billable(heard.text or ""))
                metrics.charged(billed=usage.billed_characters, cached=usage.cached_characters, wasted=wasted)
        metrics.sent(self._handed_bytes)
        self._handed_bytes = 0

    def _name(self, handle: int, event: TurnAccepted) -> None:
        self._names[handle] = event.turn
        self._names.pop(handle - NAMED_TURNS, None)

    def _schedule(self) -> None:
        """A timer that is early finds nothing to do and is set anew: cheaper than to move it with each event."""
        due = self.session.deadline()
        if due is None or (self._timer is not None and self._due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self._call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.post(inputs.Tick())
