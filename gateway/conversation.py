"""A running session: its state, journal and speaker, and the inbox in front of them.

All that happens (a message, a report of the speaker, the deadline) goes into one inbox and is handled to its end before
the next: so the session's state has one writer, and nothing overtakes. All of it is synchronous.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from gateway.access.costs import Share
from gateway.access.rights import Rights
from gateway.access.tokens import Grant
from gateway.account import Account
from gateway.errors import Closing, GatewayError
from gateway.going_on import go_on
from gateway.journal.base import Frame, frames
from gateway.keeper import Keeper
from gateway.metrics import Metrics
from gateway.outlet import Speaking
from gateway.protocol.events import Event, TurnAccepted, TurnCancelled, TurnDone, TurnFailed
from gateway.session import inputs
from gateway.session.clock import PlayClock
from gateway.session.record import Replayed
from gateway.session.session import Happening, Session
from gateway.speaker import UNREAD_BYTES, Speaker

NAMED_TURNS = 1100
"""Turns of which a late `skipped` may still need the name, or a late frame the clock."""
DETACHED_MS = 30_000
"""While nobody hears, upstream is paused when so much waits to be heard."""
UNHURRIED_S = 1.0
"""While nobody hears, the play clock stands, and what it makes the session wait for does not come nearer."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Owner:
    """The client's own connection, as the conversation needs it. `let_go` stops it from reading on, and says how far in
    the journal it has come.
    """

    reply: Callable[[Event], None]
    end: Callable[[GatewayError | None], None]
    let_go: Callable[[], int]


