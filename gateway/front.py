"""The server's side of HTTP, up to the upgrade: uvicorn's protocol with deadlines and bounds.

    accepted ─▶ head ─▶ body ─▶ answer ─▶ head …          head, body: a deadline each; answer: the peer must read
       │         └──▶ upgraded: the wire's
       └──▶ no room: 503

Depends on the inside of uvicorn, which `pyproject.toml` pins and `tests/connection/test_pins.py` checks.
"""

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.peers import DISCARD_S, Peers

HEAD_S = 10.0
"""A request's head is there so long after its first byte, or after the connection was made."""
BODY_S = 10.0
"""And of its body `BODY_LEAST` bytes, or what is left of it; all of it, once it is answered."""
BODY_LEAST = 10 << 10
"""A kilobyte a second: what it takes to upload anything."""
STALLED_S = 10.0
"""Nor does the peer stop reading."""
REFUSED_S = 1.0
"""A connection for which there is no room has so long to ask, and be told."""
HEAD_BYTES = 16 << 10
SLICE = 4 << 10
"""As much input is parsed before the bounds are looked at."""
MOST_WAITING = 20
"""Requests behind the one that is being answered; uvicorn takes any number."""
MOST_HEADERS, LONGEST_HEADER = 100, 8000
"""Less than `websockets` takes in an upgrade (128, 8192): beyond that it falls silent instead of answering."""

ANSWERS = {
    "overloaded": b"503 Service Unavailable\r\nretry-after: 5",
    "head_too_large": b"431 Request Header Fields Too Large",
    "bad_upgrade": b"400 Bad Request",
}
"""By reason. Before the upgrade, since nothing is cheaper; a browser sees a connection that could not be made."""

_log = logging.getLogger(__name__)
_log.setLevel(logging.ERROR)  # uvicorn warns of each malformed request, as many as somebody likes to send


class Front(HttpToolsProtocol):
    def __init__(self, config: Any, server_state: Peers, app_state: Any, _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _log
        self._peers = server_state
        self._room = True
        self._over = False
        """Refused or upgraded: what comes is not for us."""
        self._fields: int | None = None
        """Bytes of a head, or within a body of what is none of it (trailers, a chunk's size), without the slice that
        brought their beginning."""
        self._come = 0
        """Bytes of a body since its deadline was set."""
        self._feeding = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._room = self._peers.enter(transport, self.client)
        self._expect(HEAD_S if self._room else REFUSED_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self._peers.leave(self.transport)
        self._calm()
        super().connection_lost(exc)
        del self.parser  # it refers to us

    def data_received(self, data: bytes) -> None:
        if not (self._room or self._over):
            self._refuse("overloaded")
        elif self._deadline is None and self._idle:
            self._expect(HEAD_S)
        for at in range(0, len(data), SLICE):
            if self._over or self.transport.is_closing():
                return
            piece = data[at : at + SLICE]
            self._feeding = len(piece)
            super().data_received(piece)
            if self._fields is not None:
                self._fields += len(piece)
                if self._fields >= HEAD_BYTES:
                    self._refuse("head_too_large")
            if len(self.pipeline) > MOST_WAITING:
                self._evict("too_many_requests")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._fields = -self._feeding

    def on_header(self, name: bytes, value: bytes) -> None:
        begun = self.cycle is not None and self.cycle.scope is self.scope
        if not begun:  # else it is a trailer, which is no header (RFC 9110, 6.5.1)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._fields = -self._feeding
        self._expect(BODY_S)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._fields = -self._feeding
        self._come += len(body)
        if self._come >= BODY_LEAST and not self._idle:
            self._expect(BODY_S)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._fields = None
        self._expect(HEAD_S if self._idle else None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._deadline is not None:
            self._expect(BODY_S)

    def handle_websocket_upgrade(self) -> None:
        lines = [len(self.url), *(len(name) + len(value) for name, value in self.headers)]
        if len(lines) > MOST_HEADERS or max(lines) > LONGEST_HEADER:
            self._refuse("head_too_large")
        elif not self._idle:  # answers keep their order (RFC 9112, 9.3.2); and the one before would time the wire out
            self._refuse("bad_upgrade")
        else:
            self._over = True
            self._calm()
            super().handle_websocket_upgrade()
            wire: Any = self.transport.get_protocol()
            if not wire.handshake_initiated:  # `websockets` took offence, as at a body, and will say and do nothing
                wire.deafen()
                self._refuse("bad_upgrade")
            del self.parser

    def send_400_response(self, msg: str) -> None:
        self._peers.evicted("bad_http")
        super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self, seconds: float | None) -> None:
        """What the peer has begun goes on within this time; None: it has ended."""
        self._come = 0
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._expired)

    def _expired(self) -> None:
        self._deadline = None
        if self.flow.read_paused:  # it is the application that is slow
            self._expect(BODY_S)
        else:
            self._evict("handshake_timeout" if self._idle else "stalled")

    def _watch(self) -> None:
        """Look again later whether the peer has taken anything of what is unsent now."""
        self._stall = self.loop.call_later(STALLED_S, self._look, self.transport.get_write_buffer_size())

    def _look(self, unsent_before: int) -> None:
        if self.transport.get_write_buffer_size() < unsent_before:
            self._watch()
        else:
            self._evict("stalled")

    def _evict(self, reason: str) -> None:
        self._peers.evicted(reason)
        self.transport.abort()

    def _refuse(self, reason: str) -> None:
        """Answer, and discard what still comes so that the peer reads the answer and not a reset."""
        self._over = True
        self._calm()
        if not self._idle:  # behind another request, whose answer is not to be torn
            self._evict(reason)
            return
        self._peers.evicted(reason)
        self.transport.write(b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % ANSWERS[reason])
        self.transport.write_eof()
        self._deadline = self.loop.call_later(DISCARD_S, self.transport.abort)

    def _calm(self) -> None:
        for timer in (self._deadline, self._stall):
            if timer is not None:
                timer.cancel()
        self._deadline = self._stall = None
