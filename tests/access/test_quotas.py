"""The contract of quotas, over all its implementations: never a character over a limit, settled once."""

import asyncio
import itertools

import fakeredis
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.access import quotas
from gateway.access.quotas import DAY_S, HELD_S, MINUTE_S, SETTLED_S, Allowance, Limit, MemoryQuotas
from gateway.access.redis_quotas import ALIVE_S, RedisQuotas
from gateway.access.rights import ALL, Rights
from gateway.access.tokens import Grant
from gateway.errors import Refused
from gateway.owed import Owed
from gateway.store import Store
from tests.access.clock import Clock
from tests.ports import free_port
from tests.redis_server import STORES

NOW = 20 * DAY_S + 90.0
NAMES = itertools.count()
DAY = Limit("day", "day/20/acme", 100, 21 * DAY_S)


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture(params=["memory", *STORES])
def store(request, clock, open_store):
    """The turns of a test come to one gateway."""
    if request.param == "memory":
        return MemoryQuotas(clock)
    return RedisQuotas(open_store(request.param), Owed(), clock)


@pytest.fixture(params=STORES)
def replicas(request, clock, open_store):
    return [RedisQuotas(open_store(request.param), Owed(), clock) for _ in range(2)]


async def left(store, limit: Limit = DAY) -> int:
    """How many characters the limit still allows, found by asking for more or less."""
    fits, too_many = 0, limit.most + 1
    while too_many - fits > 1:
        characters, name = (fits + too_many) // 2, f"probe{next(NAMES)}"
        if await store.hold(name, characters, [limit]) is None:
            fits = characters
        else:
            too_many = characters
        await store.settle(name, 0, [limit])
    return fits


async def test_what_is_held_is_kept_and_what_is_not_used_is_given_back(store):
    assert await store.hold("a", 60, [DAY]) is None
    assert await left(store) == 40
    await store.settle("a", 42, [DAY])
    assert await left(store) == 58


async def test_a_turn_that_grows_holds_its_whole_text_once(store):
    for characters in (20, 50, 50, 70):
        assert await store.hold("a", characters, [DAY]) is None
    assert await left(store) == 30


async def test_a_refusal_names_the_limit_and_leaves_what_was_held(store):
    assert await store.hold("a", 60, [DAY]) is None
    assert await store.hold("a", 101, [DAY]) == DAY
    assert await store.hold("b", 41, [DAY]) == DAY
    assert await left(store) == 40


async def test_of_several_limits_that_are_full_the_last_to_end_is_named_and_none_is_charged(store):
    minute = Limit("minute", "minute/1/acme", 50, NOW + 30)
    assert await store.hold("a", 101, [minute, DAY]) == DAY
    assert await store.hold("a", 60, [minute, DAY]) == minute
    assert (await left(store), await left(store, minute)) == (100, 50)


async def test_a_turn_is_settled_once(store):
    await store.hold("a", 60, [DAY])
    for _ in range(3):
        await store.settle("a", 42, [DAY])
    assert await left(store) == 58


async def test_nothing_is_held_for_a_turn_that_is_settled(store):
    await store.hold("a", 60, [DAY])
    await store.settle("a", 42, [DAY])
    assert await store.hold("a", 90, [DAY]) is None
    assert await left(store) == 58


async def test_what_was_used_beyond_the_reservation_is_charged_too(store):
    await store.hold("a", 10, [DAY])
    await store.settle("a", 30, [DAY])
    assert await left(store) == 70


async def test_what_is_given_back_goes_to_the_windows_that_it_was_taken_from(store):
    one, two = Limit("minute", "minute/1", 50, NOW + 60), Limit("minute", "minute/2", 50, NOW + 120)
    await store.hold("a", 40, [one, DAY])
    await store.hold("a", 70, [two, DAY])
    await store.settle("a", 30, [two, DAY])
    assert [await left(store, limit) for limit in (one, two, DAY)] == [20, 50, 70]


async def test_what_nobody_settles_is_given_back(store, clock):
    await store.hold("gone", 60, [DAY])
    clock.now += HELD_S - 1
    assert await left(store) == 40
    clock.now += 1
    assert await left(store) == 100


async def test_what_is_held_again_is_kept_longer(store, clock):
    await store.hold("long", 60, [DAY])
    clock.now += HELD_S - 1
    await store.hold("long", 60, [DAY])
    clock.now += HELD_S - 1
    assert await left(store) == 40


async def test_what_is_settled_late_is_charged_all_the_same(store, clock):
    await store.hold("late", 60, [DAY])
    clock.now += HELD_S
    assert await left(store) == 100
    await store.settle("late", 42, [DAY])
    assert await left(store) == 58


async def test_a_window_that_is_over_is_forgotten(store, clock):
    minute = Limit("minute", "minute/1", 50, NOW + 30)
    await store.hold("a", 50, [minute])
    clock.now += MINUTE_S
    await store.settle("a", 10, [minute])
    assert await left(store, Limit("minute", "minute/2", 50, NOW + 120)) == 50


