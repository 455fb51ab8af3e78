"""The server's side of a WebSocket: uvicorn's sans-I/O protocol, guarded, with a direct way out and in for messages.

A message is written in the call that has it, and told in the call that has received it: no task, queue or timeout
stands between journal and transport, nor between transport and inbox.
Depends on the inside of uvicorn, which `pyproject.toml` pins and `tests/connection/test_pins.py` checks.
"""

import asyncio
import socket
import struct
import weakref
from collections.abc import Callable, MutableMapping
from typing import Any, cast

from gateway.guard import Guard

EXTENSION = "voice_gateway.wire"
"""Where the ASGI scope's `extensions` hold the protocol object; weakly, since that holds the scope."""

SEND_BUFFER = 64 << 10
UNSENT = 16 << 10
"""Stock kernels take 4 MiB of a peer that does not read: minutes of audio that no barge-in can recall. With
these 170 KiB (measured)."""
UNTAKEN = 16 << 10
"""Bytes that the transport holds beyond what the kernel takes before the reader is told to wait: they are copies."""
TEXT, BINARY = 0x81, 0x82
_SHORT, _LONG, _LONGEST = struct.Struct("!BB").pack, struct.Struct("!BBH").pack, struct.Struct("!BBQ").pack
"""Heads of messages, by their length."""


Scope = MutableMapping[str, Any]
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


class _Writable(asyncio.Event):
    """Hardly ever waited for: the deque of an ordinary one takes 760 bytes a connection."""

    def __init__(self) -> None:
        super().__init__()
        self._waiters = cast("Any", [])
        self.set()


class Wire(Guard):
    on_writable: Callable[[], None] | None = None
    on_ping: Callable[[], None] | None = None
    """A ping goes out, behind all that was sent."""
    on_pong: Callable[[], None] | None = None
    """The peer has answered the last ping."""
    query: bytes = b""
    """Of the URL. It may hold a token, and uvicorn logs what stands in the scope."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inbox = _Inbox()
        self.queue = cast("Any", self._inbox)
        self.writable = _Writable()
        self.conn.debug = False  # it would log headers and messages
        self._full = False
        """The transport holds more than its mark."""
        self._texts: list[bytes] = []
        """JSON that leaves together with what follows it in this turn of the loop: each write is a system call."""
        self._collected = 0
        """Its bytes; the transport, which tells when it is full, does not know of them."""

    @property
    def ready(self) -> bool:
        """Whether a message may be sent now without growing the buffer past its mark."""
        return not (self._full or self.close_sent or self.disconnected or self.transport.is_closing())

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
        for said in (self.request, self.response):  # the handshake: the scope has it too
            said.headers.clear()
        if self.read_paused:
            self.transport.resume_reading()
        self.read_paused = True  # so that uvicorn, which pauses after each message, leaves the transport alone

    def send_now(self, opcode: int, head: bytes, payload: bytes = b"") -> None:
        """One whole message. Call only while `ready`."""
        length = len(head) + len(payload)
        if length < 126:
            prefix = _SHORT(opcode, length)
        elif length < 65536:
            prefix = _LONG(opcode, 126, length)
        else:
            prefix = _LONGEST(opcode, 127, length)
        if opcode == TEXT:
            if not self._texts:
                self.loop.call_soon(self._flush)
            self._texts += (prefix, head, payload)
            self._collected += length
            if self._collected >= UNTAKEN:
                self._flush()
        elif self._texts:
            texts, self._texts, self._collected = self._texts, [], 0
            self.transport.write(b"".join((*texts, prefix, head, payload)))
        else:
            self.transport.write(b"".join((prefix, head, payload)))

    def _flush(self) -> None:
        texts, self._texts, self._collected = self._texts, [], 0
        if texts and not self.closed:
            self.transport.write(b"".join(texts))

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(UNTAKEN)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            if hasattr(socket, "TCP_NOTSENT_LOWAT"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = weakref.ref(self)
            self.query, self.scope["query_string"] = self.scope["query_string"], b""

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._inbox.hear = None
        self.conn.parser.close()  # it refers to `conn`, as does what it has raised: a cycle for each connection
        self.conn.parser_exc = None

    def send_keepalive_ping(self) -> None:
        self._flush()
        if self.on_ping is not None:
            self.on_ping()
        super().send_keepalive_ping()

    def handle_pong(self, event: Any) -> None:
        waiting = self.pending_ping_payload
        super().handle_pong(event)
        if waiting is not None and self.pending_ping_payload is None and self.on_pong is not None:
            self.on_pong()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._full = True

    def resume_writing(self) -> None:
        super().resume_writing()
        self._full = False
        if self.on_writable is not None:
            self.on_writable()

    def handle_parser_exception(self) -> None:
        self._flush()
        super().handle_parser_exception()

    async def send(self, message: Any) -> None:
        self._flush()
        await super().send(message)


def wire_of(scope: Scope) -> Wire:
    """Of a WebSocket whose application runs."""
    wire: Wire = scope["extensions"][EXTENSION]()
    return wire
