"""Connections that other replicas hold for sessions of this one: their sockets are there, all else is here."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Self

from gateway.access.doors import Doors
from gateway.access.tokens import unpacked
from gateway.access.validity import Validity
from gateway.answers import lost
from gateway.connection import Served
from gateway.errors import Closing, GatewayError
from gateway.greeting import Greeted
from gateway.hearing import Listener
from gateway.journal.base import Journal, frames
from gateway.line import Line, Pinged
from gateway.longform.library import Library
from gateway.metrics import Metrics
from gateway.owning import Owning
from gateway.post import LOST, Letter, Post
from gateway.protocol.encoding import encode
from gateway.protocol.events import Event
from gateway.protocol.messages import ClientMessage, Hello, Listen, Resume, decode
from gateway.reader import Hearing
from gateway.sessions import Sessions, unkept

log = logging.getLogger(__name__)


class Far:
    """A reader on another replica, as far as that one has told."""

    def __init__(self, journal: Journal, hearing: Hearing, position: int) -> None:
        self.position = self._told = position
        self.behind = 0
        self._journal = journal
        self._hearing = hearing
        self.close = journal.subscribe(self._look)

    def came(self, position: int) -> None:
        """What is up to there was handed to the socket. It may be in the store before this replica knows."""
        self._told = max(self._told, position)
        self._look()

    def _catch_up(self, position: int) -> None:
        if (gone := lost(self._journal, self.position)) is not None:
            self._hearing.lost(gone[1])
        for frame in frames(self._journal, self.position):
            if frame.seq > position:
                break
            self._hearing.handed(frame)
        self.position = position
        if not self._hearing.keeps:
            self._journal.forget(self.position)

    def _look(self) -> None:
        if (position := min(self._told, self._journal.last_seq)) > self.position:
            self._catch_up(position)
        behind = self._journal.behind(self.position)
        if behind or self.behind:
            self.behind = behind
            self._hearing.behind(behind)


class RemoteLine(Line):
    """Its other end is the `Relay` of the replica that wrote `opened`."""

    def __init__(self, post: Post, opened: Letter, metrics: Metrics) -> None:
        super().__init__(metrics)
        self.origin = opened["origin"]
        self.wire = Pinged()
        self._post = post
        self._peer, self._connection = opened["from"], opened["conn"]
        self._far: Far | None = None
        self._take: Callable[[ClientMessage], None] | None = None
        self._answered = False
        self.unhear = post.hear(self._connection, self._peer, self._told)

    @property
    def position(self) -> int:
        return self._far.position if self._far else 0

    @property
    def behind(self) -> int:
        return self._far.behind if self._far else 0

    @property
    def level(self) -> bool:
        return not self.behind

    def reply(self, event: Event) -> None:
        """The first is the answer to the hello, which says where reading begins."""
        if self._far is not None:
            self._send("reply", at=self._journal.numbered, data=encode(event, limit=self._limit).decode())
        elif not self._answered:
            self._answered = True
            self._answer = event

    def read(self, journal: Journal, position: int, hearing: Hearing) -> None:
        self._journal, self._limit = journal, hearing.limit
        self._far = Far(journal, hearing, position)
        turns = getattr(self._answer, "turns", [])
        self._send("answer", position=position, limit=hearing.limit, turns=turns, data=encode(self._answer).decode())

    def stop_reading(self) -> None:
        if self._far is not None:
            self._far.close()
            self._far = None

    def hear(self, take: Callable[[ClientMessage], None]) -> None:
        self._take = take

    def deafen(self) -> None:
        self._take = None

    def part(self, farewell: GatewayError | None) -> None:
        """Have the other say why, with the close code."""
        self.unhear()
        if isinstance(farewell, Closing):
            code, message = farewell.code, farewell.message
            self._send("end", code=code, message=message, close_code=farewell.close_code)
        else:
            self._send("end")

    def _send(self, kind: str, **fields: Any) -> None:
        self._post.send(self._peer, self._connection, kind, **fields)

    def _told(self, letter: Letter) -> None:
        if self._far is not None and "position" in letter:
            self._far.came(letter["position"])
        match letter["kind"]:
            case "said" if self._take is not None and not self.over.done():
                self._heard(self._take, letter["text"])
            case "ping" if self.wire.on_ping is not None:
                self.wire.on_ping()
            case "pong" if self.wire.on_pong is not None:
                self.wire.on_pong()
            case "gone":  # one that drains takes nothing along: this replica keeps the session
                self.end(None if letter["code"] in {None, "draining"} else Closing(letter["code"]))
            case "lost":
                self.end(None)

    def _heard(self, take: Callable[[ClientMessage], None], text: str) -> None:
        try:
            take(decode(text))
        except Exception as error:  # noqa: BLE001 - sorted by who is told
            self.failed(error)


class RemoteConnection(Served):
    """Serve one with `run`, once."""

    def __init__(self, line: RemoteLine) -> None:
        super().__init__(line)
        self._line = line

    async def run(self, opened: Letter, sessions: Sessions, doors: Doors, library: Library, server: str) -> None:
        self._line.part(await self._farewell(opened, sessions, doors, library, server))

    async def _farewell(
        self, opened: Letter, sessions: Sessions, doors: Doors, library: Library, server: str
    ) -> GatewayError | None:
        """Why it ended; kept in no variable, as in `Connection`."""
        try:
            elsewhere = sessions.elsewhere(_session(opened), lambda: self.end(unkept()))
            greeted = Greeted(_hello(opened["hello"]), None, unpacked(opened["grant"].encode()), None)
            with elsewhere, contextlib.closing(Validity(greeted.grant, doors.revocations, self.end)) as validity:
                return await self._serve(greeted, sessions, doors, validity, library, server)
        except Closing as closing:
            return closing
        except Exception:
            log.exception("! a connection broke")
            return Closing("internal")

    async def _serve(
        self,
        greeted: Greeted,
        sessions: Sessions,
        doors: Doors,
        validity: Validity,
        library: Library,
        server: str,
    ) -> GatewayError | None:
        hello = greeted.hello
        if hello.listen is not None:
            live = sessions.heard(hello.listen, greeted.grant, hello.max_frame_bytes)
            with self._line.metrics.listeners.track_inprogress():
                return await Listener(self._line, live).run(greeted, hello.listen, server)
        assert hello.resume is not None  # noqa: S101 - nothing else is relayed
        self._owned = live = sessions.resumed(hello.resume, greeted.grant, hello.max_frame_bytes)
        with self._line.metrics.sessions.track_inprogress():
            return await Owning(self._line, live, sessions, doors, validity, library).run(greeted, server)


class Remotes:
    """Opens a connection for every replica that asks. `connections`: all that this one serves."""

    def __init__(
        self,
        post: Post,
        sessions: Sessions,
        doors: Doors,
        library: Library,
        metrics: Metrics,
        server: str,
        connections: set[Served],
    ) -> None:
        self._connections = connections
        self._post = post
        self._sessions = sessions
        self._doors = doors
        self._library = library
        self._metrics = metrics
        self._server = server
        self._tasks = asyncio.TaskGroup()
        post.opened = self._opened

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in tuple(self._connections):
            connection.end(Closing("draining"))
        await self._tasks.__aexit__(None, None, None)

    def _opened(self, letter: Letter) -> None:
        """Who asks for a session that is not here looks again: it is given back, or has been in the meantime."""
        if letter["kind"] == "open" and self._sessions.has(_session(letter)):
            self._tasks.create_task(self._serve(letter))
        elif letter["kind"] not in {"gone", "end", LOST}:
            self._post.send(letter["from"], letter["conn"], LOST)

    async def _serve(self, letter: Letter) -> None:
        line = RemoteLine(self._post, letter, self._metrics)
        connection = RemoteConnection(line)
        self._connections.add(connection)
        try:
            await connection.run(letter, self._sessions, self._doors, self._library, self._server)
        finally:
            line.unhear()
            self._connections.discard(connection)


def _session(opened: Letter) -> str:
    """Which is to be served."""
    hello = opened["hello"]
    name: str = (hello["resume"] or hello["listen"])["session"]
    return name


def _hello(fields: dict[str, Any]) -> Hello:
    """As the other replica has checked it."""
    resume, listen = fields.pop("resume"), fields.pop("listen")
    return Hello(**fields, resume=resume and Resume(**resume), listen=listen and Listen(**listen))
