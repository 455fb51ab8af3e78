"""Revocations that gateways share.

    vg:{revoked}:<token id>        is there while the token is refused: the truth
    vg:revoked                     the channel on which ids are told: for promptness

A message that was lost is noticed at the next look, and in any case when the token is presented again.
"""

import asyncio
import contextlib

from gateway.access.revocations import MemoryRevocations, Tell
from gateway.access.tokens import LONGEST_S
from gateway.errors import Refused
from gateway.store import PREFIX, Store, reached

LOOK_EVERY_S = 3.0
AGAIN_S = 1.0
_CHANNEL = PREFIX + "revoked"


class RedisRevocations:
    """`run` listens and looks. Raises `Refused` while the store is away: a token may be one that was revoked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._here = MemoryRevocations()
        """Who watches on this gateway, and what it knows to be revoked."""

    async def revoke(self, token: str, for_s: float) -> None:
        async with self._store.reached(), self._store.redis.pipeline() as pipe:
            pipe.set(_key(token), "", px=round(for_s * 1000))
            pipe.publish(_CHANNEL, token)
            await pipe.execute()
        await self._here.revoke(token, for_s)

    async def revoked(self, token: str) -> bool:
        if not token:
            return False
        async with self._store.reached():
            return bool(await self._store.redis.exists(_key(token)))

    def watch(self, token: str, tell: Tell) -> Tell:
        return self._here.watch(token, tell)

    async def run(self) -> None:
        while True:
            with contextlib.suppress(Refused):
                await self._listen()
            await asyncio.sleep(AGAIN_S)

    async def look(self) -> None:
        """Tells who watches a token that was revoked elsewhere."""
        watched = self._here.watched()
        if watched:
            async with self._store.reached():
                found = await self._store.redis.mget([_key(token) for token in watched])
            for token, revoked in zip(watched, found, strict=True):
                if revoked is not None:
                    await self._here.revoke(token, LONGEST_S)

    async def _listen(self) -> None:
        with reached():
            async with self._store.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                await pubsub.subscribe(_CHANNEL)
                await self.look()  # what was told while nobody listened
                while True:
                    message = await pubsub.get_message(timeout=LOOK_EVERY_S)
                    if message is not None:
                        await self._here.revoke(message["data"].decode(), LONGEST_S)
                    else:  # silence, or a connection that is dead
                        await self.look()


def _key(token: str) -> str:
    return f"{PREFIX}{{revoked}}:{token}"