@pytest.mark.parametrize("turns", [100])
async def test_a_hundred_at_once_never_pass_the_limit_by_a_character(store, turns):
    limit = Limit("gateway", "gateway/20", 5000, 21 * DAY_S)

    async def speak(number: int) -> bool:
        if await store.hold(f"t{number}", 100, [limit]) is not None:
            return False
        await asyncio.sleep(0)
        await store.settle(f"t{number}", 100, [limit])
        return True

    admitted = await asyncio.gather(*(speak(number) for number in range(turns)))
    assert sum(admitted) == 50
    assert await store.hold("more", 1, [limit]) == limit


async def test_sessions_are_counted_until_they_leave(store):
    limits = [Limit("sessions", "sessions/token/j", 1), Limit("sessions", "sessions/tenant/acme", 2)]
    assert await store.enter("one", limits) is None
    assert await store.enter("two", limits) == limits[0]
    assert await store.enter("two", limits[1:]) is None
    assert await store.enter("three", limits[1:]) == limits[1]
    await store.leave("one")
    await store.leave("one")
    assert await store.enter("three", limits) is None


async def test_a_hundred_at_once_through_two_gateways_are_admitted_up_to_the_limit_exactly(replicas):
    limit = Limit("gateway", "gateway/20", 5000, 21 * DAY_S)
    spoken = 0

    async def speak(number: int) -> None:
        nonlocal spoken
        characters = 90 + number % 21
        here, there = replicas[number % 2], replicas[(number + 1) % 2]
        if await here.hold(f"t{number}", characters, [limit]) is None:
            await there.settle(f"t{number}", characters, [limit])
            await here.settle(f"t{number}", characters, [limit])
            spoken += characters

    await asyncio.gather(*(speak(number) for number in range(100)))
    rest = await left(replicas[0], limit)
    assert spoken + rest == 5000
    assert rest < 90
    assert await replicas[1].hold("more", rest, [limit]) is None
    assert await replicas[0].hold("too many", 1, [limit]) == limit


async def test_a_session_that_has_moved_counts_once_until_it_leaves_from_there(replicas):
    limits = (Limit("sessions", "sessions/tenant/acme", 1),)
    one, other = replicas
    assert await one.enter("moving", limits) is None
    assert await other.enter("moving", limits) is None
    assert await other.enter("second", limits) == limits[0]
    await one.leave("moving")
    assert await one.enter("second", limits) == limits[0]
    await other.leave("moving")
    await other.beat()
    assert await one.enter("second", limits) is None


async def test_sessions_count_while_their_gateway_says_that_they_live(replicas, clock):
    limits = (Limit("sessions", "sessions/tenant/acme", 2),)
    one, other = replicas
    await one.enter("living", limits)
    await other.enter("of a gateway that dies", limits)
    clock.now += ALIVE_S - 1
    await one.beat()
    assert await one.enter("third", limits) == limits[0]
    clock.now += 1
    assert await one.enter("third", limits) is None
    assert await one.enter("fourth", limits) == limits[0]


@pytest.mark.parametrize("kind", STORES)
async def test_counters_and_sessions_expire_with_their_windows(open_store, kind):
    store = open_store(kind)
    quotas = RedisQuotas(store, Owed())
    now = (await store.redis.time())[0]
    await quotas.hold("a", 5, [Limit("day", "day/1/acme", 10, now + 100)])
    await quotas.settle("a", 5, [])
    await quotas.enter("s", [Limit("sessions", "sessions/tenant/acme", 1)])
    names = [name for name in await store.redis.keys() if not name.endswith(b":settled")]
    ends = {name.decode().removeprefix("vg:{quotas}:"): await store.redis.ttl(name) for name in names}
    assert {name: left <= 2 * ALIVE_S + MINUTE_S for name, left in ends.items() if left > 0} == {
        "count:day/1/acme": True,
        "open:sessions/tenant/acme": True,
        "session:s": True,
        "home:s": True,
    }


async def test_without_its_store_nothing_is_held_and_what_is_settled_is_told_later():
    store, owed = Store(f"redis://127.0.0.1:{free_port()}/0"), Owed()
    quotas = RedisQuotas(store, owed)
    for asked in (quotas.hold("a", 1, [DAY]), quotas.enter("s", [DAY])):
        with pytest.raises(Refused, match="store_unavailable"):
            await asked
    await quotas.settle("a", 1, [DAY])
    assert len(owed._waiting) == 1
    await quotas.enter("of no limit", ())
    await quotas.leave("of no limit")
    await store.aclose()


