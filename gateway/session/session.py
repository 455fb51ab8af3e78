"""A conversation as plain code: `handle(event, now) -> actions`. It never awaits, reads no clock and logs nothing.

Nothing a client says raises: it is validated first, then changes state or is answered with an error. `deadline()` says
when the session wants a `Tick` although nothing happened.
"""

import dataclasses
import weakref
from collections.abc import Sequence
from typing import Self, assert_never

from gateway.access.rights import ALL, Rights
from gateway.errors import Closing, Refused
from gateway.protocol.casting import NO_ALIASES, Aliases
from gateway.protocol.config import Config
from gateway.protocol.events import Goaway, Notice, Pong, Terminal, TurnAccepted, TurnDone, refusal
from gateway.protocol.frames import payload_limit
from gateway.protocol.messages import (
    FRAME_BYTES,
    Bye,
    ClientMessage,
    Configure,
    Hello,
    LongformFollow,
    Options,
    Ping,
    Playback,
    Speak,
    TurnAppend,
    TurnCancel,
    TurnCommit,
    TurnFlush,
    TurnOpen,
    TurnPause,
    TurnResume,
)
from gateway.protocol.patches import understood
from gateway.session.bounds import MOST_TURNS, check_cues, check_text
from gateway.session.clock import PlayClock
from gateway.session.inputs import (
    Action,
    Close,
    ConnectionLost,
    Drain,
    Open,
    Reply,
    Report,
    SegmentDelivered,
    SegmentFailed,
    SegmentReceived,
    Tick,
    TurnDelivered,
)
from gateway.session.past import Ended, Past
from gateway.session.rest import Rest
from gateway.session.settled import Settled, own
from gateway.session.track import Track
from gateway.session.tracks import Tracks
from gateway.session.turn import Turn, digest
from gateway.text.billing import worth
from gateway.text.script import Manner

SESSION_IDLE_S = 300.0

_OWN = ("voice", "language", "audio", "text_rules", "labels")
"""Settings a turn may have for itself."""


Happening = ClientMessage | Report | Tick | ConnectionLost | Drain


