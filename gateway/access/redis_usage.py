"""The books that gateways share.

    vg:{usage}:since                            when they began, seconds since the epoch
    vg:{usage}:day, :tenant, :model             row → "turns billed heard wasted cached cost unpriced"
    vg:{usage}:label, :voice                    the same by tenant and what its clients name
    vg:{usage}:labels, :voices                  tenant → how many of those rows it has
    vg:{usage}:booked                           what was booked of late, so that telling it again does no harm

Bounded as a gateway's own; kept until they are deleted. All of it is in one slot of a Redis Cluster.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import orjson

from gateway.access import usage
from gateway.access.costs import NOBODY, Spent
from gateway.access.usage import REST, Row, day_of, told
from gateway.owed import Owed
from gateway.store import PREFIX, Store

_BASE = PREFIX + "{usage}"
_BOOKED_S = 600
_AT_ONCE = 500
"""Rows of one answer of the store: between two frames of audio."""

_BOOK = """
local base, now = KEYS[1], redis.call('TIME')[1]
local name, tenant, booked_s = ARGV[1], ARGV[2], ARGV[3]
local most_days, most_rows, most_chosen = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local rest, told = ARGV[7], cjson.decode(ARGV[8])

redis.call('ZREMRANGEBYSCORE', base .. ':booked', '-inf', now)
if redis.call('ZADD', base .. ':booked', 'NX', now + booked_s, name) == 0 then return end
redis.call('SETNX', base .. ':since', now)

local function add(kind, row, cost)
  local before, sums = {}, {}
  for number in string.gmatch(redis.call('HGET', base .. kind, row) or '', '%d+') do
    before[#before + 1] = tonumber(number)
  end
  for index, number in ipairs(cost) do
    sums[index] = string.format('%.0f', (before[index] or 0) + number)
  end
  redis.call('HSET', base .. kind, row, table.concat(sums, ' '))
end

local function known(kind, row)
  if redis.call('HEXISTS', base .. kind, row) == 1 or redis.call('HLEN', base .. kind) < most_rows then return row end
  return rest
end

local function chosen(kind, row, rests)
  if redis.call('HEXISTS', base .. kind, row) == 0 then
    local of_tenant = tonumber(redis.call('HGET', base .. kind .. 's', tenant) or 0)
    if of_tenant >= most_chosen or redis.call('HLEN', base .. kind) >= most_rows then
      return of_tenant > 0 and rests[1] or rests[2]
    end
    redis.call('HINCRBY', base .. kind .. 's', tenant, 1)
  end
  return row
end

add(':day', told.day, told.cost)
if redis.call('HLEN', base .. ':day') > most_days then
  local days = redis.call('HKEYS', base .. ':day')
  table.sort(days)
  redis.call('HDEL', base .. ':day', days[1])
end
add(':tenant', known(':tenant', tenant), told.cost)
for _, each in ipairs(told.models) do add(':model', known(':model', each[1]), each[2]) end
for _, each in ipairs(told.voices) do add(':voice', chosen(':voice', each[1], told.voice_rests), each[2]) end
local rows = {}
for _, row in ipairs(told.labels) do rows[chosen(':label', row, told.label_rests)] = true end
for row in pairs(rows) do add(':label', row, told.cost) end
"""


class RedisUsage:
    """What is booked is told in the background, and later while the store is away."""

    def __init__(self, store: Store, owed: Owed, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._owed = owed
        self._clock = clock
        self._script = store.script(_BOOK)

    def add(
        self,
        tenant: str,
        labels: Mapping[str, str],
        cost: Spent,
        voices: Mapping[str, Spent] = NOBODY,
        models: Mapping[str, Spent] = NOBODY,
    ) -> None:
        """`told` has what was booked, and its rows as the store names them."""
        told = {
            "day": day_of(self._clock()),
            "cost": list(cost),
            "models": _parts(models),
            "voices": [(_row(tenant, voice), part) for voice, part in _parts(voices)],
            "voice_rests": [_row(tenant, REST), _row(REST, REST)],
            "labels": [_row(tenant, name, value) for name, value in labels.items()],
            "label_rests": [_row(tenant, REST, ""), _row(REST, REST, "")],
        }
        bounds = [_BOOKED_S, usage.MOST_DAYS, usage.MOST_ROWS, usage.MOST_CHOSEN]
        about = [secrets.token_hex(8), tenant, *bounds, REST, orjson.dumps(told)]
        self._owed.add(partial(self._book, about))

    async def since(self) -> float:
        async with self._store.reached():
            return float(await self._store.redis.get(f"{_BASE}:since") or self._clock())

    async def by(self, what: str) -> list[dict[str, Any]]:
        rows: dict[Row, Spent] = {}
        cursor, begun = 0, False
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


def _parts(costs: Mapping[str, Spent]) -> Iterable[tuple[str, list[int]]]:
    return [(name, list(cost)) for name, cost in costs.items()]


def _row(*names: str) -> str:
    return orjson.dumps(names).decode()


def _named(what: str, row: bytes) -> Row:
    return tuple(orjson.loads(row)) if what in ("label", "voice") else (row.decode(),)
