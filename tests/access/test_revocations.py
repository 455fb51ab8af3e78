"""Tokens that are not taken any more."""

import asyncio

import pytest

from gateway.access.redis_revocations import RedisRevocations
from gateway.access.revocations import MemoryRevocations
from gateway.errors import Refused
from gateway.store import Store, beside
from tests.ports import free_port
from tests.redis_server import STORES, RedisServer, need_redis

PATIENCE_S = 10


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture(params=["memory", *STORES])
def revocations(request, clock, open_store):
    if request.param == "memory":
        return MemoryRevocations(lambda: clock[0])
    return RedisRevocations(open_store(request.param))


async def listening(store: Store, count: int) -> None:
    """Returns once so many listen."""
    async with asyncio.timeout(PATIENCE_S):
        while (await store.redis.pubsub_numsub("vg:revoked"))[0][1] < count:
            await asyncio.sleep(0.01)


async def test_a_token_that_is_revoked_is_refused_and_no_other(revocations):
    assert not await revocations.revoked("a")
    await revocations.revoke("a", 60)
    assert await revocations.revoked("a")
    assert not await revocations.revoked("b")


async def test_a_token_is_refused_until_it_would_have_expired_anyway(clock):
    revocations = MemoryRevocations(lambda: clock[0])
    assert not await revocations.revoked("a")
    await revocations.revoke("a", 60)
    clock[0] += 59
    assert await revocations.revoked("a")
    assert not await revocations.revoked("b")
    clock[0] += 1
    assert not await revocations.revoked("a")


async def test_whoever_watches_is_told_and_who_stopped_is_not(revocations):
    told: list[str] = []
    revocations.watch("a", lambda: told.append("one"))
    stop = revocations.watch("a", lambda: told.append("two"))
    revocations.watch("b", lambda: told.append("three"))
    stop()
    stop()
    await revocations.revoke("a", 60)
    assert told == ["one"]


async def test_who_watches_too_late_is_told_at_once(revocations):
    told: list[str] = []
    await revocations.revoke("a", 60)
    revocations.watch("a", lambda: told.append("late"))
    assert told == ["late"]


async def test_nothing_is_kept_of_what_is_over(clock):
    revocations = MemoryRevocations(lambda: clock[0])
    for number in range(100):
        revocations.watch(str(number), print)()
        await revocations.revoke(str(number), 60)
        clock[0] += 60
    assert (len(revocations._until), revocations._watching) == (1, {})


@pytest.mark.parametrize("kind", STORES)
async def test_who_watches_through_another_gateway_is_told_at_once(open_store, kind):
    store = open_store(kind)
    one, other = RedisRevocations(store), RedisRevocations(open_store(kind))
    told = asyncio.Event()
    async with beside(one.run()), beside(other.run()), asyncio.timeout(PATIENCE_S):
        await listening(store, 2)
        other.watch("a", told.set)
        await one.revoke("a", 60)
        await told.wait()
    assert await other.revoked("a")
    assert 0 < await store.redis.pttl("vg:{revoked}:a") <= 60_000


@pytest.mark.parametrize("kind", STORES)
async def test_a_revocation_whose_message_was_lost_is_found_by_looking(open_store, kind):
    one, other = RedisRevocations(open_store(kind)), RedisRevocations(open_store(kind))
    told: list[str] = []
    other.watch("a", lambda: told.append("a"))
    other.watch("b", lambda: told.append("b"))
    await one.revoke("a", 60)
    assert told == []
    await other.look()
    assert told == ["a"]


async def test_who_was_cut_from_the_store_hears_what_was_revoked_meanwhile(tmp_path):
    need_redis()
    told = asyncio.Event()
    with RedisServer("--appendonly", "yes", "--appendfsync", "always", "--dir", str(tmp_path)) as server:
        store = Store(server.url)
        other = RedisRevocations(Store(server.url))
        async with beside(other.run()), asyncio.timeout(PATIENCE_S):
            await listening(store, 1)
            other.watch("a", told.set)
            await store.redis.set("vg:{revoked}:a", "")  # and no message
            server.kill()
            server.start()
            await told.wait()
        await store.aclose()
        await other._store.aclose()


async def test_without_its_store_it_cannot_tell_and_says_so():
    store = Store(f"redis://127.0.0.1:{free_port()}/0")
    revocations = RedisRevocations(store)
    for asked in (revocations.revoked("a"), revocations.revoke("a", 60)):
        with pytest.raises(Refused, match="store_unavailable"):
            await asked
    await store.aclose()
