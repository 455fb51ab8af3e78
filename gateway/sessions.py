"""The running sessions: they outlive their connections.

    begin ──→ attached ←──→ detached ──→ ended
              an owner      nobody answers; turns go on, within bounds

A session ends with `bye`, when it breaks, when its client has broken the rules, when its token is revoked, and when
nobody has come back for the window. Listeners come and go.
"""

import asyncio
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Self
from weakref import WeakValueDictionary

from gateway.access.revocations import Revocations
from gateway.access.tokens import Grant
from gateway.access.validity import revoked
from gateway.account import Account, Books, admitted
from gateway.conversation import Conversation, Owner
from gateway.encoding import Studio
from gateway.errors import Closing, GatewayError, Refused
from gateway.journal.memory import MemoryJournal
from gateway.journal.room import Room
from gateway.journal.shared import SharedJournal
from gateway.lip.lips import Lips
from gateway.metrics import Metrics
from gateway.outlet import Speaking
from gateway.protocol.messages import Listen, Resume
from gateway.recordings import Recordings
from gateway.rotation import Rotation
from gateway.session.session import Session
from gateway.succession import Kept, Succession
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
    """What sessions speak with, and who keeps account of it."""

    upstream: Upstream
    lips: Lips
    room: Room
    recordings: Recordings
    books: Books
    revocations: Revocations
    metrics: Metrics
    studio: Studio
    succession: Succession | None = None
    """Where sessions are kept for other replicas."""


@dataclass(frozen=True, slots=True)
class Birth:
    """A session that is about to live. `kept` in the store, where it was another replica's."""

    session: Session
    grant: Grant
    message_limit: int
    client: str | None
    kept: Kept | None = None


def _nothing() -> None:
    """There is nothing to stop."""


@dataclass(slots=True, eq=False)
class Live:
    """One running session. `listeners` are told its end; `elsewhere`, at other replicas, that the store has lost it."""

    conversation: Conversation
    rotation: Rotation
    message_limit: int
    """Bytes of a message: the journal's entries are made for it, whoever reads them."""
    over: asyncio.Future[str]
    abandoned: bool = False
    """Another replica goes on with it."""
    listeners: set[Callable[[], None]] = field(default_factory=set)
    elsewhere: set[Callable[[], None]] = field(default_factory=set)
    waiting: asyncio.TimerHandle | None = None
    unwatch: Callable[[], None] = _nothing
    """Revocation of its token."""

    @property
    def name(self) -> str:
        return self.conversation.session.id

    @property
    def tenant(self) -> str:
        return self.conversation.account.grant.rights.tenant

    @property
    def shared(self) -> bool:
        """The store has all of it."""
        journal = self.conversation.journal
        return isinstance(journal, SharedJournal) and journal.shared

    def open_to(self, grant: Grant) -> bool:
        """Whether it is of the grant's tenant; who has the gateway's secret is of all."""
        return not grant.id or grant.rights.tenant == self.tenant

    def end(self, reason: str) -> None:
        _set(self.over, reason)


def _set(over: asyncio.Future[str], reason: str) -> None:
    if not over.done():
        over.set_result(reason)


def _revoke(live: Live) -> None:
    live.conversation.close(revoked())
    live.end("revoked")


