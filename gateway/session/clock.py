"""The play clock of a track: what its listener has heard by now, as far as one can tell.

Without reports each frame plays at the later of the end of the one before and the time it was handed to the owner's
socket. A report corrects that, and playing goes on from there until the next one. While the track is paused, or nobody
hears, the clock stands still.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class _Line:
    """One turn's audio on the clock, in milliseconds of its own time; `ends_at` in seconds of the clock's time."""

    received_ms: float = 0.0
    sent_ms: float = 0.0
    ends_at: float = 0.0
    reported: bool = False
    over: bool = False


class PlayClock:
    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}
        self._ends_at = 0.0
        self._late_s = 0.0
        """What the clock's time is behind `now`: all that it has stood still."""
        self._stands_at: float | None = None
        self._stops: set[str] = set()
        """Why it stands."""

    def stop(self, why: str, now: float) -> None:
        self._stops.add(why)
        if self._stands_at is None:
            self._stands_at = now - self._late_s

    def go(self, why: str, now: float) -> None:
        """On, unless it stands for another reason too."""
        self._stops.discard(why)
        if self._stands_at is not None and not self._stops:
            self._late_s = now - self._stands_at
            self._stands_at = None

    def state(self, wall: float) -> list[Any] | None:
        """All of it as JSON, at the wall clock's times; None while it knows nothing."""
        if not self._lines and not self._stops:
            return None
        lines = [
            [handle, line.received_ms, line.sent_ms, line.ends_at + wall, line.reported, line.over]
            for handle, line in self._lines.items()
        ]
        stands_at = None if self._stands_at is None else self._stands_at + wall
        return [self._ends_at + wall, self._late_s, stands_at, sorted(self._stops), lines]

    def set(self, state: list[Any], wall: float) -> None:
        ends_at, self._late_s, stands_at, stops, lines = state
        self._ends_at = ends_at - wall
        self._stands_at = None if stands_at is None else stands_at - wall
        self._stops = set(stops)
        self._lines = {
            handle: _Line(received_ms, sent_ms, ends - wall, reported, over)
            for handle, received_ms, sent_ms, ends, reported, over in lines
        }

    def _time(self, now: float) -> float:
        return now - self._late_s if self._stands_at is None else self._stands_at

    def take_back(self, handle: int, ms: float) -> None:
        """So much of what was handed has not arrived; it will be handed again."""
        line = self._lines.get(handle)
        if line is None:
            return
        line.sent_ms -= ms
        line.ends_at -= ms / 1000
        self._ends_at = max(each.ends_at for each in self._lines.values())

    def caught_up(self, handle: int, ms: float) -> None:
        """There is so much of the turn, and all of it was handed."""
        line = self._lines.setdefault(handle, _Line())
        line.received_ms = line.sent_ms = ms

    def left(self, handle: int, ms: float) -> None:
        """So much of the turn is still to be handed; what there was beyond that is lost."""
        line = self._lines.get(handle)
        if line is not None:
            line.received_ms = line.sent_ms + ms

    def receive(self, handle: int, ms: float) -> None:
        """Upstream has given this much, which the listener will hear some time."""
        line = self._lines.get(handle)
        if line is None:
            line = self._lines[handle] = _Line()
        line.received_ms += ms

    def hand(self, handle: int, ms: float, now: float) -> None:
        """This much went to the owner's socket."""
        line = self._lines.get(handle)
        if line is None:
            return
        line.sent_ms += ms
        self._ends_at = line.ends_at = max(self._ends_at, self._time(now)) + ms / 1000

    def report(self, handle: int, played_ms: float, *, ended: bool, now: float) -> None:
        """The client says what its loudspeaker has played."""
        line = self._lines.get(handle)
        if line is None:
            return
        now = self._time(now)
        before, left_ms = line.ends_at, 0.0 if ended else max(0.0, line.sent_ms - played_ms)
        line.ends_at = now + left_ms / 1000
        line.reported = True
        moved = line.ends_at - max(before, now)
        for other in self._lines.values():
            if other is not line and other.ends_at > max(before, now):
                other.ends_at += moved
        self._ends_at = max(each.ends_at for each in self._lines.values())

    def silence(self, now: float) -> None:
        """The client has stopped its loudspeaker: nothing that was sent will be heard any more."""
        now = self._time(now)
        for line in self._lines.values():
            line.ends_at = min(line.ends_at, now)
        self._ends_at = min(self._ends_at, now)

    def finish(self, handle: int, now: float) -> None:
        """All of the turn is on its way; it stays on the clock until it was played."""
        now = self._time(now)
        if handle in self._lines:
            self._lines[handle].over = True
        for old in [key for key, line in self._lines.items() if line.over and line.ends_at < now]:
            if self._lines[old].sent_ms >= self._lines[old].received_ms:
                del self._lines[old]

    def drop(self, handle: int) -> None:
        """The turn was cancelled: what of it was not played will not be."""
        line = self._lines.pop(handle, None)
        if line is not None and line.ends_at >= self._ends_at:
            self._ends_at = max((other.ends_at for other in self._lines.values()), default=0.0)

    def ahead_ms(self, now: float) -> float:
        """How much was handed over and is not played yet."""
        return max(0.0, self._ends_at - self._time(now)) * 1000

    def unheard_ms(self, now: float) -> float:
        """The same with what still waits in the stage and the journal."""
        waiting = [line.received_ms - line.sent_ms for line in self._lines.values() if line.received_ms > line.sent_ms]
        return sum(waiting) + self.ahead_ms(now)

    def sounds(self, handle: int, now: float) -> bool:
        """Something of the turn is still to be heard."""
        line = self._lines.get(handle)
        return line is not None and (line.ends_at > self._time(now) or line.sent_ms < line.received_ms)

    def sent_ms(self, handle: int) -> float:
        line = self._lines.get(handle)
        return line.sent_ms if line else 0.0

    def played_ms(self, handle: int, now: float) -> float:
        line = self._lines.get(handle)
        if line is None:
            return 0.0
        return max(0.0, line.sent_ms - max(0.0, line.ends_at - self._time(now)) * 1000)

    def reported(self, handle: int) -> bool:
        line = self._lines.get(handle)
        return line is not None and line.reported
