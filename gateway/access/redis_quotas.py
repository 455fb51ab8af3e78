"""Quotas that gateways share.

    vg:{quotas}:count:<limit>      what is used and reserved; expires with its window
    vg:{quotas}:turn:<turn>        what is reserved for it: [[characters, [[limit, ends_at, most], …]], …]
    vg:{quotas}:held               turns by when they are given back, unless they are held again or settled
    vg:{quotas}:settled            turns by when that is forgotten
    vg:{quotas}:open:<limit>       sessions by when they count no more, unless their gateway says that they live
    vg:{quotas}:session:<session>  the limits that it counts on
    vg:{quotas}:home:<session>     the gateway to which it came last: by leaving another it counts no less

The tag puts all of it on one node of a Redis Cluster. A slot for each tenant would not work there: a turn stands on a
counter of its tenant and on that of all, and what is given back is on counters that only the turn's own record names.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson

from gateway.access.quotas import HELD_S, SETTLED_S, Limit
from gateway.errors import Refused
from gateway.owed import Owed
from gateway.store import PREFIX, Store

BEAT_S = 20.0
ALIVE_S = 60.0
"""A session counts for so long after its gateway has last said that it lives."""
BEATS_AT_ONCE = 500
_BASE = PREFIX + "{quotas}"
_NEVER = 1e12
"""In place of an infinity, which JSON lacks."""

_START = """
local base, now = KEYS[1], tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1000000
end
"""

_TURNS = (
    _START
    + """
local held, settled = base .. ':held', base .. ':settled'
local held_s, settled_s, turn, limits = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], cjson.decode(ARGV[6])

local function count(characters, on)
  for _, limit in ipairs(on) do
    local counter = base .. ':count:' .. limit[1]
    if characters > 0 or redis.call('EXISTS', counter) == 1 then
      redis.call('INCRBY', counter, characters)
      -- a minute more for gateways whose clocks are behind; eight days at most
      redis.call('EXPIRE', counter, math.ceil(math.min(math.max(limit[2] - now, 0) + 60, 691200)))
    end
  end
end

local function pieces_of(name)
  local kept = redis.call('GET', base .. ':turn:' .. name)
  return kept and cjson.decode(kept) or {}
end

local function total(pieces)
  local sum = 0
  for _, piece in ipairs(pieces) do sum = sum + piece[1] end
  return sum
end

