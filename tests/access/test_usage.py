"""The books."""

from dataclasses import dataclass

import pytest

from gateway import owed
from gateway.access import usage
from gateway.access.redis_usage import RedisUsage
from gateway.access.usage import REST, MemoryUsage, Spent, Usage, spent
from gateway.errors import Refused
from gateway.owed import Owed
from gateway.protocol import events
from gateway.protocol.events import Part, Timing
from gateway.store import Store, beside
from tests.access.clock import Clock
from tests.redis_server import STORES, RedisServer, need_redis

DAY = 86_400.0


def part(text: str) -> Part:
    return Part(text, (0, len(text)), 0, exact=True, by="client")


def done(billed: int, cached: int, size: int) -> events.TurnDone:
    cost = events.Usage(billed_characters=billed, cached_characters=cached)
    return events.TurnDone(turn="a", bytes=size, duration_ms=1, usage=cost, timing=Timing(0, 1, 1, 1))


def cancelled(billed: int, cached: int, heard: str) -> events.TurnCancelled:
    cost = events.Usage(billed_characters=billed, cached_characters=cached)
    return events.TurnCancelled(turn="a", reason="client", heard=part(heard), unheard=part(""), sent_ms=1, usage=cost)


@pytest.mark.parametrize(
    ("terminal", "cost"),
    [
        (done(10, 0, 480), Spent(1, 10, 10, 0, 0)),
        (done(0, 10, 480), Spent(1, 0, 10, 0, 10)),
        (done(10, 0, 0), Spent(1, 10, 0, 0, 0)),
        (cancelled(10, 0, ""), Spent(1, 10, 0, 10, 0)),
        (cancelled(10, 0, "你好"), Spent(1, 10, 4, 6, 0)),
        (cancelled(10, 0, "more than was spoken"), Spent(1, 10, 10, 0, 0)),
        (cancelled(0, 10, "four"), Spent(1, 0, 4, 0, 10)),
        (cancelled(10, 10, "a"), Spent(1, 10, 1, 10, 10)),
    ],
)
def test_what_was_billed_or_cached_was_heard_or_not(terminal, cost):
    assert spent(terminal) == cost
    assert cost.heard + cost.wasted <= cost.billed + cost.cached


@dataclass
class Shelf:
    books: Usage
    others: Usage
    owed: Owed

    async def told(self) -> Usage:
        """Another gateway's, once it can know."""
        await self.owed.settle()
        return self.others


class Told(Owed):
    """Keeps what it is to tell."""

    def __init__(self) -> None:
        self.all = []

    def add(self, tell) -> None:
        self.all.append(tell)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", *STORES])
async def shelf(request, clock, open_store):
    """The books, and others that share them."""
    if request.param == "memory":
        books = MemoryUsage(clock)
        yield Shelf(books, books, Owed())
        return
    later = Owed()
    async with beside(later.run()):
        yield Shelf(*(RedisUsage(open_store(request.param), later, clock) for _ in range(2)), later)


async def test_turns_add_up_by_tenant_label_and_day(shelf, clock):
    books = shelf.books
    books.add("acme", {"guild": "1", "room": "x"}, Spent(1, 10, 8, 2, 0))
    books.add("acme", {"guild": "1"}, Spent(1, 5, 5, 0, 7))
    clock.now = DAY
    books.add("beta", {}, Spent(1, 1, 1, 0, 0))
    books = await shelf.told()
    assert await books.by("tenant") == [
        {"tenant": "acme", "turns": 2, "billed": 15, "heard": 13, "wasted": 2, "cached": 7},
        {"tenant": "beta", "turns": 1, "billed": 1, "heard": 1, "wasted": 0, "cached": 0},
    ]
    assert await books.by("label") == [
        {"tenant": "acme", "label": "guild", "value": "1", "turns": 2, "billed": 15, "heard": 13, "wasted": 2,
         "cached": 7},
        {"tenant": "acme", "label": "room", "value": "x", "turns": 1, "billed": 10, "heard": 8, "wasted": 2,
         "cached": 0},
    ]  # fmt: skip
    assert [(row["day"], row["billed"]) for row in await books.by("day")] == [("1970-01-01", 15), ("1970-01-02", 1)]


