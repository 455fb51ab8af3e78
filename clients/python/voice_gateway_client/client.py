"""A conversation with the gateway: any number of turns, over as many connections as it takes.

    async with VoiceClient("http://127.0.0.1:8080") as client:
        turn = await client.speak("Hello.")
        async for frame in turn:
            play(frame.data)

One task reads the socket and gives each turn what is its own; one more for each turn whose text is still coming.
"""

import asyncio
import itertools
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

from voice_gateway_client.address import stream_url
from voice_gateway_client.credential import Credential, Token
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.link import Link, Watch
from voice_gateway_client.merging import merged
from voice_gateway_client.messages import Configured, Result, Resumed, Welcome
from voice_gateway_client.pieces import Source
from voice_gateway_client.room import Room
from voice_gateway_client.turn import Turn

BUFFER = 1 << 20
"""Bytes; 21 seconds of 16-bit mono at 24 kHz, more than the gateway speaks ahead unless it is told to."""
PATIENCE_S = 120.0
"""So long a lost gateway is looked for; a session waits for 60 s, unless its operator says otherwise."""


class TurnOptions(TypedDict, total=False):
    """What may be chosen for one turn. `voice`: a voice_id, or a patch of the session's voice."""

    voice: str | Mapping[str, Any]
    language: str
    audio: Mapping[str, Any]
    text_rules: Mapping[str, Any]
    labels: Mapping[str, str]
    prepare: bool
    track: str
    when_busy: str
    priority: int
    expires_ms: int


class ClientOptions(Watch, total=False):
    """`config` is the session's settings, as PROTOCOL.md lists them.

    `token`: the gateway's secret, or a callable that gives a token; it is asked again before the token expires.
    `buffer` bounds the bytes that came and were not taken; beyond it the socket is not read.
    `patience_s`: so long a lost gateway is looked for, `math.inf` for ever, 0 not at all.
    """

    token: Token | None
    config: Mapping[str, Any] | None
    buffer: int
    patience_s: float


class VoiceClient:
    def __init__(self, url: str, **options: Unpack[ClientOptions]) -> None:
        self.url = stream_url(url)
        self._room = Room(options.get("buffer", BUFFER))
        self._link = Link(
            self.url,
            Credential(options.get("token")),
            options.get("config") or {},
            self._room,
            self._withdraw,
            options.get("patience_s", PATIENCE_S),
            options,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)

    @property
    def welcome(self) -> Welcome | Resumed | None:
        """What the gateway answered last: the effective config and its limits. None while no session is there."""
        return self._link.answer

    @property
    def closed(self) -> bool:
        """Not connected, and not looking for the gateway either."""
        return self._link.over is not None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def connect(self) -> None:
        """Raises `VoiceError`: nobody there, refused, or the config cannot be honoured."""
        await self._link.connect()

    async def aclose(self) -> None:
        """End the session; turns that still run fail with `closed`."""
        await self._link.close(VoiceError("closed", "The client was closed."))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def speak(self, text: str | Source, **options: Unpack[TurnOptions]) -> Turn:
        """Begin a reply, without waiting for it. Text in pieces is sent as it comes; a plain iterable may block.

        What the gateway refuses is raised where the turn's audio is taken.
        Waits while the connection is lost; raises `VoiceError` when it will not come back.
        """
        if isinstance(text, str):
            return await self._begin("speak", text=text, **options)
        turn = await self.open(**options)
        self.fill(turn, text)
        return turn

    async def open(self, **options: Unpack[TurnOptions]) -> Turn:
        """Begin a reply whose text is given by `Turn.append`, `flush` and `commit`."""
        return await self._begin("turn.open", **options)

    def fill(self, turn: Turn, text: Source) -> None:
        """Give an open turn all of its text, as it comes, without waiting for it."""
        self._keep(turn.feed(text))

    async def configure(self, config: Mapping[str, Any], *, apply: str = "next_segment") -> Configured:
        """Change settings; a merge patch, None means back to the default. Raises `VoiceError` when refused."""
        answer = await self._ask("configure", config=dict(config), apply=apply)
        if not isinstance(answer, Configured):
            raise VoiceError("bad_answer", "Settings were answered with the end of a turn.")
        self._link.config = merged(self._link.config, config)
        return answer

    async def _begin(self, type_: str, **fields: Any) -> Turn:
        await self._link.ready(for_a_turn=True)
        turn = Turn(f"t{next(self._numbers)}", self._link.send, self._link.report, self._ask, self._room)
        self._link.switchboard.expect(turn)
        try:
            await self._link.send(type_, turn=turn.id, **fields)
        except BaseException:
            self._link.switchboard.forget(turn)
            raise
        return turn

    async def _ask(self, type_: str, /, **fields: Any) -> Configured | Result:
        question = f"q{next(self._numbers)}"
        answer = self._link.switchboard.expect_answer(question)
        try:
            await self._link.send(type_, id=question, **fields)
            with self._room.hurry():
                return await answer
        finally:
            self._link.switchboard.forget_answer(question)
            self._link.answered(question)

    def _withdraw(self, turn: Turn) -> None:
        self._keep(asyncio.create_task(turn.withdraw()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
