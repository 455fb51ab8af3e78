"""The running sessions: they outlive their connections.

    begin ──→ attached ←──→ detached ──→ ended
              an owner      nobody answers; turns go on, within bounds

A session ends with `bye`, when it breaks, when its client has broken the rules, and when nobody has come back for the
window. Listeners come and go.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from gateway.access.tokens import Grant
from gateway.account import Account, Books, enter
from gateway.conversation import Conversation, Owner
from gateway.errors import Closing, GatewayError
from gateway.journal.memory import MemoryJournal
from gateway.journal.room import Room
from gateway.lip.lips import Lips
from gateway.metrics import Metrics
from gateway.protocol.messages import Listen, Resume
from gateway.recordings import Recordings
from gateway.rotation import Rotation
from gateway.session.session import Session
from gateway.speaker import Speaking
from gateway.upstreams.base import Upstream

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """`window_s`: how long a session waits for its client; 0: it ends with its connection."""

    window_s: float
    detached: int
    """Sessions that wait at the same time; beyond, the one that has waited longest ends."""


@dataclass(frozen=True, slots=True)
class Means:
    """What sessions speak with."""

    upstream: Upstream
    lips: Lips
    room: Room
    recordings: Recordings
    metrics: Metrics
    books: Books


@dataclass(slots=True, eq=False)
class Live:
    """One running session. `listeners` are told its end."""

    conversation: Conversation
    rotation: Rotation
    message_limit: int
    """Bytes of a message: the journal's entries are made for it, whoever reads them."""
    over: asyncio.Future[str]
    listeners: set[Callable[[], None]] = field(default_factory=set)
    waiting: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        return self.conversation.session.id

    def end(self, reason: str) -> None:
        _set(self.over, reason)


def _set(over: asyncio.Future[str], reason: str) -> None:
    if not over.done():
        over.set_result(reason)


def _fit(live: Live, max_frame_bytes: int | None) -> None:
    """Numbered messages are never cut anew: who comes later takes them as large as they are."""
    if max_frame_bytes is not None and max_frame_bytes < live.message_limit:
        raise Closing("bad_request", f"The messages of this session have up to {live.message_limit} bytes.")


class Sessions:
    """`async with` it: leaving ends every session."""

    def __init__(self, means: Means, bounds: Bounds) -> None:
        self._means = means
        self.bounds = bounds
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._call_later = loop.call_later
        self._new_future = loop.create_future
        self._live: dict[str, Live] = {}
        self._detached: dict[str, Live] = {}
        """In the order in which they were left."""
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for live in list(self._live.values()):
            live.end("drain")
        await self._tasks.__aexit__(None, None, None)

    async def begin(self, session: Session, message_limit: int, client: str | None, grant: Grant) -> Live:
        """Raises `Closing` where the grant allows no more sessions at once."""
        await enter(session.id, grant, self._means.books)
        born: asyncio.Future[Live] = self._new_future()
        self._tasks.create_task(self._run(session, message_limit, client, grant, born))
        return await born

    def resume(self, asked: Resume, max_frame_bytes: int | None) -> Live:
        """For whoever has the token. Raises `Closing` where the session is gone, or never was."""
        live = self._find(asked.session)
        if live is None or not live.rotation.knows(asked.token):
            raise Closing("resume_refused")
        if asked.last_seq > live.conversation.journal.last_seq:
            raise Closing("resume_refused", "The session has not come as far as last_seq.")
        _fit(live, max_frame_bytes)
        live.rotation.use(asked.token)
        return live

    def heard(self, asked: Listen, max_frame_bytes: int | None) -> Live:
        live = self._find(asked.session)
        if live is None:
            raise Closing("resume_refused", "There is no such session to listen to.")
        _fit(live, max_frame_bytes)
        return live

    def _find(self, name: str) -> Live | None:
        live = self._live.get(name)
        return None if live is None or live.over.done() else live

    def attach(self, live: Live, owner: Owner, position: int) -> None:
        """The owner has what the journal holds up to `position`; who owned the session before is let go."""
        self._detached.pop(live.name, None)
        if live.waiting is not None:
            live.waiting.cancel()
            live.waiting = None
        live.conversation.attach(owner, position)

    def leave(self, live: Live, owner: Owner, why: GatewayError | None) -> None:
        """The owner's connection has ended."""
        if live.over.done() or live.conversation.owner is not owner:
            return
        if not self.bounds.window_s or (why is not None and not why.retryable):
            live.conversation.close()  # at once, so that its turns' ends still leave
            live.end(why.code if why else "client")
            return
        live.conversation.detach(owner)
        self._detached[live.name] = live
        live.waiting = self._call_later(self.bounds.window_s, live.end, "not resumed")
        if len(self._detached) > self.bounds.detached:
            self._detached.pop(next(iter(self._detached))).end("too many wait")

    async def _run(
        self, session: Session, message_limit: int, client: str | None, grant: Grant, born: asyncio.Future[Live]
    ) -> None:
        started_at = self._now()
        journal = MemoryJournal(message_limit=message_limit, room=self._means.room)
        try:
            async with asyncio.TaskGroup() as tasks:
                live = self._lives(session, journal, message_limit, grant, tasks)
                born.set_result(live)
                reason = await live.over
                self._part(live)
        except Exception:
            log.exception("! a session broke")
            reason = "internal"
            self._part(self._live[session.id], Closing("internal"))
        finally:
            journal.close()
            await self._means.books.quotas.leave(session.id)
        said = {"session": session.id, "client": client, "messages": journal.last_seq, "reason": reason}
        log.info("= session %s ended after %.1f s", session.id, self._now() - started_at, extra=said)

    def _lives(
        self, session: Session, journal: MemoryJournal, message_limit: int, grant: Grant, tasks: asyncio.TaskGroup
    ) -> Live:
        means, rotation = self._means, Rotation()

        record = partial(means.recordings.begin, session.id, rotation.knows)
        speaking = Speaking(journal, means.upstream, means.lips, means.recordings, record, message_limit, tasks)
        over: asyncio.Future[str] = self._new_future()
        conversation = Conversation(
            session, speaking, means.metrics, Account(grant, session, means.books, tasks), partial(_set, over)
        )
        live = self._live[session.id] = Live(conversation, rotation, message_limit, over)
        return live

    def _part(self, live: Live, error: GatewayError | None = None) -> None:
        del self._live[live.name]
        self._detached.pop(live.name, None)
        if live.waiting is not None:
            live.waiting.cancel()
        live.conversation.close(error)
        for told in tuple(live.listeners):
            told()
