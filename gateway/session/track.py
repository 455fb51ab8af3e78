"""One mouth: its turns queue, the first is active, and its next segment is asked for when the listener will need it.

A paused turn holds the queue up behind it, so that turns are heard in their order; only one of higher priority goes
before a turn that waits.

Asking late is the point: what is interrupted before it was asked for costs nothing, and text that keeps streaming in
packs into longer, cheaper segments.
"""

from collections.abc import Callable
from typing import Any

from gateway.audio.formats import upstream_format
from gateway.errors import GatewayError, Refused
from gateway.protocol.config import Config
from gateway.protocol.events import (
    Event,
    Mark,
    Notice,
    Terminal,
    TurnCancelled,
    TurnDone,
    TurnFailed,
    TurnFlushed,
    TurnPaused,
    TurnResumed,
    fault,
)
from gateway.session.clock import PlayClock
from gateway.session.division import Segment
from gateway.session.inputs import (
    Action,
    Finish,
    Hold,
    Release,
    Reply,
    Report,
    Say,
    SegmentDelivered,
    SegmentFailed,
    SegmentReceived,
    Speak,
    Stop,
    TurnDelivered,
    Wanted,
)
from gateway.session.turn import Asked, Turn
from gateway.text.script import Manner, Pause
from gateway.text.segmenter import Urgency
from gateway.upstreams.base import Request
from gateway.upstreams.t2a.offer import MODELS

PRESSING_MS = 2000
"""With less unheard audio than this the next segment is asked for even if it is short."""
LEAST_WAIT_S = 0.02
SILENCE_S = 0.7
"""Held text is spoken at a word border after this long without more of it."""
_CHARACTER_MS = 70.0
"""Of held text, for estimates of when a turn comes."""


