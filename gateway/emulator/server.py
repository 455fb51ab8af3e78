"""Serves the emulator on a loopback port, inside the running event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager

import uvicorn

from gateway.emulator.app import create_app
from gateway.emulator.desk import Desk, open_desk
from gateway.emulator.habits import Habits
from gateway.emulator.wire import Http, Socket

_LONGEST_MESSAGE = 16 << 20
_FAREWELL_S = 2


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the loop, and waits for nobody when it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the connections hear of it
        await super().shutdown(sockets)


@asynccontextmanager
async def running(host: str = "127.0.0.1", port: int = 0, habits: Habits | None = None) -> AsyncIterator[str]:
    """→ the base URL. Port 0 takes a free one. Raises `MissingExtra`, and OSError when the port is taken."""
    habits = habits or Habits()
    with _listening(host, port) as listener:
        async with open_desk(habits) as desk:
            server = _server(habits, desk)
            serving = asyncio.create_task(server.serve([listener]))
            try:
                while not server.started and not serving.done():
                    await asyncio.sleep(0.001)
                yield f"http://{_name(host)}:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                await serving


def _server(habits: Habits, desk: Desk) -> _Server:
    config = uvicorn.Config(
        create_app(habits, desk),
        http=Http,
        ws=Socket,
        ws_max_size=_LONGEST_MESSAGE,
        ws_ping_interval=None,  # the service sends none
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_FAREWELL_S,
    )
    return _Server(config)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket, None, None]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it Nagle's algorithm holds chunks back.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        yield listener


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host else host
