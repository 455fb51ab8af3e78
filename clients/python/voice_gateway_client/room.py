"""The bound on what came and was not taken yet, over all turns of a client."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """While it is full the socket is not read, so that a slow consumer slows the gateway and not this memory."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._hurried = 0
        self._free = asyncio.Event()
        self._free.set()

    @property
    def held(self) -> int:
        """Bytes."""
        return self._held

    def hold(self, size: int) -> None:
        self._held += size
        self._update()

    def give_back(self, size: int) -> None:
        self._held -= size
        self._update()

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """Read on meanwhile, full or not: an answer stands behind audio that the one who waits is to take.

        What stands before an answer is bounded by the gateway, which pauses at 256 KiB.
        """
        self._hurried += 1
        self._update()
        try:
            yield
        finally:
            self._hurried -= 1
            self._update()

    async def wait(self) -> None:
        await self._free.wait()

    def _update(self) -> None:
        if self._held < self._limit or self._hurried:
            self._free.set()
        else:
            self._free.clear()