class Track:
    def __init__(
        self,
        name: str,
        session: str,
        settings: Callable[[Turn, Manner], Config],
        ended: Callable[[Turn, Terminal], None],
        legacy: set[str],
    ) -> None:
        """`legacy`: the models of which the client was told that they are, on any track."""
        self.name = name
        self._session = session
        self.turns: list[Turn] = []
        """The active one, if there is one, then those that wait."""
        self.draining = False
        """The gateway stops: what was accepted is asked for as fast as it can be sent."""
        self.clock = PlayClock()
        self._settings = settings
        self._ended = ended
        self._legacy = legacy
        self.language: str | None = None
        """What its last turn was heard in at its end."""
        self._wake: float | None = None

    @property
    def active(self) -> Turn | None:
        first = self.turns[0] if self.turns else None
        return None if first is None or first.active_at is None else first

    def busy(self, now: float) -> bool:
        """A turn speaks, waits or is still to be heard."""
        return bool(self.turns) or self.clock.unheard_ms(now) > 0

    def deadline(self) -> float | None:
        due = self._wake
        for turn in self.turns:
            ends_at = turn.deadline()
            if ends_at is not None and (due is None or ends_at < due):
                due = ends_at
        return due

    def eta_ms(self, place: int, now: float) -> int:
        """Until the turn at this place may speak: what is unheard, and what the turns before it still hold."""
        held = sum(turn.held for turn in self.turns[:place])
        return round(self.clock.unheard_ms(now) + held * _CHARACTER_MS)

    def add(self, turn: Turn, now: float) -> None:
        """Behind those of its priority."""
        places = (place for place, each in enumerate(self.turns) if not each.active and each.priority < turn.priority)
        self.turns.insert(next(places, len(self.turns)), turn)
        self._activate(now)

    def advance(self, now: float) -> list[Action]:
        """Give up what has become stale, ask for what is due, end what is complete."""
        actions: list[Action] = []
        for each in list(self.turns):
            if reason := each.given_up(now):
                actions += self.cancel(each, reason, now)
        self._wake = None
        while (turn := self._activate(now)) is not None:
            actions += self._passed(turn)
            if turn.streaming or turn.paused_at is not None:
                break
            if turn.held and turn.refused is None:
                asked = self._ask(turn, now)
                if not asked:
                    break
                actions += asked
            elif (turn.committed or turn.refused) and turn.delivered:
                ended = self._finish(turn, now)
                if not ended:
                    break
                actions += ended
            else:
                break
        return actions

    def _activate(self, now: float) -> Turn | None:
        """The active turn: the first that waits, where none is and that one is not paused."""
        first = self.turns[0] if self.turns else None
        if first is None or first.active_at is not None:
            return first
        if first.paused_at is None:
            first.active_at = now
            return first
        return None

    def report(self, report: Report, now: float) -> list[Action]:
        """Take what the speaker says of a segment; one about a turn that has ended means nothing."""
        turn = self.active
        if turn is None or turn.handle != report.handle:
            return []
        match report:
            case SegmentReceived():
                turn.receive(report)
            case SegmentDelivered():
                turn.deliver(report)
            case TurnDelivered():
                turn.asked[-1].bytes += report.bytes
                turn.file, turn.held_back = report.file, False
            case SegmentFailed():
                turn.deliver(report)
                return [*self._fail(turn, report.error, now), *self.advance(now)]
        return self.advance(now)

    def cancel(
        self, turn: Turn, reason: str, now: float, *, played_ms: float | None = None, re: str | None = None
    ) -> list[Action]:
        """End a turn for another reason than its text; nothing of it follows."""
        heard, unheard, sent_ms = turn.heard(played_ms, now)
        terminal = TurnCancelled(
            turn=turn.id,
            reason=reason,
            heard=heard,
            unheard=unheard,
            sent_ms=sent_ms,
            usage=turn.usage(),
            re=re,
        )
        return [Stop(turn.handle), *self._end(turn, terminal, now)]

    def pause(self, turn: Turn, now: float, re: str | None = None) -> list[Action]:
        """An active turn stays where it is, sound and play clock; one that waits does not become active."""
        again = turn.paused_at is not None
        if turn.active:
            self.clock.stop("paused", now)
        paused = TurnPaused(turn=turn.id, at_ms=self._at_ms(turn, now), re=re, repeated=again or None)
        if again:
            return [Reply(paused)]
        turn.paused_at = now
        return [Hold(turn.handle), Say(turn.handle, paused)]

    def resume(self, turn: Turn, now: float, re: str | None = None) -> list[Action]:
        again = turn.paused_at is None
        resumed = TurnResumed(turn=turn.id, at_ms=self._at_ms(turn, now), re=re, repeated=again or None)
        if again:
            return [Reply(resumed)]
        if turn.active:
            self.clock.go("paused", now)
        turn.paused_at, turn.touched_at = None, now
        return [Say(turn.handle, resumed), Release(turn.handle)]

    def _at_ms(self, turn: Turn, now: float) -> int:
        return round(self.clock.played_ms(turn.handle, now))

    def _ask(self, turn: Turn, now: float) -> list[Action]:
        """Ask for the turn's next segment, if it is due; nothing otherwise."""
        unheard = 0.0 if self.draining else self.clock.unheard_ms(now)
        if unheard > turn.audio.lookahead_ms:
            self._wake = now + max(LEAST_WAIT_S, (unheard - turn.audio.lookahead_ms) / 1000)
            return []
        try:
            asked = turn.take(self._urgency(turn, unheard, now), lambda manner: self._settings(turn, manner))
        except Refused as refused:
            turn.refused = refused
            return self._finish(turn, now) if turn.delivered else []
        if asked is None:
            return self._passed_over(turn)
        self._wake = None
        return self._speak(turn, asked)

    def _passed_over(self, turn: Turn) -> list[Action]:
        """What made no sound is not held any more; the flushes behind it may be answered."""
        return [] if turn.held else self._passed(turn)

    def _urgency(self, turn: Turn, unheard_ms: float, now: float) -> Urgency:
        pressing = min(PRESSING_MS, turn.audio.lookahead_ms)
        silent_at = turn.touched_at + SILENCE_S
        if unheard_ms > pressing:
            self._wake = now + (unheard_ms - pressing) / 1000
            return Urgency.PACK
        if now >= silent_at:
            return Urgency.WORD
        self._wake = silent_at
        return Urgency.SENTENCE

    def _speak(self, turn: Turn, asked: Asked) -> list[Action]:
        number = len(turn.asked) - 1
        part, marks = asked.part, () if turn.prepare else asked.marks
        if isinstance(part, Pause):
            wanted = Wanted(asked.times, lambda _start, _end: asked.span, marks=marks)
            return [self._job(turn, number, asked.span, wanted, pause_ms=part.ms)]
        config = part.config
        wanted = Wanted(asked.times, part.place, config.captions == "words", config.lip, marks)
        request = Request(
            part.text,
            part.cast.voice,
            part.language,
            upstream_format(turn.audio, modified=part.cast.voice.voice_modify is not None),
            session=self._session,
            first=number == 0,
            words=wanted.captions or wanted.lip or bool(wanted.marks),
        )
        job = self._job(turn, number, asked.span, wanted, request=request, voice_id=part.cast.voice_id)
        return [*self._aged(turn, part), *self._replacement(turn, part), job]

    def _job(self, turn: Turn, number: int, span: tuple[int, int], wanted: Wanted, **what: Any) -> Speak:
        return Speak(turn.handle, turn.id, number, span, turn.audio, turn.prepare, wanted, self.clock, **what)

    def _aged(self, turn: Turn, segment: Segment) -> list[Action]:
        """Say once a session that the model which was asked for is a legacy one."""
        name = segment.lacking or segment.cast.voice.model
        model = MODELS[name]
        if model.status != "legacy" or name in self._legacy:
            return []
        self._legacy.add(name)
        message = f"{name} is a legacy model; {model.successor} is its successor."
        return [Say(turn.handle, Notice(code="legacy_model", message=message, turn=turn.id))]

    def _replacement(self, turn: Turn, segment: Segment) -> list[Action]:
        """Say once a turn that another model speaks, where the chosen one lacks the language."""
        lacking, language = segment.lacking, segment.language
        if lacking is None or (lacking, language) in turn.replaced:
            return []
        turn.replaced.add((lacking, language))
        message = f"{lacking} does not speak {language}; {segment.cast.voice.model} does in its place."
        return [Say(turn.handle, Notice(code="voice_fallback", message=message, turn=turn.id))]

    def _passed(self, turn: Turn) -> list[Action]:
        """Answer flushes and tell marks behind all that was said."""
        if not (turn.marks or turn.flushes):
            return []
        at_ms = round(turn.duration_ms)
        said: list[Event] = [Mark(turn=turn.id, name=name, at_ms=at_ms) for name in turn.passed()]
        said += [TurnFlushed(turn=turn.id, at_ms=round(at_ms), re=flush.re) for flush, at_ms in turn.flushed()]
        return [Say(turn.handle, event) for event in said]

    def _finish(self, turn: Turn, now: float) -> list[Action]:
        """End a turn that was delivered, when also what its form holds back was."""
        if turn.held_back and turn.asked:
            if turn.finishing:
                return []
            turn.finishing = True
            return [Finish(turn.handle)]
        return self._fail(turn, turn.refused, now) if turn.refused else self._end(turn, self._done(turn, now), now)

    def _fail(self, turn: Turn, error: GatewayError, now: float) -> list[Action]:
        heard, unheard, sent_ms = turn.heard(None, now)
        terminal = TurnFailed(
            turn=turn.id,
            error=fault(error),
            heard=heard,
            unheard=unheard,
            sent_ms=sent_ms,
            usage=turn.usage(),
        )
        return self._end(turn, terminal, now)

    def _done(self, turn: Turn, now: float) -> TurnDone:
        return TurnDone(
            turn=turn.id,
            bytes=sum(asked.bytes for asked in turn.asked),
            duration_ms=round(turn.duration_ms),
            usage=turn.usage(),
            timing=turn.timing(now),
            file=turn.file,
        )

    def _end(self, turn: Turn, terminal: Terminal, now: float) -> list[Action]:
        self.turns.remove(turn)
        if turn.active:
            self.clock.go("paused", now)
        if isinstance(terminal, TurnCancelled):
            self.clock.drop(turn.handle)
        else:
            self.clock.finish(turn.handle, now)
        self.language = turn.language
        self._ended(turn, terminal)
        return [Say(turn.handle, terminal, terminal=True, shares=turn.shares())]
