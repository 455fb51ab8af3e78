"""The audio of turns as it came from upstream, kept for a while: upstream gives it only once.

Payloads are the journal's own, not copies. A turn's segments are apart, so that each can be found by its trace id.
What is not kept any more, a turn that still plays must not hold either.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.protocol.config import Audio


@dataclass(slots=True)
class Take:
    """One segment."""

    parts: list[bytes] = field(default_factory=list)
    trace_id: str | None = None
    counted: int = 0
    """Bytes of it that are counted among what is kept."""


@dataclass(slots=True)
class Recording:
    """One turn. `opens`: whether a resume token opens it."""

    session: str
    turn: str
    audio: Audio
    opens: Callable[[str], bool]
    takes: dict[int, Take] = field(default_factory=dict)
    bytes: int = 0
    ended_at: float | None = None

    def take(self, segment: int) -> Take:
        return self.takes.setdefault(segment, Take())


Key = tuple[str, str]


class Recordings:
    """Keeps a turn for `window_s` after its end, and all together about `most` bytes; the oldest goes first."""

    def __init__(self, window_s: float, most: int) -> None:
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._call_at = loop.call_at
        self._window_s = window_s
        self._left = most
        self._kept: OrderedDict[Key, Recording] = OrderedDict()
        self._traces: dict[str, Recording] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, session: str, opens: Callable[[str], bool], turn: str, audio: Audio) -> Recording:
        recording = Recording(session, turn, audio, opens)
        if self._window_s:
            self._forget((session, turn))
            self._kept[session, turn] = recording
        return recording

    def finish(self, recording: Recording, take: Take) -> None:
        """All of a segment has come, or what was held back of it."""
        if self.find(recording.session, recording.turn) is not recording:
            take.parts.clear()
            return
        if take.trace_id is not None:
            self._traces[take.trace_id] = recording
        size = sum(map(len, take.parts)) - take.counted
        take.counted += size
        recording.bytes += size
        self._left -= size
        while self._left < 0 and self._kept:
            self._forget(next(iter(self._kept)))

    def end(self, recording: Recording) -> None:
        """The turn has ended; from here on its time runs."""
        recording.ended_at = self._now()
        key = recording.session, recording.turn
        if self._kept.get(key) is recording:
            self._kept.move_to_end(key)
            if self._timer is None:
                self._timer = self._call_at(recording.ended_at + self._window_s, self._expire)

    def find(self, session: str, turn: str) -> Recording | None:
        return self._kept.get((session, turn))

    def traced(self, trace_id: str) -> tuple[Recording, Take] | None:
        recording = self._traces.get(trace_id)
        if recording is None:
            return None
        return recording, next(take for take in recording.takes.values() if take.trace_id == trace_id)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self) -> None:
        self._timer = None
        before = self._now() - self._window_s
        ended = [(key, each.ended_at) for key, each in self._kept.items() if each.ended_at is not None]
        for key, ended_at in ended:
            if ended_at > before:
                self._timer = self._call_at(ended_at + self._window_s, self._expire)
                break
            self._forget(key)

    def _forget(self, key: Key) -> None:
        recording = self._kept.pop(key, None)
        if recording is None:
            return
        self._left += recording.bytes
        for take in recording.takes.values():
            take.parts.clear()
            if take.trace_id is not None and self._traces.get(take.trace_id) is recording:
                del self._traces[take.trace_id]
