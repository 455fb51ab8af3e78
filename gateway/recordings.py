"""The audio of turns as it came from upstream, kept for a while: upstream gives it only once. And how it was asked for.

Payloads are the journal's own, not copies. A turn's segments are apart, so that each can be found by its trace ids:
from the moment when upstream tells one, also of attempts that failed.
What is not kept any more, a turn that still plays must not hold either.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import nlargest

from gateway.protocol.config import Audio
from gateway.protocol.encoding import encode_without_texts
from gateway.protocol.events import Event
from gateway.take import Take

TURN_BYTES, TAKE_BYTES, PIECE_BYTES = 1000, 1000, 50
"""What a turn, a segment and each of its payloads count beside their audio: so much they take."""
TROUBLED_S = 3600.0
"""What failed is looked for later than by the client that heard it."""


@dataclass(slots=True)
class Recording:
    """One turn. `opens`: whether a resume token opens it."""

    session: str
    turn: str
    audio: Audio
    opens: Callable[[str], bool]
    takes: dict[int, Take] = field(default_factory=dict)
    traces: set[str] = field(default_factory=set)
    """All ids by which it is found."""
    counted: int = 0
    """Bytes, of all that it takes."""
    ended_at: float | None = None
    terminal: bytes | None = None
    """JSON, as its client was told, without texts."""
    abandoned: bool = False
    """Another process goes on with it, and keeps what comes of it."""

    @property
    def troubled(self) -> bool:
        return any(take.troubled for take in self.takes.values())

    def take(self, segment: int) -> Take:
        if segment not in self.takes:
            self.takes[segment] = Take(segment)
        return self.takes[segment]


Key = tuple[str, str]


class Recordings:
    """Keeps a turn for `window_s` after its end, one in trouble for an hour, and all together about `most` bytes; the
    oldest goes first. Without a window nothing is kept.
    """

    def __init__(self, window_s: float, most: int) -> None:
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._call_at = loop.call_at
        self._window_s = window_s
        self._most = most
        self.bytes = 0
        """Of all that is kept."""
        self._kept: OrderedDict[Key, Recording] = OrderedDict()
        self._traces: dict[str, tuple[Recording, Take]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, session: str, opens: Callable[[str], bool], turn: str, audio: Audio) -> Recording:
        recording = Recording(session, turn, audio, opens)
        if self._window_s:
            self._forget((session, turn))
            self._kept[session, turn] = recording
            self._count(recording, TURN_BYTES)
        return recording

    def trace(self, recording: Recording, take: Take, trace_id: str) -> None:
        """Upstream has named what it is about to say."""
        take.trace_id = trace_id
        if self._keeps(recording):
            self._index(recording, take)

    def finish(self, recording: Recording, take: Take, kept: bool = True) -> None:
        """All of a segment has come, or what was held back of it. `kept`: the journal has what was said by then."""
        recording.abandoned = recording.abandoned or not kept
        if not self._keeps(recording):
            take.parts.clear()
            return
        self._index(recording, take)
        size = TAKE_BYTES + sum(map(len, take.parts)) + PIECE_BYTES * len(take.parts) - take.counted
        take.counted += size
        self._count(recording, size)

    def end(self, recording: Recording) -> None:
        """The turn has ended; from here on its time runs."""
        recording.ended_at = self._now()
        key = recording.session, recording.turn
        if self._keeps(recording):
            self._kept.move_to_end(key)
            if self._timer is None:
                self._timer = self._call_at(recording.ended_at + self._window_s, self._expire)

    def conclude(self, session: str, turn: str, terminal: Event) -> None:
        """How a turn has ended."""
        recording = self._kept.get((session, turn))
        if recording is not None:
            recording.terminal = encode_without_texts(terminal)
            self._count(recording, len(recording.terminal))

    async def find(self, session: str, turn: str) -> Recording | None:
        return self._kept.get((session, turn))

    async def traced(self, trace_id: str) -> tuple[Recording, Take] | None:
        return self._traces.get(trace_id)

    def troubled(self, most: int) -> list[tuple[Recording, Take]]:
        """Segments of this process's turns that failed or were asked for again, the newest first."""
        takes = ((recording, take) for recording in self._kept.values() for take in recording.takes.values())
        return nlargest(most, (each for each in takes if each[1].troubled), lambda each: each[1].at)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _count(self, recording: Recording, size: int) -> None:
        recording.counted += size
        self.bytes += size
        while self.bytes > self._most and self._kept:
            self._forget(next(iter(self._kept)))

    def _keeps(self, recording: Recording) -> bool:
        return self._kept.get((recording.session, recording.turn)) is recording

    def _index(self, recording: Recording, take: Take) -> None:
        recording.traces.update(take.trace_ids)
        self._traces.update(dict.fromkeys(take.trace_ids, (recording, take)))

    def _expire(self) -> None:
        self._timer, now = None, self._now()
        ended = [
            (key, each.ended_at + self._keep_s(each)) for key, each in self._kept.items() if each.ended_at is not None
        ]
        for key, until in ended:
            if until <= now:
                self._forget(key)
        later = [until for _, until in ended if until > now]
        if later:  # and those that end meanwhile
            self._timer = self._call_at(min(*later, now + self._window_s), self._expire)

    def _keep_s(self, recording: Recording) -> float:
        """After its end; whether it failed may be known only after it."""
        return max(self._window_s, TROUBLED_S) if recording.troubled else self._window_s

    def _forget(self, key: Key) -> None:
        recording = self._kept.pop(key, None)
        if recording is None:
            return
        self.bytes -= recording.counted
        for take in recording.takes.values():
            take.parts.clear()
        for trace_id in recording.traces:
            if self._traces[trace_id][0] is recording:
                del self._traces[trace_id]
