"""Response bodies that stop being made when nobody takes them."""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send


async def unless_gone(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """`work`, stopped when the client has gone."""
    working = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else Response()
    finally:
        for task in (working, gone):
            task.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class EventStream(StreamingResponse):
    """Closes its source when the client has gone, so that nobody goes on speaking."""

    body_iterator: Any

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):
            await super().stream_response(send)


async def reset(scope: Any) -> None:
    await scope["state"]["line"].reset()
