"""A connection's socket: messages in, answers and a journal out, until it is over."""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

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
CONFIGURE_COUNTS = 5
"""All settings are looked at again, and those of every language: 9 ms where there are 42 KB of them."""

log = logging.getLogger(__name__)


class Pinged:
    """A transport that pings its peer."""

    on_ping: Callable[[], None] | None = None
    on_pong: Callable[[], None] | None = None


class Line(ABC):
    """What serving a session needs of a connection. `over` is done with what it ended for; None: a farewell, or the
    peer is gone.
    """

    wire: Pinged | Wire
    origin: str | None

    def __init__(self, metrics: Metrics) -> None:
        self.over: asyncio.Future[GatewayError | None] = asyncio.get_running_loop().create_future()
        self.metrics = metrics

    @property
    @abstractmethod
    def position(self) -> int:
        """How much of the journal was handed over."""

    @property
    @abstractmethod
    def behind(self) -> int:
        """Bytes of the journal that were not."""

    @property
    @abstractmethod
    def level(self) -> bool:
        """All that was said has left."""

    @abstractmethod
    def reply(self, event: Event) -> None: ...

    @abstractmethod
    def read(self, journal: Journal, position: int, hearing: Hearing) -> None:
        """Have the journal read, until `stop_reading`."""

    @abstractmethod
    def stop_reading(self) -> None: ...

    @abstractmethod
    def hear(self, take: Callable[[ClientMessage], None]) -> None:
        """Hand over every message from here on, within its receiving; what `take` raises, `failed` is told."""

    def end(self, error: GatewayError | None) -> None:
        if not self.over.done():
            self.over.set_result(error)

    def refuse(self, refused: Refused) -> None:
        self.reply(refusal(refused))

    def failed(self, error: Exception) -> None:
        match error:
            case Refused():
                self.refuse(error)
            case Closing():
                self.deafen()
                self.end(error)
            case ConnectionResetError():
                self.end(None)
            case _:
                log.error("! reading a connection broke", exc_info=error)
                self.end(Closing("internal"))

    @abstractmethod
    def deafen(self) -> None:
        """What still comes is not for us."""

    def stalled(self) -> None:
        """The peer takes nothing."""
        self.end(Closing("slow_reader"))


class SocketLine(Line):
    """On a socket of this process."""

    wire: Wire

    def __init__(self, websocket: WebSocket, metrics: Metrics) -> None:
        super().__init__(metrics)
        self.websocket = websocket
        self.wire = wire_of(websocket.scope)
        self.origin = websocket.headers.get("origin")
        self.reader: Reader | None = None
        self._now = asyncio.get_running_loop().time
        self._bucket = Bucket(MESSAGES_PER_SECOND, MESSAGE_BURST)

    @property
    def level(self) -> bool:
        return self.reader is None or (self.reader.level and not self.wire.unsent)

    @property
    def position(self) -> int:
        return self.reader.position if self.reader else 0

    @property
    def behind(self) -> int:
        return self.reader.behind if self.reader else 0

    def reply(self, event: Event) -> None:
        if self.reader is not None:
            self.reader.reply(event)
        else:
            self.say(encode(event))

    def say(self, data: bytes) -> None:
        """Before anything is read. Who has not taken the answers before is given up: one may not miss the welcome."""
        if self.wire.ready:
            self.wire.send_now(TEXT, data)
        elif not (self.wire.closed or self.over.done()):
            self.stalled()

    def answer(self, at: int, data: bytes) -> None:
        """What another replica answers, at its place in the journal."""
        if self.reader is not None:
            self.reader.answer(at, data)

    def read(self, journal: Journal, position: int, hearing: Hearing) -> None:
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
        self.wire.hear(lambda message: self._told(lambda text: take(decode(text)), message))

    def overhear(self, take: Callable[[str], None]) -> None:
        """The same, of messages as they are."""
        self.wire.hear(lambda message: self._told(take, message))

    def _told(self, take: Callable[[str], None], message: Message) -> None:
        """Called from within the receiving: nothing may be raised there."""
        if self.over.done():
            return
        try:
            take(self._text(message))
        except Exception as error:  # noqa: BLE001 - sorted by who is told
            self.failed(error)

    def deafen(self) -> None:
        self.wire.deafen()

    def _text(self, message: Message) -> str:
        if message["type"] == "websocket.disconnect":
            raise ConnectionResetError
        text: str | None = message.get("text")
        if not self._bucket.take(self._now(), CONFIGURE_COUNTS if text and '"configure"' in text else 1):
            raise Closing("rate_limited")
        if text is None:
            raise Closing("bad_request", "Messages are JSON text.", close_code=1003)
        return text

    def stalled(self) -> None:
        self.metrics.evicted("slow_reader")
        self.wire.abort()
        super().stalled()

    async def part(self, farewell: GatewayError | None) -> None:
        """Say why, with the close code; a peer that does not read is aborted."""
        if self.wire.closed:
            return
        code, reason = 1000, ""
        if isinstance(farewell, Closing):
            code, reason = farewell.close_code, farewell.code
            self.metrics.evicted(farewell.code)
            if self.wire.ready:
                self.wire.send_now(TEXT, encode(_fatal(farewell)))
        try:
            async with asyncio.timeout(FAREWELL_S):
                await self.websocket.close(code, reason)
        except TimeoutError:
            self.wire.abort()
        except (RuntimeError, WebSocketDisconnect):  # the peer is gone, or goes meanwhile
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
