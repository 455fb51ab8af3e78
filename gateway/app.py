"""The composition root: settings in, running gateway out. Nothing is built elsewhere.

Opened in this order, closed in reverse: emulator (when it is the upstream), upstream, HTTP server.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI, WebSocket

from gateway import __version__
from gateway.access.doors import Doors
from gateway.connection import Connection
from gateway.errors import Closing
from gateway.routes.health import health_routes
from gateway.routes.pages import mount_pages
from gateway.routes.stream import stream_routes
from gateway.server import Server, listen
from gateway.settings import EMULATOR, BadSetting, Settings
from gateway.upstreams.base import Upstream
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.http import HttpT2A
from gateway.upstreams.urls import endpoint

FAREWELL_S = 2.0
EMULATOR_KEY = "emulator"
SERVER = f"voice-gateway/{__version__}"


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway that serves; `stopped` is done once its server has ended."""

    server: Server
    stopped: asyncio.Task[None]
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@asynccontextmanager
async def running(settings: Settings, *, signals: bool = False) -> AsyncGenerator[Running, None]:
    """Serve until the block ends or, with `signals`, until SIGINT or SIGTERM.

    Raises `BadSetting` for an upstream that cannot be used and OSError for an address that cannot be bound.
    """
    async with AsyncExitStack() as stack:
        upstream = await _upstream(settings, stack)
        connections: set[Connection] = set()
        app = _app(settings, upstream, connections)
        server = Server(app, lambda: _farewell(connections), signals=signals)
        app.include_router(health_routes(lambda: server.started and not server.should_exit))
        mount_pages(app)
        sock = stack.enter_context(listen(settings.host, settings.port))
        port = sock.getsockname()[1]
        stopped = asyncio.create_task(server.serve(sockets=[sock]))
        up = asyncio.create_task(server.up.wait())
        try:
            await asyncio.wait({stopped, up}, return_when=asyncio.FIRST_COMPLETED)
            yield Running(server, stopped, settings.host, port)
        finally:
            up.cancel()
            server.should_exit = True
            await stopped


def _app(settings: Settings, upstream: Upstream, connections: set[Connection]) -> FastAPI:
    doors = Doors(settings.secret, frozenset(settings.origins))

    def connect(websocket: WebSocket) -> Connection:
        return Connection(websocket, doors, upstream, SERVER)

    app = FastAPI(title="Voice Gateway", version=__version__, openapi_url=None)
    app.include_router(stream_routes(connect, connections))
    return app


async def _upstream(settings: Settings, stack: AsyncExitStack) -> Upstream:
    url, key = settings.upstream, settings.api_key
    if url == EMULATOR:
        from gateway.emulator import Habits
        from gateway.emulator import running as emulating

        habits = Habits(first_audio_ms=settings.emulator_first_audio_ms, pace=settings.emulator_pace)
        base = await stack.enter_async_context(emulating("127.0.0.1", 0, habits))
        url, key = f"t2a+{base}", EMULATOR_KEY
    if not key:
        raise BadSetting("This upstream needs an API key: set MINIMAX_API_KEY or VOICE_GATEWAY_API_KEY_FILE.")
    try:
        where = endpoint(url)
        upstream = HttpT2A(where.url, Secret(key))
    except ValueError as error:
        raise BadSetting(str(error)) from None
    stack.push_async_callback(upstream.aclose)
    return upstream


async def _farewell(connections: set[Connection]) -> None:
    """Tell every client that the gateway stops, and wait until they have been told."""
    for connection in tuple(connections):
        connection.go_away("drain", Closing("draining"))
    try:
        async with asyncio.timeout(FAREWELL_S):
            while connections:
                await asyncio.sleep(0.01)
    except TimeoutError:
        return
