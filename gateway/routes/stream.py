"""`GET /v1/stream`: the client protocol over WebSocket."""

from collections.abc import Callable
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from gateway.connection import Connection


def stream_route(connect: Callable[[WebSocket], Connection], connections: set[Any]) -> WebSocketRoute:
    """Without FastAPI's dependencies, which cost each session some kilobytes."""

    async def stream(websocket: WebSocket) -> None:
        connection = connect(websocket)
        connections.add(connection)
        try:
            await connection.run()
        finally:
            connections.discard(connection)

    return WebSocketRoute("/v1/stream", stream)