class Conversation:
    """The owner, where there is one, answers. `over` is told when the session has ended, and why."""

    def __init__(
        self,
        session: Session,
        speaking: Speaking,
        metrics: Metrics,
        account: Account,
        over: Callable[[str], None],
        keeper: Keeper | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.session = session
        self.journal = speaking.journal
        self._metrics = metrics
        self._recordings = speaking.recordings
        self.account = account
        self._handed_bytes = 0
        self._keeper = keeper
        self.owner: Owner | None = None
        self._owner_at = 0
        """How far in the journal the last owner has come."""
        self._unwatch: Callable[[], None] | None = None
        self._over = over
        self._closed = False
        self._now = loop.time
        self._call_at = loop.call_at
        self._inbox: list[Happening] = []
        self._handling = False
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        """When it fires."""
        self._names: dict[int, str] = {}
        self._clocks: dict[int, PlayClock] = {}
        self.speaker = Speaker(speaking, self.post)

    def post(self, event: Happening) -> None:
        """Handle an event, after those that came before it."""
        self._inbox.append(event)
        if self._handling:
            return
        self._handling = True
        try:
            while self._inbox:
                self._handle(self._inbox.pop(0), self._now())
        except Exception:
            log.exception("! handling an event broke")
            self._close(Closing("internal"))
        finally:
            self._handling = False
        self.speaker.pump()
        self._schedule()

    def _handle(self, event: Happening, now: float) -> None:
        if self._keeper is not None:
            self._keeper.told(event, now, self.account)
        for action in self.session.handle(event, now):
            self._perform(action)

    def go_on(self, replayed: Replayed) -> None:
        """Where another process stopped: nobody hears, and all that it said was handed."""
        for opened in replayed.opened.values():
            self._name(opened.handle, opened.event, opened.clock)
        for each, _ in self.session.standing():
            self.account.opened(each.turn, replayed.opened[each.handle].config)
            if (reservation := replayed.reserved.get(each.turn)) is not None:
                self.account.restore(each.turn, reservation)
        go_on(self.speaker, self.journal, replayed)
        self.session.tracks.attend(heard=False, now=replayed.at)
        self._owner_at = self.journal.last_seq
        self._unwatch = self.journal.subscribe(self._watch)
        self._schedule()

    def adopt(self, grant: Grant) -> None:
        """From here on this one pays."""
        self.account.grant = grant
        if self._keeper is not None:
            self._keeper.adopted(grant)

    def renew(self, rights: Rights) -> None:
        """Go on with other rights. Raises `Refused` where the settings are not within them."""
        self.session.renew(rights)
        if self._keeper is not None:
            self._keeper.renewed(self._now())

    def attach(self, owner: Owner, position: int) -> None:
        """The owner has what the journal holds up to `position`. A former one is let go."""
        if self.owner is not None:
            former = self.owner
            self.detach(former)
            former.end(Closing("taken_over"))
        self._unwatched()
        self.owner = owner
        self._settle_at(position)
        self.session.tracks.attend(heard=True, now=self._now())
        self.speaker.taken(self.journal.behind(position))
        self._schedule()

    def detach(self, owner: Owner) -> None:
        """The owner is gone. Turns go on, and the play clock stands."""
        self.owner = None
        self._owner_at = owner.let_go()
        self.session.tracks.attend(heard=False, now=self._now())
        self._unwatch = self.journal.subscribe(self._watch)
        self._watch()
        self._schedule()

    def _watch(self) -> None:
        """Let the speaker go on, as long as not too much waits to be heard; what is paced waits."""
        full = self.session.tracks.unheard_ms(self._now()) > DETACHED_MS
        self.speaker.taken(UNREAD_BYTES + 1 if full else 1)

    def _unwatched(self) -> None:
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None

    def _settle_at(self, position: int) -> None:
        """What went to the last owner's socket behind this position has not arrived. What has arrived went there, also
        where another replica has not said so.
        """
        now, upto = self._now(), max(position, self._owner_at)
        for frame in frames(self.journal, min(position, self._owner_at)):
            if frame.seq > upto:
                return
            if (clock := self._clocks.get(frame.handle)) is None:
                continue
            if position < self._owner_at:
                clock.take_back(frame.handle, frame.ms)
            else:
                clock.hand(frame.handle, frame.ms, now)

    def handed(self, frame: Frame) -> None:
        """The owner's socket took a frame."""
        now = self._now()
        self._handed_bytes += len(frame.payload)
        if (clock := self._clocks.get(frame.handle)) is not None:
            clock.hand(frame.handle, frame.ms, now)
        if not frame.position:
            since = self.speaker.first_received_at(frame.handle)
            self._metrics.waited("frame", now - (since or now))

    def lost(self, to_seq: int) -> None:
        """What the owner had still to be handed up to there is forgotten: nobody waits until it was heard."""
        left: defaultdict[int, float] = defaultdict(float)
        for frame in frames(self.journal, to_seq):
            left[frame.handle] += frame.ms
        for handle, clock in self._clocks.items():
            outlet = self.speaker.sounding(handle)
            clock.left(handle, left[handle] + (outlet.staged_ms if outlet else 0.0))
        self.post(inputs.Tick())

    def turn_of(self, handle: int) -> str | None:
        return self._names.get(handle)

    def drain(self, in_ms: int) -> None:
        """The gateway stops after so long: let what was accepted come to its end."""
        self.speaker.drain()
        self.post(inputs.Drain(in_ms))

    def close(self, error: GatewayError | None = None, *, abandoned: bool = False) -> None:
        """End every turn, let the owner go. What is `abandoned` another process goes on with, and nothing has ended."""
        if self._closed:
            return
        self._closed = True
        if not abandoned:
            self.post(inputs.ConnectionLost())
        self.account.close(abandoned=abandoned)
        self.speaker.close(abandoned=abandoned)
        self._unwatched()
        if self.owner is not None:
            self.owner.end(error)
            self.owner = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _perform(self, action: inputs.Action) -> None:
        match action:
            case inputs.Reply(event):
                if self.owner is not None:
                    self.owner.reply(event)
            case inputs.Open(handle, event, clock, config):
                self._name(handle, event, clock)
                self.account.opened(event.turn, config)
                self.journal.open(handle, event)
            case inputs.Say(handle, event, terminal, shares):
                self.journal.say(handle, event, terminal=terminal)
                if terminal:
                    self.speaker.forget(handle)
                    self.journal.once_kept(partial(self._conclude, self._names.get(handle, ""), event))
                    self._count(event, shares)
            case inputs.Speak():
                self.speaker.speak(action)
            case inputs.Finish(handle):
                self.speaker.finish(handle)
            case inputs.Stop(handle):
                self.speaker.stop(handle)
                self.journal.withdraw(handle)
            case inputs.Hold(handle) | inputs.Release(handle):
                self.speaker.hold(handle, held=isinstance(action, inputs.Hold))
            case inputs.Close(error):
                self._close(error)
            case _:
                assert_never(action)

    def _close(self, error: GatewayError | None) -> None:
        """The connection's end; the session's too after a bye, when it broke, and when nobody is there."""
        if self.owner is None or error is None or error.code == "internal":
            self._over(error.code if error else "client")
        if self.owner is not None:
            self.owner.end(error)

    def _conclude(self, turn: str, terminal: Event, kept: bool) -> None:
        if kept:
            self._recordings.conclude(self.session.id, turn, terminal)

    def _count(self, terminal: Event, shares: Sequence[Share]) -> None:
        metrics = self._metrics
        match terminal:
            case TurnDone(timing=timing):
                metrics.ended("done")
                metrics.waited("queue", timing.queued_ms / 1000)
                if timing.first_audio_ms is not None:
                    metrics.waited("total", timing.first_audio_ms / 1000)
                self.journal.once_kept(self.account.ended(terminal, shares))
            case TurnCancelled() | TurnFailed():
                code = terminal.reason if isinstance(terminal, TurnCancelled) else terminal.error.code
                metrics.ended(terminal.type.removeprefix("turn."), code)
                self.journal.once_kept(self.account.ended(terminal, shares))
        metrics.sent(self._handed_bytes)
        self._handed_bytes = 0

    def _name(self, handle: int, event: TurnAccepted, clock: PlayClock) -> None:
        self._names[handle] = event.turn
        self._clocks[handle] = clock
        self._names.pop(handle - NAMED_TURNS, None)
        self._clocks.pop(handle - NAMED_TURNS, None)

    def _schedule(self) -> None:
        """A timer that is early finds nothing to do and is set anew: cheaper than to move it with each event."""
        due = None if self._closed else self.session.deadline()
        if due is not None and self.owner is None:
            due = max(due, self._now() + UNHURRIED_S)
        if due is None or (self._timer is not None and self._due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self._call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.post(inputs.Tick())
