"""The server's side of a WebSocket: uvicorn's sans-I/O protocol with a direct way out and in for messages.

A message is written in the call that has it, and told in the call that has received it: no task, queue or timeout
stands between journal and transport, nor between transport and inbox.
Depends on the inside of uvicorn, which `pyproject.toml` pins and `tests/connection/test_wire.py` checks.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "voice_gateway.wire"
"""Where the ASGI scope's `extensions` hold the protocol object."""

SEND_BUFFER = 64 << 10
UNSENT = 16 << 10
"""Stock kernels take 4 MiB of a peer that does not read: minutes of audio that no barge-in can recall. With
these 170 KiB (measured)."""
DISCARD_S = 1.0
"""After a close input is discarded for this long, so that the peer reads the code; then it is aborted."""

NO_PONG = 4202
TEXT, BINARY = 0x81, 0x82


Message = Any
"""ASGI's `websocket.receive` or `websocket.disconnect`: a mapping."""


class _Inbox:
    """All that uvicorn tells its application passes through here, until somebody hears it directly.

    It stands in for an `asyncio.Queue` with one reader, and is 3 KB smaller.
    """

    def __init__(self) -> None:
        self.hear: Callable[[Message], None] | None = None
        self._messages: list[Message] = []
        self._reader: asyncio.Future[None] | None = None

    def empty(self) -> bool:
        return not self._messages

    def put_nowait(self, message: Message) -> None:
        if self.hear is not None:
            self.hear(message)
            return
        self._messages.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def get_nowait(self) -> Message:
        return self._messages.pop(0)

    async def get(self) -> Message:
        while not self._messages:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self.get_nowait()


class Wire(WebSocketsSansIOProtocol):
    on_writable: Callable[[], None] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inbox = _Inbox()
        self.queue = cast("Any", self._inbox)
        self._texts: list[bytes] = []
        """JSON that leaves together with what follows it in this turn of the loop: each write is a system call."""

    @property
    def ready(self) -> bool:
        """Whether a message may be sent now without growing the buffer past its mark."""
        return self.writable.is_set() and not (self.close_sent or self.disconnected or self.transport.is_closing())

    @property
    def closed(self) -> bool:
        return self.close_sent or self.disconnected or self.transport.is_closing()

    @property
    def unsent(self) -> int:
        """Bytes that the kernel has not taken."""
        return self.transport.get_write_buffer_size()

    def hear(self, told: Callable[[Message], None]) -> None:
        """From here on messages, and the peer's leaving, are told in the call that has received them."""
        inbox = self._inbox
        while not inbox.empty():
            told(inbox.get_nowait())
        inbox.hear = told
        if self.read_paused:
            self.transport.resume_reading()
        self.read_paused = True  # so that uvicorn, which pauses after each message, leaves the transport alone

    def send_now(self, opcode: int, head: bytes, payload: bytes = b"") -> None:
        """One whole message. Call only while `ready`."""
        length = len(head) + len(payload)
        if length < 126:
            prefix = bytes((opcode, length))
        elif length < 65536:
            prefix = bytes((opcode, 126, length >> 8, length & 255))
        else:
            prefix = bytes((opcode, 127)) + length.to_bytes(8, "big")
        if opcode == TEXT:
            if not self._texts:
                self.loop.call_soon(self._flush)
            self._texts += (prefix, head, payload)
        elif self._texts:
            texts, self._texts = self._texts, []
            self.transport.write(b"".join((*texts, prefix, head, payload)))
        else:
            self.transport.write(b"".join((prefix, head, payload)))

    def _flush(self) -> None:
        texts, self._texts = self._texts, []
        if texts and not self.closed:
            self.transport.write(b"".join(texts))

    def abort(self) -> None:
        self.transport.abort()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            if hasattr(socket, "TCP_NOTSENT_LOWAT"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    def keepalive_timeout(self) -> None:
        """The peer answered no ping."""
        self.pong_timer = None
        if not self.closed:
            self.conn.send_close(NO_PONG, "no pong")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.loop.call_later(DISCARD_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_writable is not None:
            self.on_writable()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    async def send(self, message: Any) -> None:
        self._flush()
        await super().send(message)
        if message["type"] == "websocket.close" and self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(DISCARD_S, self.transport.abort)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