async def test_labels_that_clients_choose_cannot_fill_the_memory_nor_hide_what_was_spent(monkeypatch, shelf):
    monkeypatch.setattr(usage, "MOST_LABELS", 3)
    monkeypatch.setattr(usage, "MOST_ROWS", 5)
    books = shelf.books
    for tenant in ("acme", "beta", "gamma"):
        for index in range(10):
            books.add(tenant, {"user": str(index), "again": str(index)}, Spent(1, 1, 1, 0, 0))
    books = await shelf.told()
    rows = await books.by("label")
    assert len(rows) <= 8
    assert {(row["tenant"], row["turns"]) for row in rows if row["label"] == REST} == {
        ("acme", 9), ("beta", 9), (REST, 10),
    }  # fmt: skip
    assert sum(row["billed"] for row in await books.by("tenant")) == 30


async def test_days_of_long_ago_are_forgotten(monkeypatch, shelf, clock):
    monkeypatch.setattr(usage, "MOST_DAYS", 2)
    for _ in range(4):
        shelf.books.add("acme", {}, Spent(1, 1, 1, 0, 0))
        clock.now += DAY
    books = await shelf.told()
    assert [row["day"] for row in await books.by("day")] == ["1970-01-03", "1970-01-04"]


async def test_the_books_know_since_when(shelf):
    shelf.books.add("acme", {}, Spent(1, 1, 1, 0, 0))
    books = await shelf.told()
    assert await books.since() == await shelf.books.since() >= 0


async def test_tenants_beyond_the_bound_stand_together(monkeypatch, shelf):
    monkeypatch.setattr(usage, "MOST_ROWS", 2)
    for tenant in ("", "a", "b", "c", "a"):
        shelf.books.add(tenant, {}, Spent(1, 1, 1, 0, 0))
    books = await shelf.told()
    assert {row["tenant"]: row["turns"] for row in await books.by("tenant")} == {"": 1, "a": 2, REST: 2}


@pytest.mark.parametrize("kind", STORES)
async def test_what_is_told_twice_is_booked_once(open_store, kind):
    books = RedisUsage(open_store(kind), Told())
    books.add("acme", {"guild": "1"}, Spent(1, 10, 8, 2, 0))
    for tell in books._owed.all * 2:
        await tell()
    assert [row["billed"] for what in ("tenant", "label", "day") for row in await books.by(what)] == [10, 10, 10]


async def test_what_is_booked_while_the_store_is_away_is_told_when_it_is_back(monkeypatch):
    need_redis()
    monkeypatch.setattr(owed, "AGAIN_S", 0.02)
    later = Owed()
    with RedisServer() as server:
        server.kill()
        store = Store(server.url)
        books = RedisUsage(store, later)
        books.add("acme", {}, Spent(1, 10, 8, 2, 0))
        books.add("acme", {}, Spent(1, 1, 1, 0, 0))
        with pytest.raises(Refused, match="store_unavailable"):
            await books.by("tenant")
        async with beside(later.run()):
            server.start()
            await later.settle()
        assert [row["billed"] for row in await books.by("tenant")] == [11]
        await store.aclose()


async def test_what_waits_for_the_store_is_bounded_and_the_rest_is_said_to_be_lost(monkeypatch, caplog):
    monkeypatch.setattr(owed, "MOST", 2)
    monkeypatch.setattr(owed, "LAST_S", 0.01)
    later = Owed()

    async def away() -> None:
        raise Refused("store_unavailable")

    for _ in range(3):
        later.add(away)
    async with beside(later.run()):
        await later.settle()
    assert [record.getMessage() for record in caplog.records] == [
        "! the store is away for too long: one entry is lost",
        "! the store is away: 2 entries are lost",
    ]
