"""Two replicas with one store."""

import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.app import Running, running
from gateway.settings import Settings
from tests.redis_server import RedisServer
from tests.upstreams.raw import Server, answering


@dataclass
class Replica:
    serving: Running
    _stack: contextlib.AsyncExitStack

    @property
    def url(self) -> str:
        return self.serving.url

    def leave(self) -> None:
        """As at SIGTERM: what is spoken comes to its end first."""
        self.serving.server.handle_exit(signal.SIGTERM, None)

    async def stop(self) -> None:
        """At once."""
        await self._stack.aclose()


@asynccontextmanager
async def pair(redis: RedisServer, *writes: bytes, **settings) -> AsyncIterator[tuple[Replica, Replica, Server]]:
    async with (
        answering(*writes) as upstream,
        contextlib.AsyncExitStack() as here,
        contextlib.AsyncExitStack() as there,
    ):
        url = "t2a+" + upstream.url.removesuffix("/v1/t2a_v2")
        given = Settings(port=0, upstream=url, api_key="canary-key", store=redis.url, **settings)
        replicas = [Replica(await each.enter_async_context(running(given)), each) for each in (here, there)]
        yield *replicas, upstream
