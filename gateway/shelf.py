"""Bytes that gateways share, bounded: what is to go first goes first.

    vg:{<shelf>}:at:<name>     part → bytes
    vg:{<shelf>}:until         names by when they go; the earliest goes first where there is no room
    vg:{<shelf>}:sizes         name → bytes
    vg:{<shelf>}:bytes         of all

One slot of a Redis Cluster for each shelf: what goes is only known inside the script.
"""

from collections.abc import Mapping
from typing import Any

from gateway.store import PREFIX, Store

_SHELF = """
local base, name = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local at = base .. ':at:'

local function drop(gone)
  redis.call('DEL', at .. gone)
  redis.call('ZREM', base .. ':until', gone)
  redis.call('DECRBY', base .. ':bytes', redis.call('HGET', base .. ':sizes', gone) or 0)
  redis.call('HDEL', base .. ':sizes', gone)
end

local function stay(keep_s)
  redis.call('ZADD', base .. ':until', now + keep_s, name)
  redis.call('EXPIRE', at .. name, keep_s)
end
"""

_PUT = (
    _SHELF
    + """
local most, keep_s = tonumber(ARGV[2]), tonumber(ARGV[3])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', base .. ':until', '-inf', now, 'LIMIT', 0, 100)) do drop(gone) end
if redis.call('EXISTS', at .. name) == 0 then drop(name) end
local more = 0
for part = 4, #ARGV, 2 do
  more = more + #ARGV[part + 1] - redis.call('HSTRLEN', at .. name, ARGV[part])
  redis.call('HSET', at .. name, ARGV[part], ARGV[part + 1])
end
redis.call('HINCRBY', base .. ':sizes', name, more)
stay(keep_s)
local bytes = redis.call('INCRBY', base .. ':bytes', more)
while bytes > most do
  drop(redis.call('ZRANGE', base .. ':until', 0, 0)[1])
  bytes = tonumber(redis.call('GET', base .. ':bytes'))
end
"""
)

_STAY = _SHELF + "if redis.call('EXISTS', at .. name) == 1 then stay(tonumber(ARGV[2])) end"


class Shelf:
    """Raises `Refused` while the store is away."""

    def __init__(self, store: Store, name: str, most: int) -> None:
        self.most = most
        self._store = store
        self._base = f"{PREFIX}{{{name}}}"
        self._put, self._stay = store.script(_PUT), store.script(_STAY)

    async def put(self, name: str, parts: Mapping[str, bytes], keep_s: int) -> None:
        """Add parts to what is under this name; it goes after `keep_s` from now, or before for want of room."""
        if sum(map(len, parts.values())) > self.most:
            return
        said = [piece for part in parts.items() for piece in part]
        async with self._store.reached():
            await self._put([self._base], [name, self.most, keep_s, *said])

    async def get(self, name: str) -> dict[str, bytes]:
        """Empty where there is nothing."""
        async with self._store.reached():
            parts: dict[Any, Any] = await self._store.redis.hgetall(f"{self._base}:at:{name}")
        return {part.decode(): data for part, data in parts.items()}

    async def stay(self, name: str, keep_s: int) -> None:
        """What is there goes after `keep_s` from now."""
        async with self._store.reached():
            await self._stay([self._base], [name, keep_s])
