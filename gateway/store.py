"""The store that replicas share, in Redis: its connections, its scripts, its errors.

Each part keeps its own keys below `vg:`. What must hold together is one Lua script, so that it happens at once or not
at all. The store's time is Redis's, never a replica's.
"""

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.errors import Refused

PREFIX = "vg:"
ANSWER_S = 0.8
"""A store that has not answered by then counts as not reached: who asks for a turn is told within a second."""

log = logging.getLogger(__name__)


class Script(Protocol):
    async def __call__(self, keys: Sequence[str], args: Sequence[str | bytes | int | float], client: Any = None) -> Any:
        """Run it, on a pipeline if one is given."""


class Store:
    """Raises ValueError for an address that is none. Cancelling what waits for an answer is safe: the connection that
    was asked is not used again.
    """

    def __init__(self, url: str) -> None:
        self.redis: Redis = Redis.from_url(
            url,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),
            client_name="voice-gateway",
        )

    def script(self, lua: str) -> Script:
        script: Script = self.redis.register_script(lua)
        return script

    async def aclose(self) -> None:
        await self.redis.aclose()


@contextmanager
def reached() -> Generator[None, None, None]:
    """Raises `Refused` `store_unavailable` where the store is not reached, or does not do what it is asked."""
    try:
        yield
    except (RedisError, OSError) as error:
        log.warning("! the store: %s", type(error).__name__)
        raise Refused("store_unavailable") from error