local function move(pieces, more, on)
  if more > 0 then
    pieces[#pieces + 1] = {more, on}
    count(more, on)
  end
  while more < 0 do
    local piece = table.remove(pieces)
    local back = math.min(piece[1], -more)
    count(-back, piece[2])
    more = more + back
    if back < piece[1] then pieces[#pieces + 1] = {piece[1] - back, piece[2]} end
  end
end

local function forget(name)
  redis.call('DEL', base .. ':turn:' .. name)
  redis.call('ZREM', held, name)
end

for _, name in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', now, 'LIMIT', 0, 100)) do
  local pieces = pieces_of(name)
  move(pieces, -total(pieces), {})
  forget(name)
end
redis.call('ZREMRANGEBYSCORE', settled, '-inf', now)
if redis.call('ZSCORE', settled, turn) then return 0 end
local pieces = pieces_of(turn)
local more = tonumber(ARGV[5]) - total(pieces)
"""
)

_HOLD = (
    _TURNS
    + """
local full = 0
for place, limit in ipairs(limits) do
  local taken = tonumber(redis.call('GET', base .. ':count:' .. limit[1]) or 0)
  if more > 0 and taken + more > limit[3] and (full == 0 or limit[2] > limits[full][2]) then full = place end
end
if full > 0 then return full end
move(pieces, more, limits)
redis.call('SET', base .. ':turn:' .. turn, cjson.encode(pieces))
redis.call('ZADD', held, now + held_s, turn)
return 0
"""
)

_SETTLE = (
    _TURNS
    + """
move(pieces, more, limits)
forget(turn)
redis.call('ZADD', settled, now + settled_s, turn)
return 0
"""
)

_SESSIONS = (
    _START
    + """
local alive_s, home = tonumber(ARGV[2]), ARGV[3]

local function count(session, limits)
  redis.call('EXPIRE', base .. ':home:' .. session, 2 * alive_s)
  local counted = base .. ':session:' .. session
  for _, limit in ipairs(limits) do
    local open = base .. ':open:' .. limit[1]
    redis.call('ZADD', open, now + alive_s, session)
    redis.call('EXPIRE', open, 2 * alive_s)
    redis.call('SADD', counted, open)
  end
  redis.call('EXPIRE', counted, 2 * alive_s)
end
"""
)

_ENTER = (
    _SESSIONS
    + """
local session, limits = ARGV[4], cjson.decode(ARGV[5])
for place, limit in ipairs(limits) do
  local open = base .. ':open:' .. limit[1]
  redis.call('ZREMRANGEBYSCORE', open, '-inf', now)
  if not redis.call('ZSCORE', open, session) and redis.call('ZCARD', open) >= limit[3] then return place end
end
redis.call('SET', base .. ':home:' .. session, home)
count(session, limits)
return 0
"""
)

_BEAT = (
    _SESSIONS
    + """
for _, one in ipairs(cjson.decode(ARGV[4])) do
  redis.call('SET', base .. ':home:' .. one[1], home, 'NX')
  count(one[1], one[2])
end
"""
)

_LEAVE = """
local session, counted, home = ARGV[1], KEYS[1] .. ':session:' .. ARGV[1], KEYS[1] .. ':home:' .. ARGV[1]
if redis.call('GET', home) ~= ARGV[2] then return end
for _, open in ipairs(redis.call('SMEMBERS', counted)) do redis.call('ZREM', open, session) end
redis.call('DEL', counted, home)
"""


class RedisQuotas:
    """What is settled while the store is away, it is told later. `run` says that the sessions of this gateway live."""

    def __init__(self, store: Store, owed: Owed, clock: Callable[[], float] | None = None) -> None:
        """`clock`: in place of Redis's own time."""
        self._store = store
        self._owed = owed
        self._own = secrets.token_hex(8)
        self._clock: Callable[[], float | str] = clock or (lambda: "")
        self._hold, self._settle = store.script(_HOLD), store.script(_SETTLE)
        self._enter, self._beat, self._leave = store.script(_ENTER), store.script(_BEAT), store.script(_LEAVE)
        self._inside: dict[str, Sequence[Limit]] = {}
        """This gateway's sessions; one that nothing limits is not told."""

    async def hold(self, turn: str, characters: int, limits: Sequence[Limit]) -> Limit | None:
        async with self._store.reached():
            return _full(await self._hold([_BASE], self._about(turn, characters, limits)), limits)

    async def settle(self, turn: str, used: int, limits: Sequence[Limit]) -> None:
        tell = partial(self._charge, turn, used, limits)
        try:
            await tell()
        except Refused:
            self._owed.add(tell)

    async def enter(self, session: str, limits: Sequence[Limit]) -> Limit | None:
        full = None
        if limits:
            async with self._store.reached():
                full = _full(await self._enter([_BASE], self._of_ours(session, _packed(limits))), limits)
        if full is None:
            self._inside[session] = limits
        return full

    async def leave(self, session: str) -> None:
        if self._inside.pop(session, None) == ():
            return
        async with self._store.reached():
            await self._leave([_BASE], [session, self._own])

    async def run(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            with contextlib.suppress(Refused):
                await self.beat()

    async def beat(self) -> None:
        """Counts the sessions of this gateway, those too that the store has lost."""
        inside = [(session, limits) for session, limits in self._inside.items() if limits]
        for start in range(0, len(inside), BEATS_AT_ONCE):
            some = orjson.dumps([(session, _rows(limits)) for session, limits in inside[start : start + BEATS_AT_ONCE]])
            async with self._store.reached():
                await self._beat([_BASE], self._of_ours(some))

    def _of_ours(self, *about: str | bytes) -> list[str | bytes | float]:
        return [self._clock(), ALIVE_S, self._own, *about]

    async def _charge(self, turn: str, used: int, limits: Sequence[Limit]) -> None:
        async with self._store.reached():
            await self._settle([_BASE], self._about(turn, used, limits))

    def _about(self, turn: str, characters: int, limits: Sequence[Limit]) -> list[Any]:
        return [self._clock(), HELD_S, SETTLED_S, turn, characters, _packed(limits)]


def _rows(limits: Sequence[Limit]) -> list[tuple[str, float, int]]:
    return [(limit.name, min(limit.ends_at, _NEVER), limit.most) for limit in limits]


def _packed(limits: Sequence[Limit]) -> bytes:
    return orjson.dumps(_rows(limits))


def _full(place: int, limits: Sequence[Limit]) -> Limit | None:
    return limits[place - 1] if place else None
