"""The contract of quotas, over all its implementations: never a character over a limit, settled once."""

import asyncio
import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.access import quotas
from gateway.access.quotas import DAY_S, HELD_S, MINUTE_S, SETTLED_S, Allowance, Limit, MemoryQuotas
from gateway.access.rights import ALL, Rights
from gateway.access.tokens import Grant

NOW = 20 * DAY_S + 90.0
NAMES = itertools.count()
DAY = Limit("day", "day/20/acme", 100, 21 * DAY_S)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=[MemoryQuotas])
def clock_and_store(request):
    clock = Clock()
    return clock, request.param(clock)


@pytest.fixture
def clock(clock_and_store):
    return clock_and_store[0]


@pytest.fixture
def store(clock_and_store):
    return clock_and_store[1]


async def left(store, limit: Limit = DAY) -> int:
    """How many characters the limit still allows, found by asking for ever fewer."""
    for characters in range(limit.most, 0, -1):
        name = f"probe{next(NAMES)}"
        if await store.hold(name, characters, [limit]) is None:
            await store.settle(name, 0, [limit])
            return characters
    return 0


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


class Ledger(RuleBasedStateMachine):
    """Against a model that remembers every turn: the counter is what was used and what is held, and never too much."""

    turns = st.sampled_from("abcdef")
    numbers = st.integers(0, 60)

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.store = MemoryQuotas(self.clock)
        self.held: dict[str, tuple[int, float]] = {}
        self.settled: dict[str, float] = {}
        self.used = self.beyond = 0

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
        assert self.store.taken(DAY.name) == self.total
        assert self.total - self.beyond <= DAY.most


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


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
    assert len(store._counters) + len(store._ends) + len(store._turns) + len(store._settled) <= 6
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
