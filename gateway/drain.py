"""Stop a gateway without cutting a turn.

begun       new connections are refused, running ones told `goaway`; turns that were accepted come to their end
silent      a connection whose turns have ended, and whose client has taken them, closes with 4200
over        at the deadline, or when hurried, the rest closes with 1012
"""

import asyncio
import contextlib

from gateway.connection import Served
from gateway.errors import Closing

CLOSING_S = 3.0
"""What closing takes at most, of the time there is for all."""
FAREWELL_S = 2.0
LOOK_S = 0.05
HARD_STOP = 1012


class Drain:
    """`within_s`: all of it, closing included."""

    def __init__(self, connections: set[Served], within_s: float) -> None:
        self.begun = False
        self._connections = connections
        self._patience_s = max(0.0, within_s - CLOSING_S)
        self._hurried = False

    def hurry(self) -> None:
        """Don't wait for turns. May be called from a signal's handler."""
        self._hurried = True

    async def run(self) -> None:
        self.begun = True
        patience_s = 0.0 if self._hurried else self._patience_s
        over_at = asyncio.get_running_loop().time() + patience_s
        for connection in tuple(self._connections):
            connection.drain(round(patience_s * 1000))
        self._end_silent()
        while self._connections and not self._hurried and asyncio.get_running_loop().time() < over_at:
            await asyncio.sleep(LOOK_S)
            self._end_silent()
        for connection in tuple(self._connections):
            connection.end(Closing("draining", close_code=HARD_STOP))
        await self._parted()

    def _end_silent(self) -> None:
        for connection in tuple(self._connections):
            if connection.silent:
                connection.end(Closing("draining"))

    async def _parted(self) -> None:
        """Until every client was told."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                while self._connections:
                    await asyncio.sleep(0.01)
