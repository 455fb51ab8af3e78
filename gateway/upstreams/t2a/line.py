"""One WebSocket to upstream, from its handshake to its close, and the dialog on it."""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.protocol import State

from gateway.errors import UpstreamError
from gateway.upstreams.base import Finished, Hear, Request, Traced
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.codes import broken, refused_status
from gateway.upstreams.t2a.dialect import Event, decode
from gateway.upstreams.t2a.dialog import SOFT, Dialog, Spoken
from gateway.upstreams.t2a.patience import Countdown, Patience
from gateway.upstreams.valve import Valve

PING_S = 20.0
LONGEST_MESSAGE = 64 * 1024 * 1024

_wire = logging.getLogger("gateway.upstreams.t2a.wire")
"""The library writes headers and texts, hence keys and what users say, at DEBUG."""


class _Direct(connect):
    """Follows no redirect: the key is for one host."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


@dataclass(frozen=True, slots=True)
class Calling:
    """Whom to call, and how to talk."""

    url: str
    key: Secret
    dialog: Callable[[], Dialog]
    context: ssl.SSLContext | None
    patience: Patience


class Line:
    def __init__(self, socket: ClientConnection, start: bytes, dialog: Dialog, trace_id: str | None) -> None:
        """Use `open_line`."""
        self._trace_id = trace_id
        """The connection's: all that is spoken on it has the same."""
        self.start = start
        """The settings it was opened with."""
        self.dialog = dialog
        self._socket = socket
        self._failed = False

    @property
    def usable(self) -> bool:
        return not self._failed and self._socket.state is State.OPEN

    async def speak(self, request: Request, hear: Hear, valve: Valve, patience: Patience) -> Finished:
        """Raises `UpstreamError`, `TimeoutError` and what the socket raises."""
        if self._trace_id is not None:
            hear(Traced(self._trace_id))
        async with Countdown(patience) as countdown:
            for message in self.dialog.ask(request):
                await self._socket.send(message, text=True)
            while True:
                for event in self._hear(await self._socket.recv(decode=False)):
                    if isinstance(event, Finished):
                        return event
                    countdown.heard()
                    hear(event)
                if valve.shut:
                    countdown.hold()
                    await valve.opened()
                    countdown.go_on()

    async def settle(self) -> None:
        """After a text was left in the middle: stop it. `usable` tells whether the line can go on."""
        stop = self.dialog.cancel()
        if stop is None:
            self._failed = True
            return
        for message in stop:
            await self._socket.send(message, text=True)
        while not self.dialog.settled:
            self._hear(await self._socket.recv(decode=False))

    async def close(self) -> None:
        try:
            await self._socket.close()
        finally:
            self.abort()

    def abort(self) -> None:
        self._socket.transport.abort()

    def _hear(self, message: bytes) -> list[Spoken]:
        try:
            return self.dialog.hear(message)
        except UpstreamError as error:
            self._failed = error.upstream_code not in SOFT
            raise


async def open_line(calling: Calling, start: bytes) -> Line:
    """Raises like `Line.speak`."""
    _wire.setLevel(logging.INFO)
    socket = await _connected(calling)
    try:
        await _expect(socket, "connected_success")
        await socket.send(start, text=True)
        started = await _expect(socket, "task_started")
    except BaseException:
        socket.transport.abort()
        raise
    return Line(socket, start, calling.dialog(), started.trace_id)


async def _connected(calling: Calling) -> ClientConnection:
    try:
        return await _Direct(
            calling.url,
            additional_headers={"Authorization": f"Bearer {calling.key.reveal()}"},
            compression=None,
            ssl=calling.context,
            proxy=None,
            open_timeout=None,
            ping_interval=PING_S,
            close_timeout=1,
            max_size=LONGEST_MESSAGE,
            # A reader may pause for minutes; pongs must get past what it has not read: a segment's audio at most.
            max_queue=None,
            logger=_wire,
        )
    except InvalidStatus as error:
        raise _refused(error) from error


def _refused(refusal: InvalidStatus) -> UpstreamError:
    """Upstream's own code when the body has one, else what the status means."""
    response = refusal.response
    trace_id = response.headers.get("Trace-Id")
    try:
        decode(bytes(response.body or b""))
    except UpstreamError as error:
        if error.upstream_code is not None:
            error.trace_id = error.trace_id or trace_id
            return error
    return refused_status(response.status_code, trace_id)


async def _expect(socket: ClientConnection, name: str) -> Event:
    event = decode(await socket.recv(decode=False))
    if event.name != name:
        raise broken("Upstream did not start the task.", event.trace_id)
    return event
