"""One response, handed on as it is received. httptools (llhttp) parses.

    head            status and headers; 1xx before it mean nothing
    body            chunked, of a known length, or up to the connection's end
    complete        nothing of it follows

What one wake-up brought is handed on as one piece.
"""

import asyncio
from collections.abc import Callable

import httptools

Take = Callable[[bytes], bool]
"""Is given a piece of a body and says whether that is enough."""
Begin = Callable[["Response"], Take]
"""Is told of status and headers from within their receipt, raises nothing, and says who takes the body."""
LONGEST_HEAD = 64 * 1024

_FINAL_STATUS = 200


class Broken(ConnectionError):
    """The response was cut, or is no HTTP."""


class Unanswered(Broken):
    """The connection ended before a single byte came."""


class Response:
    """`closed` is called once, by the first `close`."""

    def __init__(
        self, transport: asyncio.Transport, closed: Callable[["Response"], None], begin: Begin | None = None
    ) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        """Names in lower case; of several values the last."""
        self._transport = transport
        self._closed: Callable[[Response], None] | None = closed
        self._begin = begin
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._received = 0
        self._has_head = False
        self._complete = False
        self._reusable = False
        self._pieces: list[bytes] = []
        self._take: Take | None = None
        self._paused = False
        self._error: Broken | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def complete(self) -> bool:
        return self._complete

    @property
    def reusable(self) -> bool:
        """The connection may be asked again: all of this was received, and not a byte too many."""
        return self._complete and self._reusable

    async def head(self) -> None:
        """Until `status` and `headers` are known; with `begin` until who took the body has enough, or all of it. Raises
        `Broken`, and what that raises.
        """
        if not self._has_head:
            await self._wait()

    async def pour(self, take: Take) -> None:
        """Give `take` what has come of the body, and from within each receipt what that brings, until it has enough or
        the body is complete. Raises `Broken` behind all that came, and what `take` raises.
        """
        self._take = take
        await self._wait()

    def pause(self) -> None:
        """Receive no more for now."""
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def close(self) -> None:
        """No more of it is wanted. May be called again."""
        closed, self._closed = self._closed, None
        if closed is not None:
            self._parser = self._error = None
            self.resume()
            closed(self)

    def feed(self, data: bytes | memoryview) -> None:
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
        self._hand_on()

    def end(self, *, cleanly: bool) -> None:
        """The connection has ended; `cleanly`: the server has said so."""
        if cleanly and self._has_head and not {"content-length", "transfer-encoding"} & self.headers.keys():
            self._complete = True
        elif self._received:
            self._fail(Broken("The response was cut."))
        else:
            self._fail(Unanswered("The connection ended without a response."))
        self._hand_on()

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
            if self._begin is not None:
                self._take = self._begin(self)

    def on_body(self, data: bytes) -> None:
        if not self._complete:
            self._pieces.append(data)

    def on_message_complete(self) -> None:
        self._complete = self._has_head

    def _fail(self, error: Broken) -> None:
        self._reusable = False
        if not self._complete and self._error is None:
            self._error = error
            self._transport.abort()

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        self._hand_on()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _hand_on(self) -> None:
        """What `take` raises goes to who waits: from here it would end up in the loop's log."""
        pieces = self._pieces
        if self._waiter is None or self._waiter.done():
            return
        over = self._has_head if self._take is None else self._complete
        if pieces and self._take is not None:
            self._pieces = []
            try:
                over = self._take(pieces[0] if len(pieces) == 1 else b"".join(pieces)) or over
            except Exception as error:  # noqa: BLE001 - raised by `pour`
                self._waiter.set_exception(error)
                return
        if over:
            self._waiter.set_result(None)
        elif self._error is not None:
            self._waiter.set_exception(self._error)
