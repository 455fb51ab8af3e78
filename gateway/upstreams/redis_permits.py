"""An account's key, shared by gateways: its rates, how far they have given way, and whether it is left alone.

    vg:{<key>}:rate      levels, shares and times of its two buckets; gone once they are full again
    vg:{<key>}:open      why its account is not to be asked, until when

`<key>` is a hash of the key and its host. The queue stays each gateway's own: a permit is asked for who is next there.
"""

import hashlib

from gateway.store import PREFIX, Store
from gateway.upstreams.governor import GIVE_WAY, LEAST_SHARE, PENALTY_EVERY_S, RECOVERY_S, Level, Limits, rate
from gateway.upstreams.permits import Told

_FULL_AGAIN_S = 600
"""Longer than any bucket takes to be as it was in the beginning."""

_BUCKETS = """
local rate, open = KEYS[1], KEYS[2]
local least_share, recovery_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000

local function bucket(name, per_second, size)
  local kept = redis.call('HMGET', rate, name .. 'level', name .. 'share', name .. 'at', name .. 'penalised')
  local one = {name = name, per_second = tonumber(per_second), size = tonumber(size)}
  one.level, one.share = tonumber(kept[1] or size), tonumber(kept[2] or 1)
  one.penalised = tonumber(kept[4] or 0)
  local passed = math.max(0, now - tonumber(kept[3] or now))
  one.level = math.min(one.size, one.level + passed * one.per_second * one.share)
  one.share = math.min(1, one.share + passed / recovery_s)
  return one
end

local function keep(one)
  local name = one.name
  redis.call('HSET', rate, name .. 'level', one.level, name .. 'share', one.share, name .. 'at', now,
    name .. 'penalised', one.penalised)
  redis.call('EXPIRE', rate, ARGV[3])
end

local requests, characters = bucket('requests', ARGV[4], ARGV[5]), bucket('characters', ARGV[6], ARGV[7])
"""

_TAKE = (
    _BUCKETS
    + """
local wanted, granted = tonumber(ARGV[8]), 0
local closed = redis.call('GET', open)
if not closed and requests.level >= 1 and characters.level >= math.min(wanted, characters.size) then
  requests.level, characters.level, granted = requests.level - 1, characters.level - wanted, 1
end
keep(requests)
keep(characters)
return {granted, tostring(requests.level), tostring(requests.share), tostring(characters.level),
  tostring(characters.share), closed or '', redis.call('PTTL', open)}
"""
)

_FAILED = (
    _BUCKETS
    + """
local every_s, give_way = tonumber(ARGV[8]), tonumber(ARGV[9])
local function penalise(one)
  if now - one.penalised >= every_s then
    one.penalised, one.share, one.level = now, math.max(least_share, one.share * give_way), math.min(one.level, 0)
    keep(one)
  end
end
if ARGV[10] == '1' then penalise(requests) end
if ARGV[11] == '1' then penalise(characters) end
if ARGV[12] ~= '' then redis.call('SET', open, ARGV[12], 'PX', ARGV[13]) end
"""
)


class RedisPermits:
    def __init__(self, store: Store, host: str, secret: str, limits: Limits) -> None:
        name = hashlib.sha256(f"{host} {secret}".encode()).hexdigest()[:32]
        self._store = store
        self._keys = [f"{PREFIX}{{{name}}}:rate", f"{PREFIX}{{{name}}}:open"]
        rates = [part for per_minute in (limits.requests, limits.characters) for part in rate(per_minute)]
        self._about: list[float] = [LEAST_SHARE, RECOVERY_S, _FULL_AGAIN_S, *rates]
        self._take, self._failed = store.script(_TAKE), store.script(_FAILED)

    @property
    def away(self) -> bool:
        return self._store.away

    async def take(self, characters: int) -> Told:
        async with self._store.reached():
            told = await self._take(self._keys, [*self._about, characters])
        granted, *levels, refusing, left_ms = told
        one, its_share, other, others_share = map(float, levels)
        return Told(
            bool(granted), Level(one, its_share), Level(other, others_share), refusing.decode(), max(0, left_ms) / 1000
        )

    async def failed(self, *, requests: bool, characters: bool, refusing: str, for_s: float) -> None:
        penalty: list[float | str] = [
            PENALTY_EVERY_S,
            GIVE_WAY,
            int(requests),
            int(characters),
            refusing,
            round(for_s * 1000),
        ]
        async with self._store.reached():
            await self._failed(self._keys, [*self._about, *penalty])
