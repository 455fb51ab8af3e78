"""The store that replicas share, in Redis: its connections, its scripts, its errors.

Each part keeps its own keys below `vg:`. What must hold together is one Lua script, so that it happens at once or not
at all. The store's time is Redis's, never a replica's.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.errors import Refused

PREFIX = "vg:"
CONNECTIONS = 10
ANSWER_S = 0.9
"""A store that has not answered by then counts as not reached: who asks for a turn is told within a second."""

AWAY_S = 1.0
"""So long after a failure, who can do without the store does not wait for it."""
CANCEL_AGAIN_S = 0.5

log = logging.getLogger(__name__)


class Script(Protocol):
    async def __call__(self, keys: Sequence[str], args: Sequence[str | bytes | int | float], client: Any = None) -> Any:
        """Run it, on a pipeline if one is given."""


class Store:
    """Raises ValueError for an address that is none. Cancelling what waits for an answer is safe: the connection that
    was asked is not used again.
    """

    def __init__(self, url: str, failed: Callable[[str], None] = lambda _error: None) -> None:
        """`failed` is told the name of every error."""
        self._failed = failed
        self._failed_at = -AWAY_S
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=ANSWER_S,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),
            client_name="voice-gateway",
        )
        self.redis: Redis = Redis.from_pool(pool)
        self.waiting: Redis = Redis.from_url(url, socket_connect_timeout=ANSWER_S, socket_timeout=None)
        """For what waits until something happens."""

    def script(self, lua: str) -> Script:
        script: Script = self.redis.register_script(lua)
        return script

    @property
    def away(self) -> bool:
        return time.monotonic() - self._failed_at < AWAY_S

    @asynccontextmanager
    async def reached(self) -> AsyncGenerator[None, None]:
        """As the function of this name; failures are counted, and the wait for a connection and all answers is bounded
        together.
        """
        try:
            with reached():
                async with asyncio.timeout(ANSWER_S):
                    yield
        except Refused as refused:
            error = type(refused.__cause__).__name__
            if not self.away:
                log.warning("! the store: %s", error)
            self._failed_at = time.monotonic()
            self._failed(error)
            raise

    async def aclose(self) -> None:
        await self.redis.aclose()
        await self.waiting.aclose()


@contextmanager
def reached() -> Generator[None, None, None]:
    """Raises `Refused` `store_unavailable` where the store is not reached, or does not do what it is asked."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise Refused("store_unavailable") from error


@contextmanager
def surviving(what: str) -> Generator[None, None, None]:
    """What every session waits for goes on, whatever breaks in it once."""
    try:
        yield
    except Exception:
        log.exception("! %s broke", what)


async def stop(*tasks: asyncio.Task[None]) -> None:
    """Cancel them until they end: redis-py can lose a cancel while it connects."""
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=CANCEL_AGAIN_S)


@asynccontextmanager
async def beside(running: Coroutine[Any, Any, None]) -> AsyncGenerator[None, None]:
    """Have it run while the block does."""
    task = asyncio.create_task(running)
    try:
        yield
    finally:
        await stop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("! what ran beside it broke", exc_info=error)
