"""Where replicas keep their sessions: each is written by one of them, and may be taken over by another.

    vg:{session}:s   hash    who writes it (`owner`, `fence`, `batch`), and what it is
    vg:{session}:j   stream  its journal
    vg:{session}:e   list    what it was told since it rested
    vg:{session}:p   list    turns that had ended by then
    vg:replica:ID    string  lives as long as its replica does: the lease of all its sessions

All that one turn of the loop appends, of all sessions, goes in one pipeline, one script a session; while it is under
way the next gathers. Each page is checked: who has lost the session (`fence`) writes nothing, and a page that is sent
again because its answer was lost counts once (`batch`).
"""

import asyncio
import hashlib
import logging
import math
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from types import TracebackType
from typing import Any, Self

from redis.exceptions import NoScriptError

from gateway.errors import Refused
from gateway.journal.scripts import BURY, CLAIM, DISOWN, FORGET, WRITE
from gateway.journal.shared import Line, Page, SharedJournal
from gateway.store import PREFIX, Store, stop, surviving

LEASE_S = 1.5
BEAT_S = 0.3
PATIENCE_S = 5.0
"""While the store is not reached for so long, what was said waits; then sessions go on in memory."""
AGAIN_S = 0.1
SPARE_S = 60.0
"""What a session's keys live longer than the time within which it may be resumed."""

_SHA = hashlib.sha1(WRITE.encode()).hexdigest()  # noqa: S324 - by which Redis names a script

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """This replica's now: all that the store knows of the session."""

    fence: int
    fields: Mapping[str, bytes]
    journal: list[Line]
    told: list[bytes]
    past: list[bytes]


@dataclass(frozen=True, slots=True)
class Held:
    """Another replica has it, and lives."""

    owner: str


