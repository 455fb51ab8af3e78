"""The books."""

from dataclasses import dataclass

import pytest

from gateway import owed
from gateway.access import usage
from gateway.access.costs import Bill, Share, Spent, bill
from gateway.access.redis_usage import RedisUsage
from gateway.access.usage import KINDS, REST, MemoryUsage, Usage
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


def done(size: int = 480) -> events.TurnDone:
    return events.TurnDone(turn="a", bytes=size, duration_ms=1, usage=events.Usage(), timing=Timing(0, 1, 1, 1))


def cancelled(heard: str) -> events.TurnCancelled:
    parts = {"heard": part(heard), "unheard": part("")}
    return events.TurnCancelled(turn="a", reason="client", sent_ms=1, usage=events.Usage(), **parts)


def share(billed: int, cached: int = 0, voice: str = "v", model: str = "m", price: int | None = 60) -> Share:
    return Share(voice, model, billed, cached, None if price is None else billed * price)


@pytest.mark.parametrize(
    ("terminal", "billed", "cached", "cost"),
    [
        (done(), 10, 0, Spent(1, 10, 10, 0, 0, 600)),
        (done(), 0, 10, Spent(1, 0, 10, 0, 10)),
        (done(0), 10, 0, Spent(1, 10, 0, 0, 0, 600)),
        (cancelled(""), 10, 0, Spent(1, 10, 0, 10, 0, 600)),
        (cancelled("你好"), 10, 0, Spent(1, 10, 4, 6, 0, 600)),
        (cancelled("more than was spoken"), 10, 0, Spent(1, 10, 10, 0, 0, 600)),
        (cancelled("four"), 0, 10, Spent(1, 0, 4, 0, 10)),
        (cancelled("a"), 10, 10, Spent(1, 10, 1, 10, 10, 600)),
    ],
)
def test_what_was_billed_or_cached_was_heard_or_not(terminal, billed, cached, cost):
    assert bill(terminal, [share(billed, cached)]).cost == cost
    assert cost.heard + cost.wasted <= cost.billed + cost.cached


def test_a_bill_says_what_each_voice_and_model_cost_and_what_of_it_was_heard():
    shares = [share(10, model="hd", price=100), share(0, 5), share(20, voice="w"), share(7, voice="w")]
    assert bill(cancelled("x" * 18), shares) == Bill(
        Spent(1, 37, 18, 24, 5, 2620),
        {"v": Spent(1, 10, 15, 0, 5, 1000), "w": Spent(1, 27, 3, 24, 0, 1620)},
        {"hd": Spent(1, 10, 10, 0, 0, 1000), "m": Spent(1, 27, 8, 24, 5, 1620)},
    )


def test_what_has_no_known_price_is_counted_apart():
    shares = [share(10, price=None), share(0, 4, price=None), share(1)]
    assert bill(done(), shares).cost == Spent(1, 11, 15, 0, 4, 60, 10)


def test_what_cost_nothing_makes_no_row():
    assert bill(cancelled(""), [share(0, voice="no_such_voice")]) == Bill(Spent(1))


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


def row(cost: Spent, **names: str) -> dict:
    told = ("turns", "billed", "heard", "wasted", "cached", "unpriced")
    return {**names, **{name: getattr(cost, name) for name in told}, "cost_usd": cost.cost / 1e6}


async def test_turns_add_up_by_tenant_label_voice_model_and_day(shelf, clock):
    books, one, two, three = shelf.books, Spent(1, 10, 8, 2, 0, 1000), Spent(1, 5, 5, 0, 7, 300), Spent(1, 1, 1, 0, 0)
    books.add("acme", {"guild": "1", "room": "x"}, one, {"v": one}, {"hd": one})
    books.add("acme", {"guild": "1"}, two, {"v": two}, {"turbo": two})
    clock.now = DAY
    books.add("beta", {}, three, {"v": three, "w": Spent(1, 0, 0, 0, 1)}, {"turbo": three})
    books.add("beta", {}, Spent(cost=1_500_000), {"clone": Spent(cost=1_500_000)})
    books = await shelf.told()
    fee = Spent(cost=1_500_000)
    assert {what: await books.by(what) for what in KINDS} == {
        "tenant": [row(three + fee, tenant="beta"), row(one + two, tenant="acme")],
        "label": [
            row(one + two, tenant="acme", label="guild", value="1"),
            row(one, tenant="acme", label="room", value="x"),
        ],
        "voice": [
            row(fee, tenant="beta", voice="clone"),
            row(one + two, tenant="acme", voice="v"),
            row(three, tenant="beta", voice="v"),
            row(Spent(1, 0, 0, 0, 1), tenant="beta", voice="w"),
        ],
        "model": [row(one, model="hd"), row(two + three, model="turbo")],
        "day": [row(one + two, day="1970-01-01"), row(three + fee, day="1970-01-02")],
    }


async def test_labels_that_clients_choose_cannot_fill_the_memory_nor_hide_what_was_spent(monkeypatch, shelf):
    monkeypatch.setattr(usage, "MOST_CHOSEN", 3)
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


async def test_voices_and_models_are_bounded_too(monkeypatch, shelf):
    monkeypatch.setattr(usage, "MOST_CHOSEN", 2)
    monkeypatch.setattr(usage, "MOST_ROWS", 3)
    for tenant in ("acme", "beta", "gamma"):
        costs = {str(index): Spent(1, 1, 1, 0, 0) for index in range(5)}
        shelf.books.add(tenant, {}, Spent(1, 5, 5, 0, 0), costs, costs)
    books = await shelf.told()
    voices = {(each["tenant"], each["voice"]): each["billed"] for each in await books.by("voice")}
    assert voices == {
        ("acme", "0"): 1, ("acme", "1"): 1, ("acme", REST): 3, (REST, REST): 10,
    }  # fmt: skip
    assert {each["model"]: each["billed"] for each in await books.by("model")} == {"0": 3, "1": 3, "2": 3, REST: 6}


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
    cost = Spent(1, 10, 8, 2, 0)
    books.add("acme", {"guild": "1"}, cost, {"v": cost}, {"m": cost})
    for tell in books._owed.all * 2:
        await tell()
    assert [row["billed"] for what in KINDS for row in await books.by(what)] == [10] * 5


@pytest.mark.parametrize("kind", STORES)
async def test_rows_of_before_there_were_costs_go_on(open_store, kind):
    store = open_store(kind)
    await store.redis.hset("vg:{usage}:tenant", "acme", "1 10 8 2 3")
    books = RedisUsage(store, Told())
    assert await books.by("tenant") == [row(Spent(1, 10, 8, 2, 3), tenant="acme")]
    books.add("acme", {}, Spent(1, 1, 1, 0, 0, 60, 4))
    await books._owed.all[0]()
    assert await books.by("tenant") == [row(Spent(2, 11, 9, 2, 3, 60, 4), tenant="acme")]


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
