"""The books that gateways share.

    vg:{usage}:since                     when they began, seconds since the epoch
    vg:{usage}:day, :tenant, :label      row → "turns billed heard wasted cached"
    vg:{usage}:labels                    tenant → how many rows of its labels there are
    vg:{usage}:booked                    what was booked of late, so that telling it again does no harm

Bounded as a gateway's own; kept until they are deleted. All of it is in one slot of a Redis Cluster.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson

from gateway.access import usage
from gateway.access.usage import REST, Spent, told
from gateway.owed import Owed
from gateway.store import PREFIX, Store

_BASE = PREFIX + "{usage}"
_BOOKED_S = 600
_AT_ONCE = 500
"""Rows of one answer of the store: between two frames of audio."""

_BOOK = """
local base, now = KEYS[1], redis.call('TIME')[1]
local name, day, tenant = ARGV[1], ARGV[2], ARGV[3]
local cost, labels = cjson.decode(ARGV[4]), cjson.decode(ARGV[5])
local rest, rest_row, rest_of_tenant = ARGV[6], ARGV[7], ARGV[8]
local most_days, most_rows, most_labels, booked_s = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), ARGV[12]

redis.call('ZREMRANGEBYSCORE', base .. ':booked', '-inf', now)
if redis.call('ZADD', base .. ':booked', 'NX', now + booked_s, name) == 0 then return end
redis.call('SETNX', base .. ':since', now)

local function add(kind, row)
  local sums = {}
  for number in string.gmatch(redis.call('HGET', base .. kind, row) or '0 0 0 0 0', '%d+') do
    sums[#sums + 1] = string.format('%.0f', tonumber(number) + cost[#sums + 1])
  end
  redis.call('HSET', base .. kind, row, table.concat(sums, ' '))
end

add(':day', day)
if redis.call('HLEN', base .. ':day') > most_days then
  local days = redis.call('HKEYS', base .. ':day')
  table.sort(days)
  redis.call('HDEL', base .. ':day', days[1])
end

local known = redis.call('HEXISTS', base .. ':tenant', tenant) == 1
if not known and redis.call('HLEN', base .. ':tenant') >= most_rows then tenant = rest end
add(':tenant', tenant)

local rows, taken = {}, redis.call('HLEN', base .. ':label')
for _, row in ipairs(labels) do
  if redis.call('HEXISTS', base .. ':label', row) == 0 then
    local of_tenant = tonumber(redis.call('HGET', base .. ':labels', ARGV[3]) or 0)
    if of_tenant >= most_labels or taken >= most_rows then
      row = of_tenant > 0 and rest_of_tenant or rest_row
    else
      redis.call('HINCRBY', base .. ':labels', ARGV[3], 1)
    end
  end
  rows[row] = true
end
for row in pairs(rows) do add(':label', row) end
"""


class RedisUsage:
    """What is booked is told in the background, and later while the store is away."""

    def __init__(self, store: Store, owed: Owed, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._owed = owed
        self._clock = clock
        self._script = store.script(_BOOK)

    def add(self, tenant: str, labels: Mapping[str, str], cost: Spent) -> None:
        day = time.strftime("%Y-%m-%d", time.gmtime(self._clock()))
        rows = [_row(tenant, name, value).decode() for name, value in labels.items()]
        about = [secrets.token_hex(8), day, tenant, orjson.dumps(list(cost)), orjson.dumps(rows)]
        rest = [REST, _row(REST, REST, ""), _row(tenant, REST, "")]
        bounds = [usage.MOST_DAYS, usage.MOST_ROWS, usage.MOST_LABELS, _BOOKED_S]
        self._owed.add(partial(self._book, about + rest + bounds))

    async def since(self) -> float:
        async with self._store.reached():
            return float(await self._store.redis.get(f"{_BASE}:since") or self._clock())

    async def by(self, what: str) -> list[dict[str, Any]]:
        rows, cursor, begun = {}, 0, False
        while cursor or not begun:
            begun = True
            async with self._store.reached():
                scanned: Any = await self._store.redis.hscan(f"{_BASE}:{what}", cursor, count=_AT_ONCE)
            cursor, some = scanned
            for name, sums in some.items():
                rows[_named(what, name)] = Spent(*map(int, sums.split()))
        return told(what, rows)

    async def _book(self, about: list[Any]) -> None:
        async with self._store.reached():
            await self._script([_BASE], about)


def _row(tenant: str, name: str, value: str) -> bytes:
    return orjson.dumps((tenant, name, value))


def _named(what: str, row: bytes) -> Any:
    return tuple(orjson.loads(row)) if what == "label" else row.decode()
