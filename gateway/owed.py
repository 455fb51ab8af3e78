"""What the store has still to be told: in order, and again while it cannot be reached."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from gateway.errors import Refused

MOST = 10_000
AGAIN_S = 1.0
LAST_S = 2.0

Tell = Callable[[], Awaitable[None]]
"""Raises `Refused` while the store is away. It may have been heard all the same: telling twice must do no harm."""

log = logging.getLogger(__name__)


class Owed:
    """At most `MOST` wait; beyond, the newest are lost, and said to be in the log. `run` tells them."""

    def __init__(self) -> None:
        self._waiting: deque[Tell] = deque()
        self._wake = asyncio.Event()
        self._told = asyncio.Event()
        self._told.set()

    def add(self, tell: Tell) -> None:
        if len(self._waiting) >= MOST:
            log.warning("! the store is away for too long: one entry is lost")
            return
        self._waiting.append(tell)
        self._told.clear()
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            while self._waiting:
                if not await self._next():
                    await asyncio.sleep(AGAIN_S)
            self._wake.clear()
            self._told.set()

    async def settle(self) -> None:
        """Waits until all is told, for `LAST_S` at most."""
        try:
            async with asyncio.timeout(LAST_S):
                await self._told.wait()
        except TimeoutError:
            log.warning("! the store is away: %d entries are lost", len(self._waiting))

    async def _next(self) -> bool:
        """Whether the oldest was told."""
        try:
            await self._waiting[0]()
        except Refused:
            return False
        except Exception:
            log.exception("! the store was not told")
        self._waiting.popleft()
        return True
