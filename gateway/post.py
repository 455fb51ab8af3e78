"""Letters between replicas, by the store's channels: each replica has one.

Letters of one connection keep their order. They are for replicas that live: what is sent to one that is gone, or while
the store is not reached, is lost, and whoever is at the other end of its connection is told so (`lost`).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

import orjson
from redis.exceptions import RedisError

from gateway.errors import Refused
from gateway.store import PREFIX, Store, stop, surviving

AGAIN_S = 0.2
LOST = "lost"

Letter = dict[str, Any]
"""`from`: a replica; `conn`: the connection it is about; `kind`, and what goes with that."""


@dataclass(frozen=True, slots=True)
class _Box:
    """Where letters about one connection are told, and the replica at its other end."""

    peer: str
    told: Callable[[Letter], None]


class Post:
    def __init__(self, store: Store, replica: str) -> None:
        self.replica = replica
        self.opened: Callable[[Letter], None] = lambda _: None
        """Told a letter about a connection that is not known here."""
        self._store = store
        self._boxes: dict[str, _Box] = {}
        self._out: deque[tuple[str, str, bytes]] = deque()
        """Replica, connection, letter."""
        self._filled = asyncio.Event()
        self._listening = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Letters arrive from here on."""
        self._tasks = [asyncio.create_task(each) for each in (self._deliver(), self._receive())]
        await self._listening.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._flush()
        await stop(*self._tasks)

    def hear(self, connection: str, peer: str, told: Callable[[Letter], None]) -> Callable[[], None]:
        """`told` is called with every letter about this connection; the answer ends it."""
        self._boxes[connection] = _Box(peer, told)
        return partial(self._unhear, connection)

    def _unhear(self, connection: str) -> None:
        self._boxes.pop(connection, None)

    def send(self, replica: str, connection: str, kind: str, **fields: Any) -> None:
        """`fields`: what JSON takes, and dataclasses."""
        letter = orjson.dumps({"from": self.replica, "conn": connection, "kind": kind, **fields})
        self._out.append((replica, connection, letter))
        self._filled.set()

    async def _deliver(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            with surviving("sending letters"):
                await self._flush()

    async def _flush(self) -> None:
        letters = list(self._out)
        self._out.clear()
        if not letters:
            return
        heard = [0] * len(letters)
        with suppress(Refused):
            async with self._store.reached(), self._store.redis.pipeline(transaction=False) as pipe:
                for replica, _, letter in letters:
                    pipe.publish(channel_of(replica), letter)
                heard = await pipe.execute()
        for (_, connection, _), hearers in zip(letters, heard, strict=True):
            if not hearers:
                self._lose(connection)

    def _lose(self, connection: str) -> None:
        if (box := self._boxes.get(connection)) is not None:
            with surviving("who has lost a connection"):
                box.told({"from": box.peer, "conn": connection, "kind": LOST})

    async def _receive(self) -> None:
        while True:
            with surviving("hearing letters"), suppress(RedisError, OSError):
                async with self._store.waiting.pubsub() as channel:
                    await channel.subscribe(channel_of(self.replica))
                    async for message in channel.listen():
                        self._take(message)
            for connection in tuple(self._boxes):
                self._lose(connection)
            await asyncio.sleep(AGAIN_S)

    def _take(self, message: Letter) -> None:
        self._listening.set()
        if message["type"] != "message":
            return
        with surviving("a letter of another replica"):
            letter = orjson.loads(message["data"])
            box = self._boxes.get(letter["conn"])
            (self.opened if box is None else box.told)(letter)


def channel_of(replica: str) -> str:
    """It is heard for as long as the replica's connections last: a process that dies closes them at once."""
    return f"{PREFIX}to:{replica}"
