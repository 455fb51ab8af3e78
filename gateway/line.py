"""A connection's socket: messages in, answers and a journal out, until it is over."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from starlette.websockets import WebSocket

from gateway.access.rate import Bucket
from gateway.errors import Closing, GatewayError, Refused
from gateway.journal.base import Journal
from gateway.metrics import Metrics
from gateway.protocol.encoding import encode
from gateway.protocol.events import Error, Event, refusal
from gateway.protocol.messages import ClientMessage, decode
from gateway.reader import Hearing, Reader
from gateway.wire import TEXT, Message, Wire, wire_of

FAREWELL_S = 1.0
MESSAGES_PER_SECOND = 200
MESSAGE_BURST = 1000

log = logging.getLogger(__name__)


class Line:
    """`over` is done with what the connection ended for; None: a farewell, or the peer is gone."""

    def __init__(self, websocket: WebSocket, metrics: Metrics) -> None:
        loop = asyncio.get_running_loop()
        self.websocket = websocket
        self.wire: Wire = wire_of(websocket.scope)
        self.over: asyncio.Future[GatewayError | None] = loop.create_future()
        self.reader: Reader | None = None
        self._metrics = metrics
        self._now = loop.time
        self._bucket = Bucket(MESSAGES_PER_SECOND, MESSAGE_BURST)

    @property
    def level(self) -> bool:
        """All that was said has left."""
        return self.reader is None or (self.reader.level and not self.wire.unsent)

    @property
    def position(self) -> int:
        return self.reader.position if self.reader else 0

    def end(self, error: GatewayError | None) -> None:
        if not self.over.done():
            self.over.set_result(error)

    def reply(self, event: Event) -> None:
        if self.reader is not None:
            self.reader.reply(event)
        elif self.wire.ready:
            self.wire.send_now(TEXT, encode(event))

    def refuse(self, refused: Refused) -> None:
        self.reply(refusal(refused))

    def read(self, journal: Journal, position: int, hearing: Hearing) -> None:
        """Have the journal read onto the socket, until `stop_reading`."""
        self.reader = Reader(self.wire, journal, hearing, position)
        self.reader.pump()

    def stop_reading(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    async def receive(self) -> str:
        """The next message, before `hear`. Raises `Closing`, and ConnectionResetError when the peer is gone."""
        return self._text(await self.websocket.receive())

    def hear(self, take: Callable[[ClientMessage], None]) -> None:
        """Hand over every message from here on, within its receiving; what `take` raises, `failed` is told."""
        self.wire.hear(lambda message: self._told(take, message))

    def _told(self, take: Callable[[ClientMessage], None], message: Message) -> None:
        """Called from within the receiving: nothing may be raised there."""
        if self.over.done():
            return
        try:
            take(decode(self._text(message)))
        except Exception as error:  # noqa: BLE001 - sorted by who is told
            self.failed(error)

    def failed(self, error: Exception) -> None:
        match error:
            case Refused():
                self.refuse(error)
            case Closing():
                self.wire.deafen()
                self.end(error)
            case ConnectionResetError():
                self.end(None)
            case _:
                log.error("! reading a connection broke", exc_info=error)
                self.end(Closing("internal"))

    def _text(self, message: Message) -> str:
        if message["type"] == "websocket.disconnect":
            raise ConnectionResetError
        if not self._bucket.take(self._now()):
            raise Closing("rate_limited")
        text: str | None = message.get("text")
        if text is None:
            raise Closing("bad_request", "Messages are JSON text.", close_code=1003)
        return text

    def stalled(self) -> None:
        """The peer takes nothing."""
        self._metrics.evicted("slow_reader")
        self.wire.abort()
        self.end(Closing("slow_reader"))

    async def part(self, farewell: GatewayError | None) -> None:
        """Say why, with the close code; a peer that does not read is aborted."""
        if self.wire.closed:
            return
        code, reason = 1000, ""
        if isinstance(farewell, Closing):
            code, reason = farewell.close_code, farewell.code
            self._metrics.evicted(farewell.code)
            if self.wire.ready:
                self.wire.send_now(TEXT, encode(_fatal(farewell)))
        try:
            async with asyncio.timeout(FAREWELL_S):
                await self.websocket.close(code, reason)
        except TimeoutError:
            self.wire.abort()
        except RuntimeError:
            with contextlib.suppress(OSError):
                self.wire.abort()


def _fatal(closing: Closing) -> Error:
    return Error(
        code=closing.code,
        message=closing.message,
        retryable=closing.retryable,
        fatal=True,
        close_code=closing.close_code,
    )