class Ledger(RuleBasedStateMachine):
    """Against a model that remembers every turn: the counter is what was used and what is held, and never too much."""

    turns = st.sampled_from("abcdef")
    numbers = st.integers(0, 60)

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.store = self.opened()
        self.held: dict[str, tuple[int, float]] = {}
        self.settled: dict[str, float] = {}
        self.used = self.beyond = 0

    def opened(self):
        return MemoryQuotas(self.clock)

    def taken(self) -> int:
        return self.store.taken(DAY.name)

    def run(self, awaitable):
        try:
            awaitable.send(None)
        except StopIteration as stop:
            return stop.value
        raise AssertionError("a memory store awaits nothing")

    def pass_time(self) -> None:
        now = self.clock.now
        self.held = {turn: (count, until) for turn, (count, until) in self.held.items() if until > now}
        self.settled = {turn: until for turn, until in self.settled.items() if until > now}

    @rule(turn=turns, characters=numbers)
    def hold(self, turn, characters):
        self.pass_time()
        before = self.held.get(turn, (0, 0))[0]
        refused = self.run(self.store.hold(turn, characters, [DAY]))
        if turn in self.settled:
            assert refused is None
        elif refused is None:
            self.held[turn] = (characters, self.clock.now + HELD_S)
        else:
            assert self.total + characters - before > DAY.most

    @rule(turn=turns, used=numbers)
    def settle(self, turn, used):
        self.pass_time()
        self.run(self.store.settle(turn, used, [DAY]))
        if turn not in self.settled:
            held = self.held.pop(turn, (0, 0))[0]
            self.used += used
            self.beyond += max(0, used - held)
            self.settled[turn] = self.clock.now + SETTLED_S

    @rule(seconds=st.sampled_from([1, SETTLED_S, HELD_S]))
    def wait(self, seconds):
        self.clock.now = min(self.clock.now + seconds, DAY.ends_at - 1)
        self.run(self.store.leave("nobody"))

    @property
    def total(self) -> int:
        return self.used + sum(count for count, _ in self.held.values())

    @invariant()
    def nothing_is_lost_or_counted_twice(self):
        self.pass_time()
        self.run(self.store.settle("sweep", 0, []))
        assert self.taken() == self.total
        assert self.total - self.beyond <= DAY.most


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


class SharedLedger(Ledger):
    """The same, in Redis's scripts."""

    def opened(self):
        self.runner, server = asyncio.Runner(), fakeredis.FakeServer()
        self.counters = fakeredis.FakeRedis(server=server)
        self.shared = Store("redis://fakeredis")
        self.shared.redis = fakeredis.FakeAsyncRedis(server=server)
        return RedisQuotas(self.shared, Owed(), self.clock)

    def taken(self) -> int:
        return int(self.counters.get(f"vg:{{quotas}}:count:{DAY.name}") or 0)

    def run(self, awaitable):
        return self.runner.run(awaitable)

    def teardown(self):
        self.runner.run(self.shared.aclose())
        self.runner.close()


TestSharedLedger = SharedLedger.TestCase
TestSharedLedger.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)


async def test_a_store_does_not_grow_with_what_is_over(clock):
    store = MemoryQuotas(clock)
    for number in range(1000):
        limit = Limit("minute", f"minute/{number}", 50, clock.now + MINUTE_S)
        await store.hold(f"t{number}", 10, [limit])
        await store.settle(f"t{number}", 10, [limit])
        await store.enter(f"s{number}", [Limit("sessions", f"sessions/{number}", 1)])
        await store.leave(f"s{number}")
        clock.now += MINUTE_S
    await store.settle("last", 0, [])
    assert len(store._counters) + len(store._ends) + len(store._turns) <= 5
    assert len(store._settled) <= SETTLED_S / MINUTE_S
    assert store._sessions == {}


def test_limits_are_the_tokens_own_numbers_over_the_operators():
    allowance = Allowance(tenant_minute=600, tenant_day=5000, tenant_sessions=3, day=90_000)
    grant = Grant(Rights(tenant="acme", characters=70, day_characters=8000, sessions=1), "jti", NOW + 60)
    assert [(each.scope, each.name, each.most, each.ends_at) for each in allowance.characters(grant, NOW)] == [
        ("token", "token/jti", 70, NOW + 60),
        ("minute", "minute/28801/acme", 600, NOW + 30),
        ("day", "day/20/acme", 8000, 21 * DAY_S),
        ("gateway", "gateway/20", 90_000, 21 * DAY_S),
    ]
    assert [(each.name, each.most) for each in allowance.sessions(grant)] == [
        ("sessions/token/jti", 1),
        ("sessions/tenant/acme", 3),
    ]


def test_the_secret_stands_under_the_ceiling_of_all_only():
    allowance = Allowance(tenant_minute=600, tenant_day=5000, tenant_sessions=3, day=90_000)
    assert [each.scope for each in allowance.characters(Grant(ALL), NOW)] == ["gateway"]
    assert allowance.sessions(Grant(ALL)) == ()
    assert Allowance().characters(Grant(ALL), NOW) == ()


def test_every_limit_has_words_for_its_refusal():
    from gateway.account import USED_UP

    allowance = Allowance(1, 1, 1, 1)
    grant = Grant(Rights(tenant="acme", characters=1, sessions=1), "jti", NOW)
    assert {each.scope for each in (*allowance.characters(grant, NOW), *allowance.sessions(grant))} == set(USED_UP)
    assert quotas.HELD_S > quotas.SETTLED_S