def unkept() -> Closing:
    """Only its own replica goes on with the session."""
    return Closing("store_unavailable", "The session goes on at one gateway alone.")


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
        self._inheriting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """By name, so that a session is taken over once, by however many connections it is resumed."""
        means.metrics.detached.set_function(self._detached.__len__)
        self._tasks = asyncio.TaskGroup()
        if means.succession is not None:
            means.succession.ledger.fenced = self.lose
            means.succession.ledger.forsaken = self._forsaken

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for live in list(self._live.values()):
            self._give_up(live, "drain")
        await self._tasks.__aexit__(None, None, None)

    async def begin(self, session: Session, grant: Grant, message_limit: int, client: str | None) -> Live:
        """Raises `Closing` where no more may be open at once."""
        return await self._born(Birth(session, grant, message_limit, client))

    async def resume(self, asked: Resume, grant: Grant, max_frame_bytes: int | None) -> Live:
        """For whoever has the resume token and a grant of the session's tenant. Raises `Closing` where the session is
        gone, or never was.
        """
        async with self._inheriting.setdefault(asked.session, asyncio.Lock()):
            if self._found(asked.session) is None:
                await self._inherited(asked)
        return self.resumed(asked, grant, max_frame_bytes)

    def has(self, name: str) -> bool:
        return self._found(name) is not None

    def resumed(self, asked: Resume, grant: Grant, max_frame_bytes: int | None) -> Live:
        """The same of a session that is here."""
        live = self._found(asked.session)
        if live is None or not live.rotation.knows(asked.token):
            raise Closing("resume_refused")
        if asked.last_seq > live.conversation.journal.last_seq:
            raise Closing("resume_refused", "The session has not come as far as last_seq.")
        _fit(live, max_frame_bytes)
        self._go_on(live, grant)
        live.rotation.use(asked.token)
        return live

    def heard(self, asked: Listen, grant: Grant, max_frame_bytes: int | None) -> Live:
        """Raises `Closing`; a session of another tenant is none."""
        if not grant.rights.listen:
            raise Closing("forbidden", "This token does not allow listening.")
        live = self._found(asked.session)
        if live is None or not live.open_to(grant):
            raise Closing("resume_refused", "There is no such session to listen to.")
        _fit(live, max_frame_bytes)
        return live

    def adopt(self, live: Live, grant: Grant) -> None:
        """From here on this grant pays, and the session ends with its revocation."""
        live.unwatch()
        live.conversation.adopt(grant)
        if grant.id:
            live.unwatch = self._means.revocations.watch(grant.id, partial(_revoke, live))

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
        if not self.bounds.window_s or (why is not None and not self._may_return(live, why)):
            live.conversation.close()  # at once, so that its turns' ends still leave
            live.end(why.code if why else "client")
            return
        if why is not None and why.code == "draining":
            self._give_up(live, why.code)
            return
        live.conversation.detach(owner)
        self._wait(live)

    @property
    def taking(self) -> bool:
        """New turns can be kept."""
        succession = self._means.succession
        return succession is None or succession.ledger.reachable

    def lose(self, journal: SharedJournal) -> None:
        """Whose journal this is, another replica has taken over."""
        if (live := self._written(journal)) is not None:
            live.abandoned = True
            live.end("taken over elsewhere")

    @contextmanager
    def elsewhere(self, name: str, forsaken: Callable[[], None]) -> Generator[None, None, None]:
        """For who reads the session from the store; `forsaken` is called when it is there no more. Raises `Closing`
        where it is not.
        """
        live = self._found(name)
        if live is None or not live.shared:
            raise unkept()
        live.elsewhere.add(forsaken)
        try:
            yield
        finally:
            live.elsewhere.discard(forsaken)

    def _forsaken(self, journal: SharedJournal) -> None:
        if (live := self._written(journal)) is not None:
            for told in tuple(live.elsewhere):
                told()

    def _written(self, journal: SharedJournal) -> Live | None:
        """Whose journal it is."""
        live = self._live.get(journal.name)
        return live if live is not None and live.conversation.journal is journal else None

    def _wait(self, live: Live) -> None:
        self._detached[live.name] = live
        live.waiting = self._call_later(self.bounds.window_s, live.end, "not resumed")
        if len(self._detached) > self.bounds.detached:
            self._detached.pop(next(iter(self._detached))).end("too many wait")

    def _may_return(self, live: Live, why: GatewayError) -> bool:
        """To a process that ends nobody comes back, but to another that goes on with its sessions."""
        return why.retryable and (why.code != "draining" or live.shared)

    def _give_up(self, live: Live, reason: str) -> None:
        live.abandoned = live.shared
        live.end(reason)

    def _found(self, name: str) -> Live | None:
        live = self._live.get(name)
        return None if live is None or live.over.done() else live

    def _go_on(self, live: Live, grant: Grant) -> None:
        """A token brings its own rights; with the gateway's secret the session keeps what it has."""
        if not live.open_to(grant):
            raise Closing("resume_refused", "The token is another tenant's.")
        if not grant.id:
            return
        try:
            live.conversation.renew(grant.rights)
        except Refused as refused:
            raise Closing("resume_refused", refused.message) from None
        self.adopt(live, grant)

    async def _inherited(self, asked: Resume) -> None:
        """Have one here that was another replica's, if there is one."""
        succession = self._means.succession
        kept = None if succession is None else await succession.inherit(asked)
        if kept is not None and (was := kept.inherited) is not None:
            await self._born(Birth(was.replayed.session, was.grant, was.message_limit, None, kept))

    async def _born(self, birth: Birth) -> Live:
        born: asyncio.Future[Live] = self._new_future()
        self._tasks.create_task(self._admit(birth, born))
        return await born

    async def _admit(self, birth: Birth, born: asyncio.Future[Live]) -> None:
        refusal = Closing("internal")
        try:
            async with admitted(birth.session.id, birth.grant, self._means.books):
                kept = birth.kept or await self._kept(birth)
                async with asyncio.TaskGroup() as settling:
                    account = Account(birth.grant, birth.session, self._means.books, settling)
                    await self._run(birth, kept, account, born)
        except Closing as closing:
            refusal = closing
        except Exception:
            log.exception("! a session broke")
        finally:
            if not born.done():  # a store that gives up cancels who waits for it
                born.set_exception(refusal)
                if birth.kept is not None:
                    await self._disown(birth.kept)

    async def _disown(self, kept: Kept) -> None:
        """It was taken over and cannot live here: give it back."""
        if self._means.succession is not None:
            await self._means.succession.end(kept.journal, released=True)
        kept.journal.close()

    async def _kept(self, birth: Birth) -> Kept | None:
        """A new one, in the store. Raises `Closing`."""
        succession = self._means.succession
        if succession is None:
            return None
        return await succession.begin(birth.session, birth.grant, birth.message_limit)

    async def _run(self, birth: Birth, kept: Kept | None, account: Account, born: asyncio.Future[Live]) -> None:
        started_at, session, succession = self._now(), birth.session, self._means.succession
        journal = kept.journal if kept else MemoryJournal(message_limit=birth.message_limit, room=self._means.room)
        reason, abandoned = "internal", False
        try:
            async with asyncio.TaskGroup() as tasks:
                live = self._lives(birth, account, journal, kept, tasks)
                born.set_result(live)
                reason = await live.over
                abandoned = live.abandoned
                self._part(live)
        except Exception:
            log.exception("! a session broke")
            reason = "internal"
            if (broken := self._live.get(session.id)) is not None and broken.conversation.journal is journal:
                self._part(broken, Closing("internal"))
        finally:
            if succession is not None and kept is not None:
                await succession.end(kept.journal, released=abandoned)
            journal.close()
        said = {"session": session.id, "client": birth.client, "messages": journal.last_seq, "reason": reason}
        log.info("= session %s ended after %.1f s", session.id, self._now() - started_at, extra=said)

    def _lives(
        self, birth: Birth, account: Account, journal: MemoryJournal, kept: Kept | None, tasks: asyncio.TaskGroup
    ) -> Live:
        means, session, limit = self._means, birth.session, birth.message_limit
        inherited = kept.inherited if kept else None
        rotation = Rotation() if kept is None else Rotation(kept.keeper.tokens, inherited.hashes if inherited else "")
        record = partial(means.recordings.begin, session.id, rotation.knows)
        speaking = Speaking(journal, means.upstream, means.lips, means.recordings, record, limit, means.studio, tasks)
        over: asyncio.Future[str] = self._new_future()
        keeper = kept.keeper if kept else None
        conversation = Conversation(session, speaking, means.metrics, account, partial(_set, over), keeper)
        live = self._live[session.id] = Live(conversation, rotation, limit, over)
        self.adopt(live, account.grant)
        if inherited is not None:
            conversation.go_on(inherited.replayed)
            self._wait(live)
        return live

    def _part(self, live: Live, error: GatewayError | None = None) -> None:
        for lives in (self._live, self._detached):
            if lives.get(live.name) is live:
                del lives[live.name]
        live.unwatch()
        live.unwatch = _nothing
        if live.waiting is not None:
            live.waiting.cancel()
        live.rotation.end()
        live.conversation.close(error or (Closing("draining") if live.abandoned else None), abandoned=live.abandoned)
        for told in tuple(live.listeners):
            told()
