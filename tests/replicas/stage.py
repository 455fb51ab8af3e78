"""Two replicas with one store."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.app import running
from gateway.settings import Settings
from tests.redis_server import RedisServer
from tests.upstreams.raw import Server, answering


@dataclass
class Replica:
    url: str
    _stack: contextlib.AsyncExitStack

    async def stop(self) -> None:
        """As SIGTERM does."""
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
        replicas = [Replica((await each.enter_async_context(running(given))).url, each) for each in (here, there)]
        yield *replicas, upstream