class Session:
    def __init__(
        self,
        hello: Hello,
        now: float,
        name: str = "",
        rights: Rights = ALL,
        *,
        caching: bool = False,
        aliases: Aliases = NO_ALIASES,
    ) -> None:
        """Raises `Refused` when the hello's config cannot be honoured."""
        self.id = name
        self._caching = caching
        given, self.ignored = understood(hello.config or {})
        self._settled = Settled(given, rights, aliases, payload_limit(hello.max_frame_bytes or FRAME_BYTES))
        self.last_n = hello.n
        me, settings = weakref.proxy(self), self._settled.of  # no cycle: those are rarely looked for

        def remember(turn: Turn, terminal: Terminal) -> None:
            me.remember(turn, terminal)

        self.tracks = Tracks(lambda track, legacy: Track(track, name, settings, remember, legacy))
        self._turns: dict[str, Turn] = {}
        self.past = Past()
        self._draining = False
        self._handles = 0
        self._idle_since = now
        self._now = now

    @classmethod
    def risen(cls, rest: Rest, now: float, name: str, *, caching: bool = False, aliases: Aliases = NO_ALIASES) -> Self:
        """One that goes on from its rest. Raises `Refused` when the settings cannot be honoured here."""
        hello = Hello(config=rest.given, n=rest.last_n)
        session = cls(hello, now, name, rest.rights, caching=caching, aliases=aliases)
        session.ignored, session._handles = rest.ignored, rest.handles
        session.tracks.restore(rest.languages, rest.legacy)
        return session

    @property
    def config(self) -> Config:
        return self._settled.config

    @property
    def rights(self) -> Rights:
        return self._settled.rights

    def renew(self, rights: Rights) -> None:
        """Go on with other rights. Raises `Refused` when the settings are not within them."""
        self._settled.renew(rights)

    @property
    def silent(self) -> bool:
        """No turn speaks or waits."""
        return not self._turns

    def handle(self, event: Happening, now: float) -> list[Action]:
        self._now = now
        try:
            return self._handled(event)
        except Refused as refused:
            refused.re, refused.turn = getattr(event, "id", None), getattr(event, "turn", None)
            return [Reply(refusal(refused))]

    def written(self, turn_id: str) -> int | None:
        """What the text of a turn is worth so far; 0 for one that has ended, None for one that is not known."""
        turn = self._turns.get(turn_id)
        return turn.worth if turn else None if self.past.get(turn_id) is None else 0

    def standing(self) -> list[tuple[TurnAccepted, int]]:
        """The turns that have not ended, and how many code points of each have come."""
        return [(self._state(turn, None), len(turn.source)) for turn in self._turns.values()]

    def deadline(self) -> float | None:
        return self.tracks.deadline() if self._turns else self._idle_since + SESSION_IDLE_S

    def _handled(self, event: Happening) -> list[Action]:
        match event:
            case Tick():
                return self._tick()
            case ConnectionLost():
                return self._cancel_running(list(self.tracks), "session_end")
            case Drain():
                return self._drain(event)
            case SegmentReceived() | SegmentDelivered() | SegmentFailed() | TurnDelivered():
                return self.tracks.report(event, self._now)
            case _:
                return self._said(event)

    def _said(self, message: ClientMessage) -> list[Action]:
        if message.n is not None:
            if self.last_n is not None and message.n <= self.last_n:
                return []
            self.last_n = message.n
        match message:
            case Hello() | LongformFollow():
                raise Refused("bad_request", f"{message.type} is not for a running session.", field="type")
            case Configure():
                settled = self._settled.configure(message, self._turns.values())
                return [Reply(settled), *self.tracks.advance(self._now)]
            case Speak() | TurnOpen():
                return self._open(message)
            case TurnAppend():
                return self._append(message)
            case TurnFlush() | TurnCommit():
                return self._border(message)
            case TurnCancel():
                return self._cancel(message)
            case TurnPause() | TurnResume():
                return self._pause(message)
            case Playback():
                return self._playback(message)
            case Ping():
                return [Reply(Pong(t=message.t, last_n=self.last_n, re=message.id))]
            case Bye():
                return [*self._cancel_all(list(self.tracks), "session_end"), Close()]
        assert_never(message)

    # Turns

    def _open(self, message: Speak | TurnOpen) -> list[Action]:
        known = self._known(message)
        if known is not None:
            return [Reply(known)]
        if self._draining:
            raise Refused("draining")
        track = self.tracks.found(message.track, self._now)
        if track.turns and message.when_busy == "queue" and self._waiting >= MOST_TURNS:
            raise Refused("too_many_turns", f"At most {MOST_TURNS} turns may wait.", field="turn")
        turn = self._made(message, track)
        self.tracks.take(track, self._now)
        busy = message.when_busy if track.busy(self._now) else None
        actions = self._cancel_all([track], "superseded") if busy == "replace" else []
        self._turns[turn.id] = turn
        track.add(turn, self._now)
        actions.append(Open(turn.handle, self._state(turn, message.id), track.clock, turn.config))
        if isinstance(message, Speak):
            turn.append(message.text, {}, self._now)
            turn.commit(self._now)
        if busy == "drop":
            actions += track.cancel(turn, "dropped", self._now)
        return actions + track.advance(self._now)

    @property
    def _waiting(self) -> int:
        return sum(not turn.active for turn in self._turns.values())

    @property
    def _held(self) -> int:
        return sum(turn.held for turn in self._turns.values())

    def _made(self, message: Speak | TurnOpen, track: Track) -> Turn:
        if message.prepare and not self._caching:
            raise Refused("bad_request", "prepare needs a gateway with a cache.", field="prepare")
        given = own({name: getattr(message, name) for name in _OWN})
        config = self._settled.beside(given)
        if isinstance(message, Speak):
            check_text(message.text, "", self._held, config)
        self.rights.check_turn(worth(message.text, config.text_rules.emoji) if isinstance(message, Speak) else 0)
        self._handles += 1
        patch = {name: value for name, value in given.items() if name != "audio"}
        return Turn(message, self._handles, track.clock, config, patch, track.language, self._now)

    def _state(self, turn: Turn, re: str | None, *, repeated: bool | None = None) -> TurnAccepted:
        track = self.tracks[turn.track]
        place = track.turns.index(turn)
        return TurnAccepted(
            turn=turn.id,
            handle=turn.handle,
            track=track.name,
            state="active" if turn.active else "queued",
            position=place,
            eta_ms=None if turn.active else track.eta_ms(place, self._now),
            re=re,
            repeated=repeated,
        )

    def _known(self, message: Options) -> TurnAccepted | Terminal | None:
        """The state of a turn that was asked for before in the same words."""
        turn, ended = self._turns.get(message.turn), self.past.get(message.turn)
        known = turn or ended
        if known is None:
            return None
        if known.digest != digest(message):
            raise Refused("turn_exists", field="turn")
        if turn is not None:
            return self._state(turn, message.id, repeated=True)
        assert ended is not None  # noqa: S101 - one of the two is known
        return dataclasses.replace(ended.terminal, re=message.id, repeated=True)

    def _append(self, message: TurnAppend) -> list[Action]:
        turn = self._writable(message.turn)
        if message.text is not None:
            self.rights.check_turn(turn.worth + worth(message.text, turn.config.text_rules.emoji))
            check_text(message.text, turn.source, self._held, turn.config)
            turn.append(message.text, self._manner(turn, message), self._now)
            return self.tracks[turn.track].advance(self._now)
        check_cues(turn.cues)
        if message.mark is not None:
            turn.mark(message.mark, self._now)
        elif message.pause_ms is not None:
            turn.pause(message.pause_ms, self._now)
        return self.tracks[turn.track].advance(self._now)

    def _manner(self, turn: Turn, message: TurnAppend) -> Manner:
        """What the message says of its own text."""
        manner = own({name: getattr(message, name) for name in ("voice", "language")})
        if manner:
            self._settled.of(turn, manner)
        return manner

    def _border(self, message: TurnFlush | TurnCommit) -> list[Action]:
        turn = self._writable(message.turn)
        if isinstance(message, TurnFlush):
            check_cues(turn.cues)
            turn.flush(message.id, self._now)
        else:
            turn.commit(self._now)
        return self.tracks[turn.track].advance(self._now)

    def _writable(self, turn_id: str) -> Turn:
        turn = self._running(turn_id)
        if turn.committed:
            raise Refused("turn_closed", field="turn")
        return turn

    def _running(self, turn_id: str) -> Turn:
        turn = self._turns.get(turn_id)
        if turn is None:
            raise Refused("unknown_turn" if self.past.get(turn_id) is None else "turn_closed", field="turn")
        return turn

    def _cancel(self, message: TurnCancel) -> list[Action]:
        if message.turn is None:
            return self._cancel_all(self.tracks.named(message.track), message.reason, message.id)
        turn = self._turns.get(message.turn)
        if turn is None:
            return self._cancel_ended(message.turn, message)
        track = self.tracks[turn.track]
        cancelled = track.cancel(turn, message.reason, self._now, played_ms=message.played_ms, re=message.id)
        return cancelled + track.advance(self._now)

    def _cancel_ended(self, turn_id: str, message: TurnCancel) -> list[Action]:
        """Its terminal again, with what was heard of it while it still sounds; the rest counts as silenced."""
        ended = self.past.get(turn_id)
        if ended is None:
            raise Refused("unknown_turn", field="turn")
        again = self.past.again(turn_id, message.played_ms, message.id, self._now)
        ended.clock.report(ended.handle, message.played_ms or 0, ended=True, now=self._now)
        return [Reply(again), *self.tracks.advance(self._now)]

    def _cancel_running(self, tracks: Sequence[Track], reason: str, re: str | None = None) -> list[Action]:
        """The waiting ones first, so that none becomes active in between."""
        turns = [(track, turn) for track in tracks for turn in reversed(track.turns)]
        return [action for track, turn in turns for action in track.cancel(turn, reason, self._now, re=re)]

    def _cancel_all(self, tracks: Sequence[Track], reason: str, re: str | None = None) -> list[Action]:
        """Those that still sound, too."""
        actions = self._cancel_running(tracks, reason, re)
        for turn in self.past.sounding(self._now, [track.clock for track in tracks]):
            again = self.past.again(turn.id, None, re, self._now)
            actions += [Reply(again)] if isinstance(again, TurnDone) else []
        for track in tracks:
            track.clock.silence(self._now)
        if not actions and re is not None:
            return [Reply(Notice(code="nothing_to_cancel", message="No turn speaks or waits.", re=re))]
        return actions

    def _pause(self, message: TurnPause | TurnResume) -> list[Action]:
        actions: list[Action] = []
        for turn in self._meant(message):
            track = self.tracks[turn.track]
            change = track.pause if isinstance(message, TurnPause) else track.resume
            actions += change(turn, self._now, message.id)
        return actions + self.tracks.advance(self._now)

    def _meant(self, message: TurnPause | TurnResume) -> list[Turn]:
        if message.turn is None:
            turns = [turn for track in self.tracks.named(message.track) for turn in track.turns]
            if not turns:
                raise Refused("unknown_turn", "No turn speaks or waits on this track.", field="track")
            return turns
        return [self._running(message.turn)]

    def _playback(self, message: Playback) -> list[Action]:
        turn = self._turns.get(message.turn) or self.past.get(message.turn)
        if turn is None:
            raise Refused("unknown_turn", field="turn")
        turn.clock.report(turn.handle, message.played_ms, ended=message.state == "ended", now=self._now)
        return self.tracks.advance(self._now)

    # Going on elsewhere

    def rest(self, now: float) -> Rest | None:
        """What there is to know of it while no turn runs and nothing sounds; None otherwise."""
        if self._turns or self.past.sounding(now):
            return None
        settled, tracks = self._settled, self.tracks
        told = tracks.languages(), sorted(tracks.legacy)
        return Rest(settled.given, self.ignored, settled.rights, self.last_n, self._handles, *told)

    def recall(self, turn: str, digest: bytes, handle: int, terminal: Terminal, at: float) -> None:
        """A turn that had ended."""
        self.past.recall(turn, Ended(digest, handle, PlayClock(), terminal, at))

    def carry_on(self) -> None:
        """It was told again by a gateway that does not stop."""
        self._draining = False
        self.tracks.carry_on()

    # Time

    def _tick(self) -> list[Action]:
        if not self._turns and self._now >= self._idle_since + SESSION_IDLE_S:
            self._idle_since = self._now  # the session may be resumed
            return [Close(Closing("idle"))]
        return self.tracks.advance(self._now)

    def _drain(self, drain: Drain) -> list[Action]:
        self._draining = True
        self.tracks.drain()
        return [Reply(Goaway(reason="drain", in_ms=drain.in_ms)), *self.tracks.advance(self._now)]

    def remember(self, turn: Turn, terminal: Terminal) -> None:
        """The turn has ended."""
        del self._turns[turn.id]
        self.past.add(turn, terminal, self._now)
        self._idle_since = self._now
