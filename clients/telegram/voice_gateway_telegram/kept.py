"""A text that is read as it comes, and can be had whole after all."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from types import TracebackType
from typing import Self

from voice_gateway_client.pieces import pieces

Text = str | AsyncIterable[str]


class Kept:
    def __init__(self, text: Text) -> None:
        self._pieces: list[str] = []
        self._more = asyncio.Event()
        self._reading = asyncio.create_task(self._read(text))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._reading.cancel()
        await asyncio.wait({self._reading})

    async def __aiter__(self) -> AsyncIterator[str]:
        """From its beginning. Raises what the text raised."""
        at = 0
        while at < len(self._pieces) or not self._reading.done():
            if at < len(self._pieces):
                yield self._pieces[at]
                at += 1
            else:
                self._more.clear()
                await self._more.wait()
        self._reading.result()

    async def whole(self) -> str:
        return "".join([piece async for piece in self])

    async def _read(self, text: Text) -> None:
        try:
            async for piece in pieces(text):
                self._pieces.append(piece)
                self._more.set()
        finally:
            asyncio.get_running_loop().call_soon(self._more.set)
