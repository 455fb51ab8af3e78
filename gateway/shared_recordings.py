"""Recordings that gateways share.

    vg:{recordings}:…        a shelf: session/turn → the audio's form, each finished segment and what is known of it,
                             how the turn ended, tokens
    vg:trace:<trace id>      session, turn and segment

What this gateway has spoken it has itself, the segment that runs too; the rest it takes from the store.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import orjson

from gateway.errors import Refused
from gateway.journal.ledger import record_of
from gateway.protocol.config import Audio
from gateway.protocol.events import Event
from gateway.recordings import Recording, Recordings
from gateway.rotation import Rotation
from gateway.shelf import Shelf
from gateway.store import PREFIX, Store
from gateway.take import Take, packed, unpacked

RUNNING_S = 3600
"""A turn that has not ended is kept so long after its last segment."""
MOST_WAITING = 64
"""Segments on their way to the store; beyond, they are to be had from this gateway only."""
_AUDIO, _TOKENS, _TERMINAL, _ABOUT = "audio", "tokens", "terminal", "about:"

log = logging.getLogger(__name__)


class SharedRecordings(Recordings):
    """`run` tells the store what has been spoken."""

    def __init__(self, window_s: float, most: int, store: Store) -> None:
        super().__init__(window_s, most)
        self._store = store
        self._shelf = Shelf(store, "recordings", most)
        self._waiting: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(MOST_WAITING)

    def begin(self, session: str, opens: Callable[[str], bool], turn: str, audio: Audio) -> Recording:
        if (session, turn) in self._kept:  # an id that is used again
            self._tell(partial(self._shelf.drop, _name(session, turn)))
        return super().begin(session, opens, turn, audio)

    def finish(self, recording: Recording, take: Take, kept: bool = True) -> None:
        super().finish(recording, take, kept)
        if self._keeps(recording):
            known = packed(take, borders=recording.audio.codec == "opus")
            self._tell(partial(self._put, recording, tuple(take.parts), known, take))

    def end(self, recording: Recording) -> None:
        super().end(recording)
        if not recording.abandoned:
            name = _name(recording.session, recording.turn)
            self._tell(partial(self._shelf.stay, name, math.ceil(self._keep_s(recording))))

    def conclude(self, session: str, turn: str, terminal: Event) -> None:
        super().conclude(session, turn, terminal)
        recording = self._kept.get((session, turn))
        if recording is not None and recording.terminal is not None:
            said, keep_s = {_TERMINAL: recording.terminal}, math.ceil(self._keep_s(recording))
            self._tell(partial(self._shelf.put, _name(session, turn), said, keep_s))

    async def find(self, session: str, turn: str) -> Recording | None:
        here = await super().find(session, turn)
        if here is None:
            return await self._elsewhere(session, turn)
        with contextlib.suppress(Refused):
            elsewhere = await self._elsewhere(session, turn)
            if elsewhere is not None:
                whole = {number: take for number, take in elsewhere.takes.items() if take.outcome == "done"}
                ours = {number: take for number, take in here.takes.items() if take.outcome == "done"}
                takes = {**elsewhere.takes, **here.takes, **whole, **ours}
                return replace(here, takes=takes, terminal=here.terminal or elsewhere.terminal)
        return here

    async def traced(self, trace_id: str) -> tuple[Recording, Take] | None:
        here = await super().traced(trace_id)
        if here is not None:
            return here
        async with self._store.reached():
            where = await self._store.redis.get(_trace(trace_id))
        session, turn, segment = orjson.loads(where) if where else ("", "", 0)
        recording = await self._elsewhere(session, turn)
        return (recording, recording.takes[segment]) if recording and segment in recording.takes else None

    async def run(self) -> None:
        while True:
            tell = await self._waiting.get()
            with contextlib.suppress(Refused):
                await tell()

    def _tell(self, tell: Callable[[], Awaitable[None]]) -> None:
        try:
            self._waiting.put_nowait(tell)
        except asyncio.QueueFull:
            log.warning("! a recording is kept by this gateway only")

    async def _put(self, recording: Recording, parts: tuple[bytes, ...], known: bytes, take: Take) -> None:
        if recording.abandoned:
            return
        said = {
            _AUDIO: orjson.dumps(asdict(recording.audio)),
            _TOKENS: await self._tokens(recording.session),
            str(take.segment): b"".join(parts),
            f"{_ABOUT}{take.segment}": known,
        }
        keep_s = RUNNING_S if recording.ended_at is None else math.ceil(self._keep_s(recording))
        await self._shelf.put(_name(recording.session, recording.turn), said, keep_s)
        where = orjson.dumps((recording.session, recording.turn, take.segment))
        for trace_id in take.trace_ids:
            async with self._store.reached():
                await self._store.redis.set(_trace(trace_id), where, ex=RUNNING_S)

    async def _elsewhere(self, session: str, turn: str) -> Recording | None:
        parts = await self._shelf.get(_name(session, turn))
        if _AUDIO not in parts:
            return None
        tokens = await self._tokens(session) or parts[_TOKENS]
        audio = Audio(**orjson.loads(parts[_AUDIO]))
        takes = {int(part): unpacked(parts[_ABOUT + part], data) for part, data in parts.items() if part.isdigit()}
        opens = Rotation(hashes=tokens.decode()).knows
        return Recording(session, turn, audio, opens, takes, terminal=parts.get(_TERMINAL))

    async def _tokens(self, session: str) -> bytes:
        """Hashes of the resume tokens that are good now; none once the session is forgotten."""
        async with self._store.reached():
            tokens: Any = await self._store.redis.hget(record_of(session), _TOKENS)
        return tokens or b""


def _name(session: str, turn: str) -> str:
    return f"{session}/{turn}"


def _trace(trace_id: str) -> str:
    return f"{PREFIX}trace:{trace_id}"
