"""`GET /v1/stream`: the client protocol over WebSocket."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.connection import Connection, Served

PATH = "/v1/stream"


class Streaming:
    """In front of the application: within FastAPI's and Starlette's layers each session would keep 8 KB of them."""

    def __init__(self, app: ASGIApp, connect: Callable[[WebSocket], Connection], connections: set[Served]) -> None:
        self._app = app
        self._connect = connect
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        connection = self._connect(WebSocket(scope, receive, send))
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)
