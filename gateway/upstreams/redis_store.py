"""Finished audio that gateways share, and one of them at a time that asks for it.

    vg:{cache}:…             a shelf; what was not read for longest goes first
    vg:asking:<key>          which gateway asks upstream, while it says that it does

The others wait for what it brings. Where it is gone, or has brought nothing that can be kept, the next one asks.
"""

import asyncio
import logging
import secrets

from gateway.errors import Refused
from gateway.shelf import Shelf
from gateway.store import PREFIX, Store
from gateway.upstreams.store import UNREADABLE, Recording, packed, unpacked

ASKING_S, BEAT_S = 5.0, 1.5
LOOK_EVERY_S = 0.1
KEEP_S = 30 * 86_400
_WHOLE = "whole"

_IF_OURS = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call({}) end"
_STOP = _IF_OURS.format("'DEL', KEYS[1]")
_GO_ON = _IF_OURS.format("'PEXPIRE', KEYS[1], ARGV[2]")

log = logging.getLogger(__name__)


class RedisStore:
    """While the store is away nothing is kept, and each gateway asks for itself. `run` says what is still asked for."""

    def __init__(self, store: Store, limit_bytes: int) -> None:
        self._store = store
        self._shelf = Shelf(store, "cache", limit_bytes)
        self._own = secrets.token_hex(8)
        self._asking: set[str] = set()
        self._stop, self._go_on = store.script(_STOP), store.script(_GO_ON)

    async def find(self, key: str) -> Recording | None:
        try:
            while not self._store.away:
                recording = await self._get(key)
                if recording is not None:
                    await self.give_up(key)
                    return recording
                if key in self._asking:
                    return None
                if not await self._begin(key):
                    await asyncio.sleep(LOOK_EVERY_S)
        except Refused:
            pass
        return None

    async def keep(self, key: str, recording: Recording) -> None:
        try:
            await self._shelf.put(key, {_WHOLE: packed(recording)}, KEEP_S)
        except Refused:
            log.warning("! cache: not stored")

    async def give_up(self, key: str) -> None:
        if key in self._asking:
            self._asking.discard(key)
            try:
                async with self._store.reached():
                    await self._stop([_name(key)], [self._own])
            except Refused:
                log.warning("! cache: others wait until this gateway counts as gone")

    async def run(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self._beat()
            except Refused:
                log.warning("! cache: others may ask for the same")

    async def _beat(self) -> None:
        for key in tuple(self._asking):
            async with self._store.reached():
                await self._go_on([_name(key)], [self._own, round(ASKING_S * 1000)])

    async def _get(self, key: str) -> Recording | None:
        whole = (await self._shelf.get(key)).get(_WHOLE)
        if whole is None:
            return None
        await self._shelf.stay(key, KEEP_S)
        try:
            return unpacked(whole)
        except UNREADABLE:
            return None

    async def _begin(self, key: str) -> bool:
        """Whether it is ours to ask: then what came meanwhile is looked for once more."""
        async with self._store.reached():
            if await self._store.redis.set(_name(key), self._own, nx=True, px=round(ASKING_S * 1000)):
                self._asking.add(key)
        return key in self._asking


def _name(key: str) -> str:
    return f"{PREFIX}asking:{key}"
