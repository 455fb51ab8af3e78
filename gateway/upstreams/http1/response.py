"""One response, received as it comes and read when it suits. httptools (llhttp) parses.

    head            status and headers; 1xx before it mean nothing
    body            chunked, of a known length, or up to the connection's end
    complete        nothing of it follows

What one wake-up brought is read as one piece. Who reads slowly stops the connection from receiving.
"""

import asyncio
from collections.abc import Callable

import httptools

MOST_HELD = 64 * 1024
"""Bytes received and not read, beyond which no more are taken from the socket. One receipt may exceed it."""
LONGEST_HEAD = 64 * 1024

_FINAL_STATUS = 200


class Broken(ConnectionError):
    """The response was cut, or is no HTTP."""


class Unanswered(Broken):
    """The connection ended before a single byte came."""


class Response:
    """`closed` is called once, by the first `close`."""

    def __init__(self, transport: asyncio.Transport, closed: Callable[["Response"], None]) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        """Names in lower case; of several values the last."""
        self._transport = transport
        self._closed: Callable[[Response], None] | None = closed
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._received = 0
        self._has_head = False
        self._complete = False
        self._reusable = False
        self._pieces: list[bytes] = []
        self._held = 0
        self._paused = False
        self._error: Broken | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def reusable(self) -> bool:
        """The connection may be asked again: all of this was received and not a byte too many, and it still listens."""
        return self._complete and self._reusable and not self._paused

    async def head(self) -> None:
        """Until `status` and `headers` are known. Raises `Broken`."""
        while not self._has_head:
            await self._news(None)

    async def read(self, within: float | None = None) -> bytes:
        """More of the body; nothing at its end. Raises `Broken` behind all that came.

        `within` are seconds until `TimeoutError`; they cost less than `asyncio.timeout` would.
        """
        while not self._pieces:
            if self._complete:
                return b""
            await self._news(within)
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()
        return data

    def close(self) -> None:
        """No more of it is wanted. May be called again."""
        closed, self._closed = self._closed, None
        if closed is not None:
            self._parser = None
            closed(self)

    def feed(self, data: bytes) -> None:
        """The connection has received something."""
        if self._complete or self._parser is None:
            self._reusable = False
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(Broken("The response is no HTTP."))
        if not self._has_head and self._received > LONGEST_HEAD:
            self._fail(Broken("The response's head is too long."))
        if self._held > MOST_HELD and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def end(self, *, cleanly: bool) -> None:
        """The connection has ended; `cleanly`: the server has said so."""
        if cleanly and self._has_head and not {"content-length", "transfer-encoding"} & self.headers.keys():
            self._complete = True
        elif self._received:
            self._fail(Broken("The response was cut."))
        else:
            self._fail(Unanswered("The connection ended without a response."))
        self._wake()

    def on_message_begin(self) -> None:
        if self._complete:
            self._reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._parser is None or self._complete:
            return
        self.status = self._parser.get_status_code()
        if self.status < _FINAL_STATUS:
            self.headers.clear()
        else:
            self._has_head = True
            self._reusable = self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        if not self._complete:
            self._pieces.append(data)
            self._held += len(data)

    def on_message_complete(self) -> None:
        self._complete = self._has_head

    def _fail(self, error: Broken) -> None:
        self._reusable = False
        if not self._complete and self._error is None:
            self._error = error
            self._transport.abort()

    async def _news(self, within: float | None) -> None:
        if self._error is not None:
            raise self._error
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        timer = None if within is None else loop.call_later(within, _late, waiter)
        try:
            await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _late(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
