"""One connection, asked one request after the other."""

import asyncio
from collections.abc import Callable
from typing import cast

from gateway.upstreams.http1.response import Begin, Response

RECEIPT_BYTES = 64 << 10
"""What one wake-up brings at most: uvloop would hand over up to 256 KiB at once, which a client that does not read
would keep in memory."""


class Connection(asyncio.BufferedProtocol):
    def __init__(self, ended: Callable[["Connection"], None], receipt: memoryview) -> None:
        """`ended` is called once the connection is of no use any more. `receipt` is shared by the connections of one
        loop: it is parsed before the loop goes on.
        """
        self._receipt = receipt
        self.lost = asyncio.get_running_loop().create_future()
        """Done when its socket is closed."""
        self._ended = ended
        self._response: Response | None = None
        self._transport: asyncio.Transport

    @property
    def usable(self) -> bool:
        return not self._transport.is_closing()

    def ask(
        self, request: bytes, closed: Callable[["Connection", Response], None], begin: Begin | None = None
    ) -> Response:
        """`closed` is called when the response is wanted no more; only then the next may be asked."""
        self._response = Response(self._transport, lambda response: self._answered(response, closed), begin)
        self._transport.write(request)
        return self._response

    def abort(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._receipt

    def buffer_updated(self, nbytes: int) -> None:
        if self._response is None:
            self._transport.abort()
        else:
            self._response.feed(self._receipt[:nbytes])

    def eof_received(self) -> None:
        self._end(cleanly=True)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(cleanly=error is None)
        self.lost.set_result(None)

    def _answered(self, response: Response, closed: Callable[["Connection", Response], None]) -> None:
        self._response = None
        closed(self, response)

    def _end(self, *, cleanly: bool) -> None:
        if self._response is not None:
            self._response.end(cleanly=cleanly)
        self._ended(self)
