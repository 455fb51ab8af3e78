"""A text that comes in pieces, from wherever it comes, and how it is handed on."""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any

PACE_S = 0.01
"""At most so often is a message sent; the gateway takes 200 a second."""
LARGEST = 4000
"""Characters a message."""

Source = Iterable[str] | AsyncIterable[str]


class Threaded:
    """A blocking iterable, read in a daemon thread of its own, one piece when it is asked for."""

    def __init__(self, source: Iterable[str]) -> None:
        self._source = source
        self._asked: queue.SimpleQueue[asyncio.Future[str | None] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, daemon=True, name="voice-gateway-text").start()

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        future: asyncio.Future[str | None] = self._loop.create_future()
        self._asked.put(future)
        piece = await future
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        self._asked.put(None)

    def _read(self) -> None:
        iterator = iter(self._source)
        while (future := self._asked.get()) is not None:
            try:
                self._answer(future.set_result, next(iterator, None), future)
            except Exception as error:  # noqa: BLE001 - raised again where the piece is awaited
                self._answer(future.set_exception, error, future)
        if hasattr(iterator, "close"):
            iterator.close()

    def _answer(self, settle: Callable[[Any], None], value: Any, future: asyncio.Future[str | None]) -> None:
        def unless_done() -> None:
            if not future.done():
                settle(value)

        try:
            self._loop.call_soon_threadsafe(unless_done)
        except RuntimeError:  # the loop has closed: nobody waits any more
            self._asked.put(None)


async def pieces(text: str | Source) -> AsyncGenerator[str, None]:
    """A text of any kind, as it comes. Closes its source."""
    if isinstance(text, str):
        yield text
        return
    source = text if isinstance(text, AsyncIterable) else Threaded(text)
    async with _closing(source):
        async for piece in source:
            yield piece


async def hand_on(source: Source, send: Callable[[str], Awaitable[None]]) -> None:
    """Send every piece at once, but those that come faster than `PACE_S` together. Closes the source."""
    gathered = _Gathered()
    try:
        async with aclosing(pieces(source)) as coming, asyncio.TaskGroup() as tasks:
            tasks.create_task(gathered.fill(coming))
            while (text := await gathered.take()) is not None:
                await send(text)
                await asyncio.sleep(PACE_S)
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


def _closing(pieces: AsyncIterable[str]) -> AbstractAsyncContextManager[Any]:
    return aclosing(pieces) if hasattr(pieces, "aclose") else nullcontext()


class _Gathered:
    """Characters that wait for their message."""

    def __init__(self) -> None:
        self._pieces: deque[str] = deque()
        self._over = False
        self._news = asyncio.Event()
        self._taken = asyncio.Event()

    async def fill(self, pieces: AsyncIterable[str]) -> None:
        try:
            async for piece in pieces:
                self._pieces.extend(piece[at : at + LARGEST] for at in range(0, len(piece), LARGEST))
                self._news.set()
                while sum(map(len, self._pieces)) >= LARGEST:
                    self._taken.clear()
                    await self._taken.wait()
        finally:
            self._over = True
            self._news.set()

    async def take(self) -> str | None:
        """What has come since, at most `LARGEST`; None at the end."""
        while not self._pieces:
            if self._over:
                return None
            self._news.clear()
            await self._news.wait()
        text = self._pieces.popleft()
        while self._pieces and len(text) + len(self._pieces[0]) <= LARGEST:
            text += self._pieces.popleft()
        self._taken.set()
        return text
