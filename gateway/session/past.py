"""The turns that have ended: their ids stay known, and what was heard of those that still sound."""

import dataclasses
from collections import OrderedDict
from collections.abc import Container
from itertools import islice

from gateway.protocol.events import Terminal, TurnDone
from gateway.session.clock import PlayClock
from gateway.session.turn import Turn

REMEMBERED_TURNS = 1024
REMEMBERED_S = 600.0


@dataclasses.dataclass(frozen=True, slots=True)
class Ended:
    digest: bytes
    handle: int
    clock: PlayClock
    terminal: Terminal
    at: float


class Past:
    def __init__(self) -> None:
        self.ended = 0
        """Turns so far."""
        self._ended: OrderedDict[str, Ended] = OrderedDict()
        self._sounding: dict[str, Turn] = {}
        """Ended, but not played to their end."""

    def get(self, turn_id: str) -> Ended | None:
        return self._ended.get(turn_id)

    def add(self, turn: Turn, terminal: Terminal, now: float) -> None:
        self.ended += 1
        self._ended[turn.id] = Ended(turn.digest, turn.handle, turn.clock, terminal, now)
        self._sounding[turn.id] = turn
        self.sounding(now)
        self._forget(now)

    def _forget(self, now: float) -> None:
        """The oldest beyond the bounds; what still sounds stays known, so that it can be told again."""
        while (oldest := next((name for name in self._ended if name not in self._sounding), None)) is not None:
            silent = len(self._ended) - len(self._sounding)
            if silent <= REMEMBERED_TURNS and self._ended[oldest].at >= now - REMEMBERED_S:
                return
            del self._ended[oldest]

    def behind(self, number: int) -> list[tuple[str, Ended]]:
        """Those that have ended after so many others, as far as they are known."""
        return list(islice(reversed(self._ended.items()), self.ended - number))[::-1]

    def recall(self, turn_id: str, ended: Ended) -> None:
        """One that ended before, and does not sound any more."""
        self._ended[turn_id] = ended

    def sounding(self, now: float, clocks: Container[PlayClock] | None = None) -> list[Turn]:
        """Ended turns of which something is still to be heard, on these clocks or on all."""
        self._sounding = {name: turn for name, turn in self._sounding.items() if turn.clock.sounds(turn.handle, now)}
        return [turn for turn in self._sounding.values() if clocks is None or turn.clock in clocks]

    def again(self, turn_id: str, played_ms: float | None, re: str | None, now: float) -> Terminal:
        """The terminal of a turn that is known, with what was heard of it while it still sounds."""
        again = dataclasses.replace(self._ended[turn_id].terminal, re=re, repeated=True)
        self.sounding(now)
        turn = self._sounding.get(turn_id)
        if turn is None or not isinstance(again, TurnDone):
            return again
        heard, unheard, _ = turn.heard(played_ms, now)
        return dataclasses.replace(again, heard=heard, unheard=unheard)
