"""A stand-in gateway: bare `websockets`, and a script of what it says."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection, serve

FORMAT = {"codec": "pcm_s16le", "rate": 24000, "channels": 1, "unit": "samples"}
USAGE = {"characters": 2, "billed_characters": 2, "cached_characters": 0, "requests": 1}
TIMING = {"queued_ms": 0, "total_ms": 5}
NOTHING = {"text": "", "span": [0, 0], "ms": 0, "exact": False, "by": "client"}
WELCOME = {"session": "s_1", "config": {}, "limits": {}, "ignored": [], "server": "desk"}
RESUMABLE = {**WELCOME, "resume_token": "r_1", "resume_window_ms": 60_000}


@dataclass
class Desk:
    """One client's connection, as its script sees it."""

    socket: ServerConnection
    heard: list[dict] = field(default_factory=list)
    seq: int = 0

    async def hear(self, type_: str) -> dict:
        """The next message of this type."""
        while True:
            self.heard.append(json.loads(await self.socket.recv()))
            if self.heard[-1]["type"] == type_:
                return self.heard[-1]

    async def resume(self, token: str, **fields) -> dict:
        """A connection that goes on with `s_1`, and what its hello asked for."""
        asked = (await self.hear("hello"))["resume"]
        given = {"session": "s_1", "resume_token": token, "resume_window_ms": 60_000, "config": {}, "limits": {}}
        told = {"from_seq": asked["last_seq"] + 1, "to_seq": asked["last_seq"], "turns": [], "server": "desk", **fields}
        await self.say("resumed", **given, **told)
        return asked

    async def say(self, type_: str, **fields) -> None:
        await self.socket.send(json.dumps({"type": type_, **fields}))

    async def accept(self, turn: str, handle: int = 1) -> None:
        await self.say("turn.accepted", turn=turn, handle=handle, track="main", state="active", position=0)

    async def start(self, turn: str, handle: int = 1) -> None:
        await self.accept(turn, handle)
        await self.say("turn.started", turn=turn, handle=handle, audio=FORMAT)

    async def frame(self, payload: bytes, handle: int = 1, position: int = 0) -> None:
        self.seq += 1
        await self.socket.send(struct.pack("<BBHIII", 1, 0, 0, handle, self.seq, position) + payload)

    async def done(self, turn: str, **more) -> None:
        fields = {"bytes": 4, "duration_ms": 1, "usage": USAGE, "timing": TIMING, **more}
        await self.say("turn.done", turn=turn, **fields)

    async def cancelled(self, cancel: dict) -> None:
        """As it was asked for."""
        fields = {"reason": "client", "heard": NOTHING, "unheard": NOTHING, "sent_ms": 0, "usage": USAGE}
        await self.say("turn.cancelled", turn=cancel["turn"], re=cancel.get("id"), **fields)


def one_after_the_other(*scripts: Callable[[Desk], Awaitable[None]]) -> Callable[[Desk], Awaitable[None]]:
    """Each connection has the next of them."""
    waiting = iter(scripts)

    async def script(here: Desk) -> None:
        await next(waiting)(here)

    return script


@asynccontextmanager
async def desk(script: Callable[[Desk], Awaitable[None]], *, greet: bool = True) -> AsyncIterator[str]:
    """Its URL. What a script raises, but for the end of its connection, is raised here."""
    failures: list[BaseException] = []

    async def handle(socket: ServerConnection) -> None:
        here = Desk(socket)
        try:
            if greet:
                await here.hear("hello")
                await here.say("welcome", **WELCOME)
            await script(here)
            await socket.wait_closed()
        except (AssertionError, KeyError) as error:
            failures.append(error)
        except asyncio.CancelledError:
            raise

    async with serve(handle, "127.0.0.1", 0, compression=None) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    if failures:
        raise failures[0]