class Ledger:
    """`async with` it: leaving writes what is left."""

    def __init__(self, store: Store, window_s: float) -> None:
        self.fenced: Callable[[SharedJournal], None] = lambda _: None
        """Told the journal of a session that another replica has taken over."""
        self.forsaken: Callable[[SharedJournal], None] = lambda _: None
        """… that goes on without the store."""
        self.replica = secrets.token_hex(8)
        self.reachable = True
        self._store = store
        self._ttl_ms = round((window_s + SPARE_S) * 1000)
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._pages: dict[SharedJournal, None] = {}
        self._kept: set[SharedJournal] = set()
        self._filled = asyncio.Event()
        self._round = asyncio.Event()
        """Over once what was taken last is written."""
        self._failing_since: float | None = None
        self._leased_until = math.inf
        self._doubted: set[SharedJournal] = set()
        """Of which another replica may have taken over since."""
        self._amends: dict[str, tuple[str, str | int]] = {}
        """What the store has to be told once it answers again: by session, a script and what it checks first."""
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Raises `Refused` where the store is not reached."""
        await self._first_beat()
        self._tasks = [asyncio.create_task(each) for each in (self._write(), self._live())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._pages and self.reachable:
            await self._round.wait()
        await stop(*self._tasks)
        with suppress(Refused):  # then the lease ends by itself
            async with self._reached():
                await self._amend()
                await self._store.redis.delete(_lease_of(self.replica))

    async def begin(self, name: str, fields: Mapping[str, str | bytes | int]) -> None:
        """Raises `Refused` where the store is not reached."""
        async with self._reached(), self._store.redis.pipeline(transaction=True) as pipe:
            new: dict[Any, Any] = {"owner": self.replica, "fence": 1, "batch": 0, **fields}
            pipe.hset(record_of(name), mapping=new)
            pipe.pexpire(record_of(name), self._ttl_ms)
            await pipe.execute()

    async def claim(self, name: str, token: str) -> Claimed | Held | None:
        """Take a session over, with the hash of its resume token. None: there is none such. Raises `Refused`."""
        keys, claim = _keys(name), secrets.token_hex(8)
        try:
            async with self._reached():
                what, *found = await self._store.redis.eval(CLAIM, len(keys), *keys, token, self.replica, claim)
        except BaseException:
            self._amends[name] = (DISOWN, claim)
            raise
        if what == b"held":
            return Held(found[0].decode())
        return _claimed(*found) if what == b"yours" else None

    async def holder(self, name: str) -> str | None:
        """Which other replica has the session, and lives. Raises `Refused` where the store is not reached."""
        async with self._reached():
            owner: Any = await self._store.redis.hget(record_of(name), "owner")
            holder = owner.decode() if owner else ""
            if holder in {"", self.replica} or not await self._store.redis.exists(_lease_of(holder)):
                return None
            return holder

    async def bury(self, replica: str, channel: str) -> None:
        """End the lease of a replica whose connections are gone: nobody hears its channel. One that lives after all
        takes it up with its next beat. Raises `Refused` where the store is not reached.
        """
        async with self._reached():
            await self._store.redis.eval(BURY, 1, _lease_of(replica), channel)

    async def hold(self) -> None:
        """At once, but for a replica that stood still beyond its lease: until the store has answered for each of its
        sessions. By then `fenced` was told what others have taken over.
        """
        self._doubt()
        while self._doubted and self.reachable:
            await self._round.wait()

    def _doubt(self) -> None:
        """Ask the store for every session, where the lease has run out without this replica's knowing."""
        if self._now() <= self._leased_until or self._doubted:
            return
        self._doubted = {journal for journal in self._kept if journal.shared}
        for journal in self._doubted:
            journal.note(alive=1)

    def dirty(self, journal: SharedJournal) -> None:
        self._pages[journal] = None
        self._filled.set()

    def keep(self, journal: SharedJournal) -> None:
        """From here on this replica writes it, and sees to it that the store does not forget it."""
        self._kept.add(journal)

    def forsake(self, journal: SharedJournal) -> None:
        """Its session goes on without the store, which has lost it, is away, or cannot take so much."""
        self._doubted.discard(journal)
        self._amends[journal.name] = (FORGET, journal.fence)
        journal.forsake()
        self.forsaken(journal)
        log.warning("! session %s goes on without the store", journal.name)

    async def let_go(self, journal: SharedJournal, last: str) -> None:
        """Its last page: `released` or `ended`. Until that is written, or the store does not answer."""
        self._kept.discard(journal)
        self._doubted.discard(journal)
        journal.finish(last)
        while journal in self._pages:
            await self._round.wait()
        if last == "released":  # whatever of it was not written, nobody has heard
            self._amends.pop(journal.name, None)
        journal.lose()

    @asynccontextmanager
    async def _reached(self) -> AsyncGenerator[None, None]:
        try:
            async with self._store.reached():
                yield
        except Refused:
            self.reachable = False
            raise
        self.reachable = True

    async def _live(self) -> None:
        touch_at = self._now() + self._ttl_ms / 4000
        while True:
            await asyncio.sleep(BEAT_S)
            with surviving("a replica's heartbeat"), suppress(Refused):
                async with self._reached():
                    await self._beat()
                    await self._amend()
            if self._now() >= touch_at:
                touch_at = self._now() + self._ttl_ms / 4000
                for journal in self._kept:
                    journal.note(alive=1)

    async def _first_beat(self) -> None:
        """Where everything starts at once, all of it is slow."""
        patience = self._now() + PATIENCE_S
        while True:
            try:
                async with self._reached():
                    return await self._beat()
            except Refused:
                if self._now() > patience:
                    raise
            await asyncio.sleep(AGAIN_S)

    async def _beat(self) -> None:
        self._doubt()
        began_at = self._now()
        await self._store.redis.set(_lease_of(self.replica), "1", px=round(LEASE_S * 1000))
        self._leased_until = began_at + LEASE_S

    async def _amend(self) -> None:
        """Nobody is to go on with what was forsaken; what was claimed, and nobody knew, is anybody's."""
        if not self._amends:
            return
        amends = dict(self._amends)
        async with self._store.redis.pipeline(transaction=False) as pipe:
            for name, (script, expected) in amends.items():
                pipe.eval(script, len(_keys(name)), *_keys(name), expected)
            await pipe.execute()
        for name, amend in amends.items():
            if self._amends.get(name) == amend:
                del self._amends[name]

    async def _write(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            with surviving("writing to the store"):
                await self._write_pages()
            self._round.set()
            self._round = asyncio.Event()

    async def _write_pages(self) -> None:
        journals = [journal for journal in self._pages if journal.shared and not journal.page.blank]
        try:
            await self._deliver({journal: journal.take() for journal in journals})
        except Exception:
            for journal in journals:
                self.forsake(journal)
            raise
        finally:
            for journal in tuple(self._pages):
                if journal.page.blank or not journal.shared:
                    del self._pages[journal]

    async def _deliver(self, taken: dict[SharedJournal, tuple[Page, list[Line]]]) -> None:
        """Until the store has it, or has lost it."""
        while taken:
            try:
                async with self._reached():
                    answers = await self._send(taken)
            except Refused:
                if self._given_up():
                    for journal in taken:
                        self.forsake(journal)
                    return
                await asyncio.sleep(AGAIN_S)
                continue
            self._failing_since = None
            for (journal, (page, _)), answer in zip(taken.items(), answers, strict=True):
                with surviving("who reads a journal"):
                    self._answered(journal, page, answer)
            return

    def _given_up(self) -> bool:
        if self._failing_since is None:
            self._failing_since = self._now()
        return self._now() - self._failing_since > PATIENCE_S

    def _answered(self, journal: SharedJournal, page: Page, answer: Any) -> None:
        self._doubted.discard(journal)
        if answer == b"ok":
            journal.committed(page)
        elif answer == b"fenced":
            journal.lose()
            log.warning("! session %s was taken over by another replica", journal.name)
            self.fenced(journal)
        else:
            self.forsake(journal)

    async def _send(self, taken: Mapping[SharedJournal, tuple[Page, list[Line]]]) -> list[Any]:
        """Raises what the store says of a page, where it is not an answer."""
        redis = self._store.redis
        async with redis.pipeline(transaction=False) as pipe:
            for journal, (page, lines) in taken.items():
                keys = _keys(journal.name)
                pipe.evalsha(_SHA, len(keys), *keys, *self._arguments(journal, page, lines))
            answers: list[Any] = await pipe.execute(raise_on_error=False)
        if any(isinstance(answer, NoScriptError) for answer in answers):
            await redis.script_load(WRITE)
            return await self._send(taken)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def _arguments(self, journal: SharedJournal, page: Page, lines: list[Line]) -> list[str | bytes | int]:
        given: list[str | bytes | int] = [journal.fence, journal.batch, self._ttl_ms, page.last, page.trim]
        given += [page.rest or b"", len(page.fields), *chain.from_iterable(page.fields.items())]
        given += [len(page.past), *page.past, len(page.told), *page.told]
        given += [len(lines), *chain.from_iterable(lines)]
        return given


def _claimed(record: list[bytes], stream: list[Any], told: list[bytes], past: list[bytes]) -> Claimed:
    fields = {name.decode(): each for name, each in _pairs(record)}
    journal = []
    for number, line in stream:
        entry = dict(_pairs(line))
        journal.append((number, entry[b"h"], entry[b"p"]))
    return Claimed(int(fields["fence"]), fields, journal, told, past)


def _pairs(flat: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """What a script answers in the place of a hash."""
    return zip(flat[::2], flat[1::2], strict=True)


def record_of(name: str) -> str:
    """Where is kept what a session is."""
    return _keys(name)[0]


def stream_of(name: str) -> str:
    """Where a session's journal is."""
    return _keys(name)[1]


def _lease_of(replica: str) -> str:
    return f"{PREFIX}replica:{replica}"


def _keys(name: str) -> tuple[str, str, str, str]:
    """In one slot of a cluster; the lease in `CLAIM` is in another, so a cluster cannot be used."""
    base = f"{PREFIX}{{{name}}}:"
    return base + "s", base + "j", base + "e", base + "p"
