"""A socket's life: greet; own a session, or hear one; part."""

import contextlib
import dataclasses
import logging
from collections.abc import Callable
from functools import partial

from starlette.websockets import WebSocket

from gateway.access.doors import Doors
from gateway.access.tokens import Grant
from gateway.access.validity import Validity
from gateway.answers import lost
from gateway.errors import Closing, GatewayError
from gateway.greeting import Greeted, greet, subprotocol
from gateway.hearing import Listener
from gateway.line import Line, SocketLine
from gateway.longform.library import Library
from gateway.metrics import Metrics
from gateway.owning import Owning
from gateway.protocol.casting import Aliases
from gateway.protocol.messages import FRAME_BYTES, Resume
from gateway.relay import Relay, Relayed, Relays
from gateway.session.session import Session
from gateway.sessions import Live, Sessions

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of a gateway have in common. `caching`: upstream keeps what it spoke; `draining`: no new
    session is taken.
    """

    doors: Doors
    sessions: Sessions
    library: Library
    aliases: Aliases
    metrics: Metrics
    caching: bool
    draining: Callable[[], bool]
    server: str
    relays: Relays | None = None
    """To replicas that have the session which a client asks for."""


class Served:
    """A connection that serves a session, or is to: what a drain sees of it."""

    def __init__(self, line: Line) -> None:
        self.end = line.end
        self._served_line = line
        self._owned: Live | None = None

    def drain(self, in_ms: int) -> None:
        """The gateway stops after so long: say so and let turns come to their end."""
        if self._owned is not None and not self._served_line.over.done():
            self._owned.conversation.drain(in_ms)

    @property
    def silent(self) -> bool:
        """No turn speaks or waits, and all that was said has left."""
        return self._owned is None or (self._owned.conversation.session.silent and self._served_line.level)


class Connection(Served):
    """Serve one socket with `run`, once."""

    def __init__(self, websocket: WebSocket, shared: Shared) -> None:
        self._websocket = websocket
        self._shared = shared
        self._line = SocketLine(websocket, shared.metrics)
        self._relay: Relay | None = None
        super().__init__(self._line)

    def drain(self, in_ms: int) -> None:
        if self._relay is None:
            super().drain(in_ms)
        elif not self._line.over.done():
            self._relay.drain(in_ms)

    @property
    def silent(self) -> bool:
        return super().silent if self._relay is None else self._relay.silent

    async def run(self) -> None:
        """Admit, greet, own or hear, part."""
        await self._websocket.accept(subprotocol=subprotocol(self._websocket))
        with contextlib.suppress(ConnectionResetError):
            await self._line.part(await self._farewell())

    async def _farewell(self) -> GatewayError | None:
        """Why it ended; kept in no variable, since an error refers to the frames that it came through. Raises
        ConnectionResetError when the peer is gone.
        """
        try:
            self._check_draining()
            begin = partial(Session, caching=self._shared.caching, aliases=self._shared.aliases)
            greeted = await greet(self._websocket, self._shared.doors, self._line.receive, self._line.refuse, begin)
            self._check_draining()
            if (relayed := await self._relayed(greeted)) is not None:
                return relayed.why
            return await self._served(greeted)
        except Closing as closing:
            return closing
        except ConnectionResetError:
            raise
        except Exception:
            log.exception("! a connection broke")
            return Closing("internal")

    def _check_draining(self) -> None:
        if self._shared.draining():
            raise Closing("draining")

    async def _relayed(self, greeted: Greeted) -> Relayed | None:
        """Served by another replica, where one has the session."""
        hello, relays = greeted.hello, self._shared.relays
        asked = hello.resume or hello.listen
        if relays is None or asked is None or self._shared.sessions.has(asked.session):
            return None
        relayed = await relays.relay(self._line, greeted, asked.session, self._served_by)
        if relayed is None:
            self._relay = None
        return relayed

    def _served_by(self, relay: Relay) -> None:
        self._relay = relay

    async def _served(self, greeted: Greeted) -> GatewayError | None:
        with contextlib.closing(Validity(greeted.grant, self._shared.doors.revocations, self.end)) as validity:
            return await self._serve(greeted, validity)

    async def _serve(self, greeted: Greeted, validity: Validity) -> GatewayError | None:
        hello, shared = greeted.hello, self._shared
        if hello.listen is not None:
            live = shared.sessions.heard(hello.listen, greeted.grant, hello.max_frame_bytes)
            with shared.metrics.listeners.track_inprogress():
                return await Listener(self._line, live).run(greeted, hello.listen, shared.server)
        with shared.metrics.sessions.track_inprogress():
            self._owned = live = await self._session(greeted)
            owning = Owning(self._line, live, shared.sessions, shared.doors, validity, shared.library)
            return await owning.run(greeted, shared.server)

    async def _session(self, greeted: Greeted) -> Live:
        """A new one, or the one that is resumed. Raises `Closing`."""
        hello, grant, sessions = greeted.hello, greeted.grant, self._shared.sessions
        if hello.resume is not None:
            return await self._resumed(hello.resume, grant, hello.max_frame_bytes)
        assert greeted.session is not None  # noqa: S101 - what is not resumed is new
        return await sessions.begin(greeted.session, grant, hello.max_frame_bytes or FRAME_BYTES, hello.client)

    async def _resumed(self, asked: Resume, grant: Grant, max_frame_bytes: int | None) -> Live:
        """Raises `Closing`."""
        metrics = self._shared.metrics
        try:
            live = await self._shared.sessions.resume(asked, grant, max_frame_bytes)
        except Closing:
            metrics.resumed("refused")
            raise
        metrics.resumed("resumed" if lost(live.conversation.journal, asked.last_seq) is None else "lost")
        return live
