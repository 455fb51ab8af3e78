"""Journals that other replicas write, read as they grow: one waiting connection for all of them.

What it waits for changes when a journal is followed or left; a stream of its own wakes it then.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import orjson
from redis.exceptions import RedisError

from gateway.errors import Refused
from gateway.journal.base import Gap, Said
from gateway.journal.ledger import stream_of
from gateway.journal.memory import MemoryJournal
from gateway.journal.shared import read_line
from gateway.store import PREFIX, Store, stop, surviving

AGAIN_S = 0.2
WAIT_MS = 5000
BATCH = 200
"""Entries a journal and answer."""
_TERMINALS = (b'"turn.done"', b'"turn.cancelled"', b'"turn.failed"')


class Followed(MemoryJournal):
    """From a position on. `names`: turns by their handles, as far as they are known; `running`: those of them that have
    not ended.
    """

    def __init__(self, session: str, position: int, names: Mapping[int, str]) -> None:
        super().__init__()
        self.stream = stream_of(session)
        self.names = dict(names)
        self.running = set(names.values())
        self.last_id: bytes | str = f"{position}-0"
        self.last_seq = self.numbered = position
        self._first = position + 1

    def extend(self, lines: Iterable[tuple[bytes, Mapping[bytes, bytes]]]) -> None:
        for identifier, line in lines:
            self.last_id = identifier
            number, entry = read_line(identifier, line[b"h"], line[b"p"])
            if isinstance(entry, int):
                super().withdraw(entry)
                continue
            if number > self.numbered + 1:
                self._entries.clear()
                self._forgotten, self._first = self._written, number
            if isinstance(entry, Said):
                self._said(entry)
            self._append(entry, 0 if isinstance(entry, Gap) else len(line[b"p"]))

    def _said(self, entry: Said) -> None:
        begins = entry.data[:40]
        if b'"turn.accepted"' in begins:
            fields = orjson.loads(entry.data)
            self.names[fields["handle"]] = fields["turn"]
            self.running.add(fields["turn"])
        elif any(kind in begins for kind in _TERMINALS):
            self.running.discard(orjson.loads(entry.data)["turn"])


class Tail:
    def __init__(self, store: Store, replica: str) -> None:
        self._store = store
        self._control = f"{PREFIX}tail:{replica}"
        self._control_id: bytes | str = "0-0"
        self._followed: set[Followed] = set()
        self._any = asyncio.Event()
        self._waking: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            await stop(self._task, *self._waking)

    def follow(self, session: str, position: int, names: Mapping[int, str]) -> Followed:
        journal = Followed(session, position, names)
        self._followed.add(journal)
        self._wake()
        return journal

    def leave(self, journal: Followed) -> None:
        self._followed.discard(journal)
        if not self._followed:
            self._any.clear()

    def _wake(self) -> None:
        self._any.set()
        waking = asyncio.create_task(self._knock())
        self._waking.add(waking)
        waking.add_done_callback(self._waking.discard)

    async def _knock(self) -> None:
        with suppress(Refused):
            async with self._store.reached():
                await self._store.redis.xadd(self._control, {"w": "1"}, maxlen=1)
                await self._store.redis.pexpire(self._control, 10 * WAIT_MS)

    async def _read(self) -> None:
        while True:
            await self._any.wait()
            with surviving("reading journals"), suppress(RedisError, OSError):
                await self._once()
                continue
            await asyncio.sleep(AGAIN_S)

    async def _once(self) -> None:
        journals = tuple(self._followed)
        positions: dict[Any, Any] = {self._control: self._control_id}
        for journal in journals:  # several connections may follow one session, from where each is
            positions[journal.stream] = min(positions.get(journal.stream, journal.last_id), journal.last_id, key=_order)
        answers: Any = await self._store.waiting.xread(positions, count=BATCH, block=WAIT_MS) or []
        for name, lines in answers:
            if name.decode() == self._control:
                self._control_id = lines[-1][0]
            for journal in journals:
                if journal in self._followed and journal.stream == name.decode():
                    journal.extend(line for line in lines if _order(line[0]) > _order(journal.last_id))


def _order(identifier: bytes | str) -> tuple[int, int]:
    text = identifier.decode() if isinstance(identifier, bytes) else identifier
    number, _, behind = text.partition("-")
    return int(number), int(behind)
