"""A socket's life: greet; own a session, or hear one; part.

own      messages into the session's conversation, its journal onto the socket
hear     the journal only
"""

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import Callable
from functools import partial

from starlette.websockets import WebSocket

from gateway.access.doors import Doors
from gateway.access.rate import Bucket
from gateway.access.tokens import Grant
from gateway.access.validity import Validity
from gateway.answers import MESSAGES_PER_SECOND, listening, resumed, welcome
from gateway.conversation import Owner
from gateway.errors import Closing, GatewayError, Refused
from gateway.greeting import Greeted, greet, subprotocol
from gateway.journal.base import Frame
from gateway.metrics import Metrics
from gateway.protocol.casting import Aliases
from gateway.protocol.encoding import encode
from gateway.protocol.events import Error, Event, Pong, Resumed, Welcome, refusal
from gateway.protocol.messages import FRAME_BYTES, Bye, ClientMessage, Configure, Hello, Listen, Ping, Playback, decode
from gateway.reader import Hearing, Reader
from gateway.receipts import Receipts
from gateway.session.inputs import Renewed
from gateway.session.session import Session
from gateway.sessions import Live, Sessions
from gateway.turnstile import Turnstile
from gateway.wire import EXTENSION, TEXT, Message, Wire

FAREWELL_S = 1.0
MESSAGE_BURST = 1000
LISTENER_BEHIND = 4 << 20
"""Bytes of the journal that a listener may have to take; beyond, it is given up."""

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of a gateway have in common. `caching`: upstream keeps what it spoke; `draining`: no new
    session is taken.
    """

    doors: Doors
    sessions: Sessions
    aliases: Aliases
    metrics: Metrics
    caching: bool
    draining: Callable[[], bool]
    server: str


class Connection:
    """Serve one socket with `run`, once."""

    def __init__(self, websocket: WebSocket, shared: Shared) -> None:
        loop = asyncio.get_running_loop()
        self._websocket = websocket
        self._wire: Wire = websocket.scope["extensions"][EXTENSION]
        self._shared = shared
        self._now = loop.time
        self._bucket = Bucket(MESSAGES_PER_SECOND, MESSAGE_BURST)
        self._over: asyncio.Future[GatewayError | None] = loop.create_future()
        self._reader: Reader | None = None
        self._live: Live | None = None
        """The session whose owner this is."""
        self._receipts: Receipts | None = None
        self._finishing = False

    async def run(self) -> None:
        """Admit, greet, own or hear, part."""
        await self._websocket.accept(subprotocol=subprotocol(self._websocket))
        farewell: GatewayError | None = None
        try:
            self._check_draining()
            begin = partial(Session, caching=self._shared.caching, aliases=self._shared.aliases)
            greeted = await greet(self._websocket, self._shared.doors, self._receive, self._refuse, begin)
            self._check_draining()
            with contextlib.closing(Validity(greeted.grant, self._shared.doors.revocations, self.end)) as validity:
                farewell = await self._serve(greeted, validity)
        except Closing as closing:
            farewell = closing
        except ConnectionResetError:
            return
        except Exception:
            log.exception("! a connection broke")
            farewell = Closing("internal")
        await self._part(farewell)

    def drain(self, in_ms: int) -> None:
        """The gateway stops after so long: say so and let turns come to their end."""
        if self._live is not None and not self._over.done():
            self._live.conversation.drain(in_ms)

    @property
    def silent(self) -> bool:
        """No turn speaks or waits, and all that was said has left."""
        if self._live is None or self._reader is None:
            return True
        return self._live.conversation.session.silent and self._reader.level and not self._wire.unsent

    def _check_draining(self) -> None:
        if self._shared.draining():
            raise Closing("draining")

    def end(self, error: GatewayError | None) -> None:
        if not self._over.done():
            self._over.set_result(error)

    async def _serve(self, greeted: Greeted, validity: Validity) -> GatewayError | None:
        hello, sessions, grant = greeted.hello, self._shared.sessions, greeted.grant
        if hello.listen is not None:
            live = sessions.heard(hello.listen, hello.max_frame_bytes)
            _check_hearing(grant, live)
            return await self._hear(live, hello, hello.listen)
        with self._shared.metrics.sessions.track_inprogress():
            if hello.resume is not None:
                live = sessions.resume(hello.resume, hello.max_frame_bytes)
                _go_on(grant, live)
                await live.conversation.account.enter()
                return await self._own(live, greeted, hello.resume.last_seq, validity)
            assert greeted.session is not None  # noqa: S101 - what is not resumed is new
            live = await sessions.begin(greeted.session, hello.max_frame_bytes or FRAME_BYTES, hello.client, grant)
            return await self._own(live, greeted, 0, validity)

    # Own

    async def _own(self, live: Live, greeted: Greeted, position: int, validity: Validity) -> GatewayError | None:
        conversation, hello, sessions = live.conversation, greeted.hello, self._shared.sessions
        owner = Owner(self._reply, self.end, self._let_go)
        sessions.attach(live, owner, position)
        self._live = live
        self._receipts = Receipts(self._wire, conversation.journal, self._position, live.rotation.settle)
        turnstile = Turnstile(partial(self._admit, live, validity), self._failed, conversation.account.tasks)
        farewell: GatewayError | None = None
        try:
            self._reply(self._answer(live, hello, position))
            self._read(live, position, self._owning(live, hello))
            if greeted.first is not None:
                turnstile.put(greeted.first)
            self._wire.hear(partial(self._told, partial(self._take, live, self._receipts, turnstile)))
            farewell = await self._over
        finally:
            turnstile.close()
            sessions.leave(live, owner, farewell)
            self._stop_reading()
            if conversation.owner in {None, owner}:
                await conversation.account.leave()
        return farewell

    def _answer(self, live: Live, hello: Hello, position: int) -> Welcome | Resumed:
        window_ms = round(self._shared.sessions.bounds.window_s * 1000)
        if hello.resume is None:
            return welcome(live, hello, self._shared.server, window_ms)
        return resumed(live, hello, self._shared.server, window_ms, position)

    def _owning(self, live: Live, hello: Hello) -> Hearing:
        conversation = live.conversation
        return Hearing(
            framing=hello.framing,
            limit=live.message_limit,
            turn_of=conversation.turn_of,
            handed=conversation.handed,
            behind=conversation.speaker.taken,
            gone=self._stalled,
            first=True,
            keeps=self._shared.sessions.bounds.window_s > 0,
        )

    def _take(self, live: Live, receipts: Receipts, turnstile: Turnstile, message: ClientMessage) -> None:
        if isinstance(message, Ping | Playback) and message.last_seq is not None:
            receipts.tell(message.last_seq)
        if turnstile.busy or not live.conversation.account.free(message):
            turnstile.put(message)
        else:
            live.conversation.post(message)

    async def _admit(self, live: Live, validity: Validity, message: ClientMessage) -> None:
        """Handle a message that has to be paid for or proves something. Raises `Refused`."""
        if self._over.done():
            return
        if isinstance(message, Configure) and message.token is not None:
            await self._renew(live, validity, message, message.token)
        else:
            await live.conversation.account.take(message, live.conversation.post)

    async def _renew(self, live: Live, validity: Validity, message: Configure, token: str) -> None:
        """Go on with another token. Raises `Refused`; then the one before still holds."""
        conversation = live.conversation
        try:
            grant = await self._shared.doors.grant(token, None, self._websocket.headers.get("origin"))
            if grant.rights.tenant != conversation.account.grant.rights.tenant:
                raise Refused("forbidden", "The token is another tenant's.", field="token")
        except Refused as refused:
            refused.re = message.id
            raise
        conversation.post(
            Renewed(id=message.id, n=message.n, config=message.config, apply=message.apply, rights=grant.rights)
        )
        if conversation.session.rights is grant.rights:
            conversation.account.grant = grant
            validity.renew(grant)

    def _let_go(self) -> int:
        position = self._position()
        self._stop_reading()
        return position

    # Hear

    async def _hear(self, live: Live, hello: Hello, listen: Listen) -> GatewayError | None:
        journal = live.conversation.journal
        begun = journal.begun() if listen.from_ == "turn" else None
        position = journal.last_seq if begun is None else begun - 1
        self._reply(listening(live, hello, self._shared.server, position))
        live.listeners.add(self._finish)
        try:
            self._read(live, position, self._hearing(live, hello))
            self._wire.hear(partial(self._told, self._asked))
            return await self._over
        finally:
            live.listeners.discard(self._finish)
            self._stop_reading()

    def _hearing(self, live: Live, hello: Hello) -> Hearing:
        return Hearing(
            framing=hello.framing,
            limit=live.message_limit,
            turn_of=live.conversation.turn_of,
            handed=_nobody_minds,
            behind=self._behind,
            gone=self._stalled,
        )

    def _asked(self, message: ClientMessage) -> None:
        match message:
            case Bye():
                self.end(None)
            case Ping():
                self._reply(Pong(t=message.t, re=message.id))
            case _:
                refused = Refused("bad_request", "A listener may say ping and bye.", field="type")
                refused.re = message.id
                raise refused

    def _finish(self) -> None:
        """The session has ended: part when all of it was heard."""
        self._finishing = True
        if self._reader is None or not self._reader.behind:
            self.end(None)

    def _behind(self, behind: int) -> None:
        if behind > LISTENER_BEHIND:
            self.end(Closing("slow_reader"))
        elif self._finishing and not behind:
            self.end(None)

    # The socket

    def _read(self, live: Live, position: int, hearing: Hearing) -> None:
        self._reader = Reader(self._wire, live.conversation.journal, hearing, position)
        self._reader.pump()

    def _position(self) -> int:
        return self._reader.position if self._reader else 0

    def _stop_reading(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._receipts is not None:
            self._receipts.close()
            self._receipts = None

    def _told(self, take: Callable[[ClientMessage], None], message: Message) -> None:
        """Called from within the receiving: nothing may be raised there."""
        if self._over.done():
            return
        try:
            take(decode(self._text(message)))
        except Exception as error:  # noqa: BLE001 - sorted by who is told
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        match error:
            case Refused():
                self._refuse(error)
            case Closing():
                self._wire.deafen()
                self.end(error)
            case ConnectionResetError():
                self.end(None)
            case _:
                log.error("! reading a connection broke", exc_info=error)
                self.end(Closing("internal"))

    async def _receive(self) -> str:
        return self._text(await self._websocket.receive())

    def _text(self, message: Message) -> str:
        if message["type"] == "websocket.disconnect":
            raise ConnectionResetError
        if not self._bucket.take(self._now()):
            raise Closing("rate_limited")
        text: str | None = message.get("text")
        if text is None:
            raise Closing("bad_request", "Messages are JSON text.", close_code=1003)
        return text

    def _reply(self, event: Event) -> None:
        if self._reader is not None:
            self._reader.reply(event)
        elif self._wire.ready:
            self._wire.send_now(TEXT, encode(event))

    def _refuse(self, refused: Refused) -> None:
        self._reply(refusal(refused))

    def _stalled(self) -> None:
        self._shared.metrics.evicted("slow_reader")
        self._wire.abort()
        self.end(Closing("slow_reader"))

    async def _part(self, farewell: GatewayError | None) -> None:
        """Say why, with the close code; a peer that does not read is aborted."""
        if self._wire.closed:
            return
        code, reason = 1000, ""
        if isinstance(farewell, Closing):
            code, reason = farewell.close_code, farewell.code
            self._shared.metrics.evicted(farewell.code)
            if self._wire.ready:
                self._wire.send_now(TEXT, encode(_fatal(farewell)))
        try:
            async with asyncio.timeout(FAREWELL_S):
                await self._websocket.close(code, reason)
        except TimeoutError:
            self._wire.abort()
        except RuntimeError:
            with contextlib.suppress(OSError):
                self._wire.abort()


def _check_hearing(grant: Grant, live: Live) -> None:
    """The secret hears everybody; a token, if it may listen, sessions of its tenant. Raises `Closing`."""
    own = live.conversation.account.grant.rights.tenant
    if not grant.rights.listen or grant.rights.tenant not in {"", own}:
        raise Closing("forbidden", "The token does not allow listening to this session.")


def _go_on(grant: Grant, live: Live) -> None:
    """A session that is resumed has the rights of the credential that resumes it. Raises `Closing`."""
    account, session = live.conversation.account, live.conversation.session
    if grant.rights.tenant != account.grant.rights.tenant:
        raise Closing("forbidden", "The session is another tenant's.")
    live.conversation.post(Renewed(rights=grant.rights))
    if session.rights is not grant.rights:
        raise Closing("forbidden", "The token does not allow what the session is set to.")
    account.grant = grant


def _nobody_minds(_: Frame) -> None:
    """What a listener's socket took is on nobody's clock."""


def _fatal(closing: Closing) -> Error:
    return Error(
        code=closing.code,
        message=closing.message,
        retryable=closing.retryable,
        fatal=True,
        close_code=closing.close_code,
    )
