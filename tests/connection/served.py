"""The gateway's server with another application, and who was evicted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from gateway.server import Server, listen


async def no_farewell() -> None:
    return


@asynccontextmanager
async def served(
    app, farewell: Callable[[], Awaitable[None]] = no_farewell
) -> AsyncIterator[tuple[str, Server, list[str]]]:
    evicted: list[str] = []
    with listen("127.0.0.1", 0) as sock:
        server = Server(app, farewell, lambda: None, evicted.append, signals=False)
        serving = asyncio.create_task(server.serve([sock]))
        await server.up.wait()
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}", server, evicted
        finally:
            server.should_exit = True
            await serving


async def echo(scope, receive, send) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


async def pour(scope, receive, send) -> None:
    """Without end, to whoever asks."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})


async def dismiss(scope, receive, send) -> None:
    """Without a look at the body."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})
