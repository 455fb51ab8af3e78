"""`GET /v1/stream`: the client protocol over WebSocket."""

from collections.abc import Callable

from fastapi import APIRouter, WebSocket

from gateway.connection import Connection


def stream_routes(connect: Callable[[WebSocket], Connection], connections: set[Connection]) -> APIRouter:
    router = APIRouter()

    @router.websocket("/v1/stream")
    async def stream(websocket: WebSocket) -> None:
        connection = connect(websocket)
        connections.add(connection)
        try:
            await connection.run()
        finally:
            connections.discard(connection)

    return router
