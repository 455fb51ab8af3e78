"""The connection to what replicas share."""

import asyncio
from contextlib import suppress

import pytest

from gateway.errors import Refused
from gateway.store import ANSWER_S, CONNECTIONS, Store, beside
from tests.ports import free_port
from tests.redis_server import STORES, RedisServer, need_redis


@pytest.mark.parametrize("kind", STORES)
async def test_replicas_share_one_store_that_was_empty(open_store, kind):
    one, other = open_store(kind), open_store(kind)
    assert await one.redis.dbsize() == 0
    await one.redis.set("vg:a", 1)
    assert await other.redis.get("vg:a") == b"1"


@pytest.mark.parametrize("kind", STORES)
async def test_what_must_hold_together_is_one_script(open_store, kind):
    store = open_store(kind)
    both = store.script("redis.call('SET', KEYS[1], ARGV[1]); return redis.call('GET', KEYS[1])")
    assert [await both(["vg:a"], [value]) for value in ("x", b"\xff", 7)] == [b"x", b"\xff", b"7"]


async def test_a_store_that_is_not_there_is_unavailable_and_away_for_a_moment():
    told: list[str] = []
    store = Store(f"redis://127.0.0.1:{free_port()}/0", told.append)
    assert not store.away
    with pytest.raises(Refused, match="store_unavailable"):
        async with store.reached():
            await store.redis.ping()
    assert (store.away, told) == (True, ["ConnectionError"])
    await store.aclose()


async def test_a_store_that_answers_late_is_unavailable_and_there_again_after():
    need_redis()
    with RedisServer() as server:
        store = Store(server.url)
        await store.redis.ping()
        server.freeze()
        async with asyncio.timeout(3 * ANSWER_S):
            with pytest.raises(Refused, match="store_unavailable"):
                async with store.reached():
                    await asyncio.gather(*(store.redis.ping() for _ in range(2 * CONNECTIONS)))
        server.thaw()
        async with asyncio.timeout(10):
            while not await answers(store):
                pass
        await store.aclose()
    assert ANSWER_S < 1


async def answers(store: Store) -> bool:
    with suppress(Refused):
        async with store.reached():
            return bool(await store.redis.ping())
    return False


async def test_what_runs_beside_a_block_ends_with_it_even_where_a_cancel_is_lost():
    ended: list[str] = []

    async def deaf() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("deaf")

    async with beside(deaf()):
        await asyncio.sleep(0)
    assert ended == ["deaf"]
