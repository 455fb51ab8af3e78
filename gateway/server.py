"""uvicorn, as this gateway needs it: our front and wire, no compression, small messages, a farewell before it closes.

By itself it would close every socket 50 ms after SIGTERM, and wait forever for peers that do not read.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Generator
from types import FrameType
from typing import Any

import uvicorn

from gateway.front import Front
from gateway.peers import Peers, abort_the_deaf
from gateway.protocol.messages import LONGEST_MESSAGE
from gateway.wire import Wire

PING_S = 20.0
SHUTDOWN_S = 1
"""For what is still open after the farewell."""


class Server(uvicorn.Server):
    """`farewell` runs when the server is asked to stop, while it still listens; all sockets live until it returns. A
    second signal calls `hurry`.

    `evicted` is told the reason when a connection is ended for what its peer does.
    """

    def __init__(
        self,
        app: Any,
        farewell: Callable[[], Awaitable[None]],
        hurry: Callable[[], None],
        evicted: Callable[[str], None],
        *,
        signals: bool,
    ) -> None:
        config = uvicorn.Config(
            app,
            http=Front,
            ws=Wire,
            ws_max_size=LONGEST_MESSAGE,
            ws_per_message_deflate=False,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
        super().__init__(config)
        self._peers = self.server_state = Peers(evicted)
        self.up = asyncio.Event()
        self._farewell = farewell
        self._hurry = hurry
        self._signals = signals

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        watching = asyncio.create_task(abort_the_deaf(self._peers.connections, self._peers.evicted))
        try:
            await super().serve(sockets)
        finally:
            watching.cancel()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._farewell()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self._hurry()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """A signal is a wish to stop, granted: the process then ends with 0 and not by the signal."""
        if not self._signals:
            yield
            return
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound socket; raises OSError. `shared`: other processes may bind it too, and the kernel spreads connections.

    asyncio sets TCP_NODELAY only on sockets whose protocol is named; without it small frames wait for an answer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
