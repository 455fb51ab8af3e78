"""A conversation with the gateway: one socket, any number of turns.

    async with VoiceClient("http://127.0.0.1:8080") as client:
        turn = await client.speak("Hello.")
        async for frame in turn:
            play(frame.data)

One task reads the socket and gives each turn what is its own; one more for each turn whose text is still coming.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from voice_gateway_client.address import stream_url
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import Configured, Result, Welcome
from voice_gateway_client.opening import lost, opened
from voice_gateway_client.pieces import Source
from voice_gateway_client.room import Room
from voice_gateway_client.switchboard import Switchboard
from voice_gateway_client.turn import Turn
from voice_gateway_client.wire import WireError, encode

BUFFER = 1 << 20
"""Bytes; 21 seconds of 16-bit mono at 24 kHz, more than the gateway speaks ahead unless it is told to."""
LONGEST_MESSAGE = 65_536
"""Bytes the gateway takes."""


class TurnOptions(TypedDict, total=False):
    """What may be chosen for one turn. `voice`: a voice_id, or a patch of the session's voice."""

    voice: str | Mapping[str, Any]
    language: str
    audio: Mapping[str, Any]
    text_rules: Mapping[str, Any]
    labels: Mapping[str, str]
    prepare: bool


class VoiceClient:
    """`config` is the session's settings, as PROTOCOL.md lists them; `token` the gateway's secret.

    `buffer` bounds the bytes that came and were not taken; beyond it the socket is not read.
    """

    def __init__(
        self, url: str, *, token: str | None = None, config: Mapping[str, Any] | None = None, buffer: int = BUFFER
    ) -> None:
        self.url = stream_url(url)
        self.welcome: Welcome | None = None
        """What the gateway answered: the effective config, its limits, and what it ignored."""
        self._hello = {"v": 1, "client": "voice-gateway-python", "config": dict(config or {})}
        self._token = token
        self._room = Room(buffer)
        self._switchboard = Switchboard(self._withdraw)
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self._ended: VoiceError | None = VoiceError("closed", "The client is not connected.")

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def connect(self) -> None:
        """Raises `VoiceError`: nobody there, refused, or the config cannot be honoured."""
        self._socket, self.welcome = await opened(self.url, self._token, self._hello)
        self._ended = None
        self._reading = asyncio.create_task(self._read(self._socket))

    async def aclose(self) -> None:
        """End the session; turns that still run fail with `closed`."""
        if self._socket is None or self._reading is None:
            return
        self._end(VoiceError("closed", "The client was closed."))
        with self._room.hurry():
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(encode("bye"))
            await self._socket.close()
            await self._reading
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def speak(self, text: str | Source, **options: Unpack[TurnOptions]) -> Turn:
        """Begin a reply, without waiting for it. Text in pieces is sent as it comes; a plain iterable may block.

        What the gateway refuses is raised where the turn's audio is taken. Raises `VoiceError` without a connection.
        """
        if isinstance(text, str):
            return await self._begin("speak", text=text, **options)
        turn = await self.open(**options)
        self._keep(turn.feed(text))
        return turn

    async def open(self, **options: Unpack[TurnOptions]) -> Turn:
        """Begin a reply whose text is given by `Turn.append`, `flush` and `commit`."""
        return await self._begin("turn.open", **options)

    async def configure(self, config: Mapping[str, Any], *, apply: str = "next_segment") -> Configured:
        """Change settings; a merge patch, None means back to the default. Raises `VoiceError` when refused."""
        answer = await self._ask("configure", config=dict(config), apply=apply)
        if not isinstance(answer, Configured):
            raise VoiceError("bad_answer", "Settings were answered with the end of a turn.")
        return answer

    async def _begin(self, type_: str, **fields: Any) -> Turn:
        turn = Turn(f"t{next(self._numbers)}", self._send, self._ask, self._room)
        self._switchboard.expect(turn)
        try:
            await self._send(type_, turn=turn.id, **fields)
        except BaseException:
            self._switchboard.forget(turn)
            raise
        return turn

    async def _ask(self, type_: str, /, **fields: Any) -> Configured | Result:
        number = f"q{next(self._numbers)}"
        answer = self._switchboard.expect_answer(number)
        try:
            await self._send(type_, id=number, **fields)
            with self._room.hurry():
                return await answer
        finally:
            self._switchboard.forget_answer(number)

    async def _send(self, type_: str, /, **fields: Any) -> None:
        raw = encode(type_, **fields)
        if len(raw.encode()) > LONGEST_MESSAGE:
            raise VoiceError("text_too_long", f"A message takes at most {LONGEST_MESSAGE} bytes.", "text")
        if self._socket is None or self._ended is not None:
            raise self._ended or VoiceError("closed", "The client is not connected.")
        try:
            await self._socket.send(raw)
        except ConnectionClosed as closed:
            raise self._switchboard.fatal or lost(closed) from closed

    async def _read(self, socket: ClientConnection) -> None:
        error = VoiceError("internal", "The client broke.")
        try:
            while True:
                await self._room.wait()
                self._switchboard.take(await socket.recv())
        except ConnectionClosed as closed:
            error = self._switchboard.fatal or lost(closed)
        except WireError as broken:
            error = VoiceError("bad_answer", str(broken))
            await socket.close(1002)
        finally:
            self._end(error)

    def _end(self, error: VoiceError) -> None:
        """The first reason stands."""
        if self._ended is None:
            self._ended = error
            self._switchboard.end(error)

    def _withdraw(self, turn: Turn) -> None:
        self._keep(asyncio.create_task(turn.withdraw()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
