"""A client that is not ours, and comes back as PROTOCOL.md asks: by the range of the close code."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.end_to_end.client import stream_url
from tests.proofs.chaos.cluster import SECRET
from tests.proofs.chaos.record import Record

SAMPLES: dict = {"codec": "pcm_s16le", "rate": 8000, "lookahead_ms": 120_000}
VOICE_MESSAGE: dict = {"codec": "ogg_opus", "file": "turn", "bitrate": 32_000, "lookahead_ms": 120_000}
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 0.5
"""A tenth of what PROTOCOL.md asks of clients, and never long: what is measured is the gateway."""
CONNECT_S = 10.0
LOOK_S = 0.02
SILENCE_S = 12.0
"""Nobody who waits for a turn is left so long without a word or a close."""
CUT = 1006
NO_HANDSHAKE = (OSError, EOFError, InvalidHandshake, InvalidMessage)
LATER = frozenset({"draining", "store_unavailable", "overloaded"})
"""A turn that is refused so is said again."""


class Refused(Exception):
    """The gateway has refused a turn, or said by its close code not to come back unchanged."""


class Silent(Exception):
    """The gateway has said nothing for `SILENCE_S`."""


@dataclass
class Client:
    """One session, over as many connections as it takes. `where` is asked for the gateway's URL each time."""

    where: Callable[[], str]
    credential: str = SECRET
    audio: dict = field(default_factory=lambda: SAMPLES)
    """What is asked for."""
    voice: dict = field(default_factory=lambda: {"voice_id": "test_tones"})
    later: frozenset[str] = LATER
    record: Record = field(init=False)
    errors: list[str] = field(default_factory=list)
    """Codes of errors that did not end a connection."""
    closes: list[int] = field(default_factory=list)
    """Of connections that ended before this client meant it."""
    unmet: list[str] = field(default_factory=list)
    """Why there was no handshake; such a connection counts as one that was cut."""
    connections: int = 0
    greeting: dict | None = None
    """`welcome`, or the last `resumed`."""
    greeted_at: float = 0.0
    """When that came."""
    _socket: ClientConnection | None = None
    _leaving: bool = False
    """The gateway on the other side has said `goaway`."""
    _n: int = 0
    _sent_n: int = 0
    """What was sent on this connection, or had arrived before it."""
    _message: dict = field(default_factory=dict)
    _wait_s: float = 0.0
    _failures: int = 0

    def __post_init__(self) -> None:
        self.record = Record(unit_bytes=1 if "file" in self.audio else 2)

    async def speak(self, turn: str, text: str) -> dict:
        """The turn's terminal. Raises `Refused` and `Silent`."""
        self._compose({"type": "speak", "turn": turn, "text": text})
        while turn not in self.record.ended:
            await self._go_on(self._hear)
        return self.record.ended[turn]

    async def end_of(self, turn: str, text: str) -> str:
        """How it ended: the terminal's type, or what stood against it."""
        try:
            return str((await self.speak(turn, text))["type"])
        except Refused as refused:
            return f"refused: {refused}"
        except Silent:
            return "silent"

    async def greet(self) -> None:
        """Begin the session, or resume it, and say nothing."""
        while self._socket is None:
            await self._go_on(self._connected)

    async def sounding(self) -> None:
        """Until there is a frame, or has been none for too long; the turn runs in a task of its own."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENCE_S):
                while not self.record.frames_at:
                    await asyncio.sleep(LOOK_S)

    async def closed(self) -> None:
        """Hear until this connection ends, and wait as its code asks for."""
        while self._socket is not None:
            await self._go_on(self._hear)

    def cut(self) -> None:
        """As a cable that is pulled."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def bye(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await socket.send('{"type":"bye"}')
            await socket.close()

    async def _go_on(self, step) -> None:
        try:
            await step()
        except ConnectionClosed as closed:
            await self._lost(CUT if closed.rcvd is None else closed.rcvd.code)
        except NO_HANDSHAKE as error:
            self.unmet.append(f"{type(error).__name__}: {error}")
            await self._lost(CUT)

    def _compose(self, message: dict) -> None:
        self._n += 1
        self._message = {**message, "n": self._n}

    async def _hear(self) -> None:
        socket = await self._connected()
        if self._sent_n < self._n and not self._leaving:
            await asyncio.sleep(self._wait_s)
            self._sent_n, self._wait_s = self._n, 0.0
            await socket.send(json.dumps(self._message))
        told = self.record.take(await _received(socket))
        if told.get("type") == "goaway":
            self._leaving = True
        if told.get("type") == "error" and not told["fatal"]:
            self._refused(told["code"])

    async def _connected(self) -> ClientConnection:
        if self._socket is None:
            self.connections += 1
            socket = await connect(stream_url(self.where()), max_size=None, compression=None, open_timeout=CONNECT_S)
            try:
                await self._greeted(socket)
            except BaseException:
                socket.transport.abort()
                raise
            self._socket, self._leaving, self._failures = socket, False, 0
        return self._socket

    async def _greeted(self, socket: ClientConnection) -> None:
        hello = (
            {"config": {"voice": self.voice, "audio": self.audio}}
            if self.greeting is None
            else {"resume": self._resume()}
        )
        await socket.send(json.dumps({"type": "hello", "v": 1, "token": self.credential, **hello}))
        answer = json.loads(await _received(socket))
        while answer["type"] == "error":  # its close follows
            answer = json.loads(await _received(socket))
        if answer["type"] == "resumed" and answer["from_seq"] != self.record.last_seq + 1:
            self.record.wrong.append(f"resumed from {answer['from_seq']}, after {self.record.last_seq}")
        self.greeting, self.greeted_at = answer, time.monotonic()
        self._sent_n = answer.get("last_n") or 0

    def _resume(self) -> dict:
        assert self.greeting is not None
        names = {"session": self.greeting["session"], "token": self.greeting["resume_token"]}
        return {**names, "last_seq": self.record.last_seq}

    def _refused(self, code: str) -> None:
        self.errors.append(code)
        if code not in self.later:
            raise Refused(code)
        self._wait_s = LONGEST_WAIT_S
        self._compose(self._message)

    async def _lost(self, code: int) -> None:
        """Wait as the close code asks for."""
        self._socket = None
        self.closes.append(code)
        if 4000 <= code < 4100:
            raise Refused(f"close {code}")
        if not 4200 <= code < 4300:
            self._failures += 1
            longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**self._failures)
            await asyncio.sleep(longest * random.uniform(0.5, 1))


async def _received(socket: ClientConnection) -> str | bytes:
    try:
        async with asyncio.timeout(SILENCE_S):
            return await socket.recv()
    except TimeoutError:  # would be an OSError, as a lost connection is
        raise Silent from None
