"""uvicorn's WebSocket protocol, within bounds: stock, a peer grows it by 400 MB with pings that it does not read,
stalls the loop with a million empty fragments, and is never let go if it does not read the close.

Depends on the inside of uvicorn, which `pyproject.toml` pins and `tests/connection/test_pins.py` checks.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.access.rate import Bucket
from gateway.peers import DISCARD_S, Peers

FRAMES_PER_SECOND, FRAME_BURST = 400, 2000
"""Of any kind: more than a conversation takes before it refuses in words."""
OVERHEAD_PER_SECOND, OVERHEAD_BURST = 20, 100
"""Frames that bring no message: each ping makes an answer, each fragment is work."""
MOST_FRAGMENTS = 64
"""Of a message: a kilobyte each for the longest."""
SLICE = 4 << 10
"""As much input is parsed before the bounds are looked at. One read brings up to 256 KiB: 0.4 s of empty fragments."""

NO_PONG = 4202
REASONS = {1002: "broken_framing", 1007: "bad_utf8", 1008: "frame_rate", 1009: "too_big"}


class Guard(WebSocketsSansIOProtocol):
    def __init__(self, config: Any, server_state: Peers, app_state: Any, _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._peers = server_state
        self._frames = Bucket(FRAMES_PER_SECOND, FRAME_BURST)
        self._overhead = Bucket(OVERHEAD_PER_SECOND, OVERHEAD_BURST)
        self._deaf = False

    @property
    def closed(self) -> bool:
        return self.close_sent or self.disconnected or self.transport.is_closing()

    def abort(self) -> None:
        self.transport.abort()

    def deafen(self) -> None:
        """What still comes is not looked at, not even for an answer to our close."""
        self._deaf = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._peers.leave(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for at in range(0, len(data), SLICE):
            if self._deaf:
                return
            super().data_received(data[at : at + SLICE])

    def handle_ping(self) -> None:
        if self._afford(self._frames, self._overhead):
            super().handle_ping()

    def handle_pong(self, event: Any) -> None:
        if self._afford(self._frames, self._overhead):
            super().handle_pong(event)

    def handle_cont(self, event: Any) -> None:
        if len(self.frames) >= MOST_FRAGMENTS:
            self._fail(1009, "too many fragments")
        elif self._afford(self._frames, self._overhead):
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if not self._afford(self._frames):
            return
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self._fail(1007, "")
        else:
            super().send_receive_event_to_app()

    def _afford(self, *budgets: Bucket) -> bool:
        now = self.loop.time()
        if not all(budget.take(now) for budget in budgets):
            self._fail(1008, "too many frames")
        return not self._deaf

    def _fail(self, code: int, reason: str) -> None:
        if not self._deaf:
            self.conn.fail(code, reason)
            self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """`conn` gave the peer up and said why, unless a close was sent before. The peer has `DISCARD_S` to read it."""
        close = self.conn.close_sent
        assert close is not None  # noqa: S101 - as uvicorn does
        if not self.closed:
            self._peers.evicted(REASONS.get(close.code, "internal"))
        self._deaf = self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.resume_reading()
        self.transport.write_eof()
        self._abort_soon()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})

    def keepalive_timeout(self) -> None:
        """The peer answered no ping."""
        self.pong_timer = None
        if not self.closed:
            self._peers.evicted("no_pong")
            self.conn.send_close(NO_PONG, "no pong")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self._abort_soon()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.close" and self.close_timer is not None:
            self._abort_soon()

    def shutdown(self) -> None:
        """The inherited one raises when the peer's close came first, and when `conn` has refused the handshake."""
        if not self.handshake_initiated:
            self.abort()
        elif not self.transport.is_closing():
            super().shutdown()

    def _abort_soon(self) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(DISCARD_S, self.transport.abort)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
