"""The connection to what replicas share."""

import asyncio

import pytest

from gateway.errors import Refused
from gateway.store import ANSWER_S, Store, reached
from tests.redis_server import STORES, RedisServer, free_port, need_redis


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


async def test_a_store_that_is_not_there_is_unavailable():
    store = Store(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(Refused, match="store_unavailable"), reached():
        await store.redis.ping()
    await store.aclose()


async def test_a_store_that_answers_late_is_unavailable_and_there_again_after():
    need_redis()
    with RedisServer() as server:
        store = Store(server.url)
        await store.redis.ping()
        server.freeze()
        async with asyncio.timeout(3 * ANSWER_S):
            with pytest.raises(Refused, match="store_unavailable"), reached():
                await store.redis.ping()
        server.thaw()
        assert await store.redis.ping()
        await store.aclose()
    assert ANSWER_S < 1
