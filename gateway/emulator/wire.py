"""uvicorn's protocols with a handle on the connection, so that faults can cut it and sockets hear of pings."""

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_LINGER_NONE = struct.pack("ii", 1, 0)


class Line:
    """One connection, as `scope["state"]["line"]`."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.pinged_at = 0.0
        """When the client last pinged, by the loop's clock."""

    async def reset(self) -> None:
        """What was written goes out, then the connection is reset."""
        while self._transport.get_write_buffer_size():
            await asyncio.sleep(0.005)
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        self._transport.abort()


class Http(HttpToolsProtocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "line": Line(transport)}


class Socket(WebSocketsSansIOProtocol):
    def handle_ping(self) -> None:
        super().handle_ping()
        self.app_state["line"].pinged_at = self.loop.time()
