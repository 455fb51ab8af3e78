"""Run a session on a socket: greet, read messages into its conversation, read its journal onto the socket, part."""

import asyncio
import contextlib
import dataclasses
import functools
import logging
from functools import partial

from starlette.websockets import WebSocket

from gateway.access.doors import Doors
from gateway.access.rate import Bucket
from gateway.conversation import Conversation, Owner
from gateway.errors import Closing, GatewayError, Refused
from gateway.greeting import Greeted, greet, subprotocol
from gateway.journal.memory import MemoryJournal
from gateway.lip.lips import Lips
from gateway.metrics import Metrics
from gateway.protocol.casting import Aliases
from gateway.protocol.config import shown
from gateway.protocol.events import Error, Event, Goaway, Welcome, encode
from gateway.protocol.messages import LONGEST_MESSAGE, LONGEST_TEXT, Hello, decode
from gateway.reader import Listening, Reader
from gateway.session.session import MOST_HELD, MOST_TURNS, Session
from gateway.speaker import Speaking
from gateway.upstreams.base import Upstream
from gateway.wire import EXTENSION, TEXT, Message, Wire

FAREWELL_S = 1.0
MESSAGES_PER_SECOND, MESSAGE_BURST = 200, 1000

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of a gateway have in common. `caching`: upstream keeps what it spoke."""

    doors: Doors
    upstream: Upstream
    lips: Lips
    aliases: Aliases
    metrics: Metrics
    caching: bool
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

    async def run(self) -> None:
        """Admit, greet, converse, part."""
        await self._websocket.accept(subprotocol=subprotocol(self._websocket))
        farewell: GatewayError | None = None
        try:
            begin = partial(Session, caching=self._shared.caching, aliases=self._shared.aliases)
            greeted = await greet(self._websocket, self._shared.doors, self._receive, self._refuse, begin)
            with self._shared.metrics.sessions.track_inprogress():
                farewell = await self._converse(greeted)
        except Closing as closing:
            farewell = closing
        except ConnectionResetError:
            return
        except Exception:
            log.exception("! a connection broke")
            farewell = Closing("internal")
        await self._part(farewell)

    def go_away(self, reason: str, error: Closing) -> None:
        """The gateway stops: say so and end the connection."""
        if self._reader is not None:
            self._reader.reply(Goaway(reason=reason, in_ms=0))
        self.end(error)

    def end(self, error: GatewayError | None) -> None:
        if not self._over.done():
            self._over.set_result(error)

    async def _converse(self, greeted: Greeted) -> GatewayError | None:
        hello, started_at = greeted.hello, self._now()
        journal = MemoryJournal(message_limit=hello.max_frame_bytes)
        async with asyncio.TaskGroup() as tasks:
            shared = self._shared
            speaking = Speaking(journal, shared.upstream, shared.lips, hello.max_frame_bytes, tasks)
            owner = Owner(self._reply, self.end)
            conversation = Conversation(greeted.session, owner, speaking, shared.metrics)
            self._reader = self._reads(conversation, hello)
            self._reply(self._welcome(greeted))
            if greeted.first is not None:
                conversation.post(greeted.first)
            self._wire.hear(functools.partial(self._told, conversation))
            farewell = await self._over
            conversation.close()
            self._reader.close()
        self._log_end(greeted, journal.last_seq, self._now() - started_at, farewell)
        return farewell

    def _reads(self, conversation: Conversation, hello: Hello) -> Reader:
        listening = Listening(
            framing=hello.framing,
            limit=hello.max_frame_bytes,
            turn_of=conversation.turn_of,
            handed=conversation.handed,
            behind=conversation.speaker.taken,
            gone=self._stalled,
        )
        return Reader(self._wire, conversation.journal, listening)

    def _told(self, conversation: Conversation, message: Message) -> None:
        """Called from within the receiving: nothing may be raised there."""
        if self._over.done():
            return
        try:
            conversation.post(decode(self._text(message)))
        except Refused as refused:
            self._refuse(refused)
        except Closing as closing:
            self.end(closing)
        except ConnectionResetError:
            self.end(None)
        except Exception:
            log.exception("! reading a connection broke")
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
        self._reply(
            Error(
                code=refused.code,
                message=refused.message,
                field=refused.field,
                retryable=refused.retryable,
                re=refused.re,
                turn=refused.turn,
            )
        )

    def _welcome(self, greeted: Greeted) -> Welcome:
        return Welcome(
            session=greeted.session.id,
            config=shown(greeted.session.config),
            limits={
                "message_bytes": LONGEST_MESSAGE,
                "turn_characters": LONGEST_TEXT,
                "held_characters": MOST_HELD,
                "queued_turns": MOST_TURNS,
                "messages_per_second": MESSAGES_PER_SECOND,
                "max_frame_bytes": greeted.hello.max_frame_bytes,
            },
            ignored=greeted.session.ignored,
            server=self._shared.server,
            re=greeted.hello.id,
        )

    def _stalled(self) -> None:
        self._wire.abort()
        self.end(Closing("slow_reader"))

    async def _part(self, farewell: GatewayError | None) -> None:
        """Say why, with the close code; a peer that does not read is aborted."""
        if self._wire.closed:
            return
        code, reason = 1000, ""
        if isinstance(farewell, Closing):
            code, reason = farewell.close_code, farewell.code
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

    def _log_end(self, greeted: Greeted, messages: int, seconds: float, farewell: GatewayError | None) -> None:
        log.info(
            "= session %s ended after %.1f s",
            greeted.session.id,
            seconds,
            extra={
                "session": greeted.session.id,
                "client": greeted.hello.client,
                "messages": messages,
                "reason": farewell.code if farewell else "client",
            },
        )


def _fatal(closing: Closing) -> Error:
    return Error(
        code=closing.code,
        message=closing.message,
        retryable=closing.retryable,
        fatal=True,
        close_code=closing.close_code,
    )
