"""Connections to one origin, kept for the next request."""

import asyncio
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass

from gateway.upstreams.http1.connection import RECEIPT_BYTES, Connection
from gateway.upstreams.http1.response import Begin, Response, Unanswered
from gateway.upstreams.observing import Clock

KEEP_S = 50.0
"""Load balancers of upstream's kind close an idle connection after 60 s."""


@dataclass(frozen=True, slots=True)
class Origin:
    host: str
    port: int
    context: ssl.SSLContext | None
    """None: in the clear."""


class Pool:
    """The connection used last is the next: the others grow old and are closed."""

    def __init__(self, origin: Origin, connect_s: float, clock: Clock = time.monotonic) -> None:
        self._origin = origin
        self._connect_s = connect_s
        self._clock = clock
        self._idle: dict[Connection, float] = {}
        """Since when each is unused, the longest unused first."""
        self._closed = False
        self._receipt = memoryview(bytearray(RECEIPT_BYTES))

    async def ask(self, request: bytes, begin: Begin | None = None) -> Response:
        """Its status and headers have come, and with `begin` of the body what that wants; `close` it when done. Raises
        `OSError` and `TimeoutError`, and what `begin` does.

        A kept connection may have been ended by the server just now: then a fresh one is asked.
        """
        kept = self._take()
        if kept is not None:
            with suppress(Unanswered):
                return await self._head(kept, request, begin)
        return await self._head(await self._open(), request, begin)

    async def aclose(self) -> None:
        self._closed = True
        idle = [*self._idle]
        for connection in idle:
            connection.abort()
        await asyncio.gather(*(connection.lost for connection in idle))

    async def _head(self, connection: Connection, request: bytes, begin: Begin | None) -> Response:
        response = connection.ask(request, self._give_back, begin)
        try:
            await response.head()
        except BaseException:
            response.close()
            raise
        return response

    async def _open(self) -> Connection:
        where = self._origin
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._connect_s):
            _, connection = await loop.create_connection(
                lambda: Connection(self._forget, self._receipt), where.host, where.port, ssl=where.context
            )
        return connection

    def _take(self) -> Connection | None:
        self._expire()
        while self._idle:
            connection, _ = self._idle.popitem()
            if connection.usable:
                return connection
        return None

    def _give_back(self, connection: Connection, response: Response) -> None:
        if response.reusable and connection.usable and not self._closed:
            self._idle[connection] = self._clock()
            self._expire()
        else:
            connection.abort()

    def _expire(self) -> None:
        too_old = self._clock() - KEEP_S
        while self._idle:
            oldest = next(iter(self._idle))
            if self._idle[oldest] > too_old:
                return
            self._forget(oldest)
            oldest.abort()

    def _forget(self, connection: Connection) -> None:
        self._idle.pop(connection, None)
