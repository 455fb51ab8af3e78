import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import UpstreamError
from gateway.store import Store, beside
from gateway.upstreams import redis_store
from gateway.upstreams.base import Audio, Finished, Format, Hear, Heard, Request, Retried, Word, Words
from gateway.upstreams.cached import Cached, key_of
from gateway.upstreams.redis_store import RedisStore
from gateway.upstreams.store import AudioStore, DiskStore, Recording
from gateway.upstreams.valve import Valve
from tests.ports import free_port
from tests.redis_server import STORES

from .raw import REQUEST, Ear, Spoken, spoken
from .scripted import Scripted, Step

DONE = Finished("t", 12, 5.0)
FREE = Finished("t", 0, 5.0)
PAID: list[Spoken] = [Audio(b"a"), Audio(b"b"), DONE]
LOST = UpstreamError("upstream_unavailable")


@pytest.fixture(params=["disk", *STORES])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, open_store: Callable[[str], Store]
) -> AsyncIterator[AudioStore]:
    shared = request.param in STORES
    yield RedisStore(open_store(request.param), 100_000) if shared else DiskStore(tmp_path, 100_000)
    await landed()


@pytest.fixture(params=STORES)
async def replicas(
    request: pytest.FixtureRequest, open_store: Callable[[str], Store]
) -> AsyncIterator[list[RedisStore]]:
    yield [RedisStore(open_store(request.param), 10_000) for _ in range(2)]
    await landed()


async def landed() -> None:
    """What flies still is stored before the store is closed."""
    flights = [task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "Cached._fly"]
    await asyncio.gather(*flights, return_exceptions=True)


async def settled(cached: Cached) -> None:
    """All flights have landed, and stored what they store."""
    await asyncio.gather(*(flight.task for flight in list(cached._flights.values()) if flight.task))


async def test_what_was_spoken_once_is_not_asked_again(store: AudioStore):
    inner = Scripted([Audio(b"a"), Audio(b"b"), DONE])
    cached = Cached(inner, store)
    assert await spoken(cached) == PAID
    await settled(cached)
    assert await spoken(cached) == [Audio(b"ab", cached=True), FREE]
    assert await spoken(Cached(inner, store)) == [Audio(b"ab", cached=True), FREE]
    assert len(inner.asked) == 1


async def test_words_are_kept_with_the_sound_whoever_asked_first(store: AudioStore):
    words = Words((Word("a", 0, 1.5), Word("b", 1.5, 3)))
    inner = Scripted([words, *PAID])
    cached = Cached(inner, store)
    await spoken(cached)
    await settled(cached)
    assert await spoken(cached, replace(REQUEST, words=True)) == [words, Audio(b"ab", cached=True), FREE]
    assert [request.words for request in inner.asked] == [True]


def test_only_what_sounds_the_same_has_the_same_key():
    assert key_of(REQUEST) == key_of(replace(REQUEST, session="other", first=True, words=True))
    others = [
        replace(REQUEST, text="Hello there!"),
        replace(REQUEST, language="auto"),
        replace(REQUEST, voice=replace(REQUEST.voice, speed=1.1)),
        replace(REQUEST, format=Format("mp3", 24000, 1, 128000)),
    ]
    assert len({key_of(request) for request in [REQUEST, *others]}) == 5


async def test_those_who_ask_at_once_share_one_request(store: AudioStore):
    gate = asyncio.Event()
    inner = Scripted([Audio(b"a"), gate, Audio(b"b"), DONE])
    cached = Cached(inner, store)
    async with Ear(cached) as first, Ear(cached) as second:
        assert (await first.next(), await second.next()) == (Audio(b"a"), Audio(b"a", cached=True))
        gate.set()
        assert await first.rest() == [Audio(b"b"), DONE]
        assert await second.rest() == [Audio(b"b", cached=True), FREE]
    assert len(inner.asked) == 1


@pytest.mark.parametrize("leaver", [0, 1])
async def test_ones_leaving_touches_no_other(store: AudioStore, leaver: int):
    gate = asyncio.Event()
    cached = Cached(Scripted([Audio(b"a"), gate, Audio(b"b"), DONE]), store)
    async with Ear(cached) as one, Ear(cached) as other:
        waiters = [one, other]
        for waiter in waiters:
            await waiter.next()
        await waiters.pop(leaver).leave()
        gate.set()
        assert await waiters[0].rest() == [Audio(b"b", cached=leaver == 0), FREE if leaver == 0 else DONE]


async def test_cancelling_a_waiting_task_touches_no_other(store: AudioStore):
    gate = asyncio.Event()
    inner = Scripted([gate, Audio(b"a"), DONE])
    cached = Cached(inner, store)
    tasks = [asyncio.create_task(spoken(cached)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1:] == [[Audio(b"a", cached=True), FREE]] * 2


async def test_an_abandoned_flight_takes_no_other_out_of_the_list(store: AudioStore):
    gate = asyncio.Event()
    inner = Scripted([Audio(b"a"), gate], [Audio(b"c"), gate, DONE])
    cached = Cached(inner, store)
    async with Ear(cached) as left:
        await left.next()
    async with Ear(cached) as second, Ear(cached) as third:
        assert (await second.next(), await third.next()) == (Audio(b"c"), Audio(b"c", cached=True))
    assert len(inner.asked) == 2


async def test_when_the_last_has_left_the_request_is_stopped(store: AudioStore):
    inner = Scripted([Audio(b"a"), asyncio.Event()], [Audio(b"c"), DONE])
    cached = Cached(inner, store)
    async with Ear(cached) as ear:
        await ear.next()
        flying = [flight.task for flight in cached._flights.values() if flight.task]
    assert await spoken(cached) == [Audio(b"c"), DONE]
    await asyncio.gather(*flying, return_exceptions=True)
    assert inner.running == 0


@pytest.mark.parametrize(
    "script",
    [
        [Audio(b"a"), LOST],
        [Audio(b"a")],
        [],
    ],
)
async def test_a_failure_is_raised_to_all_and_not_kept(store: AudioStore, script: list[Step]):
    inner = Scripted(script, [Audio(b"c"), DONE])
    cached = Cached(inner, store)
    results = await asyncio.gather(spoken(cached), spoken(cached), return_exceptions=True)
    assert [getattr(result, "code", None) for result in results] == ["upstream_unavailable"] * 2
    assert await spoken(cached) == [Audio(b"c"), DONE]


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        ([Retried("upstream_unavailable", "again"), Audio(b"a"), DONE], 1),
        ([Retried("invalid_parameter", "without_emotion"), Audio(b"a"), DONE], 1),
        ([Audio(b"a"), Retried("upstream_unavailable", "again"), Audio(b"b"), DONE], 2),
        ([Retried("upstream_auth", "next_upstream"), Audio(b"a"), DONE], 2),
    ],
)
async def test_neither_joints_nor_substitutes_are_kept(store: AudioStore, script: list[Step], asked: int):
    inner = Scripted(script)
    cached = Cached(inner, store)
    for _ in range(2):
        await spoken(cached)
        await settled(cached)
    assert len(inner.asked) == asked


async def test_a_bug_inside_is_raised_as_it_is(store: AudioStore):
    cached = Cached(Broken([]), store)
    with pytest.raises(ZeroDivisionError):
        await spoken(cached)


class Broken(Scripted):
    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        raise ZeroDivisionError


async def test_closing_stops_all_flights(store: AudioStore):
    inner = Scripted([Audio(b"a"), asyncio.Event()])
    cached = Cached(inner, store)
    async with Ear(cached) as ear:
        await ear.next()
        await cached.aclose()
        with pytest.raises(UpstreamError):
            await ear.next()
    assert (inner.running, inner.closed) == (0, True)


async def test_whoever_is_held_up_hears_the_rest_later_and_holds_up_no_other(store: AudioStore):
    gate = asyncio.Event()
    cached = Cached(Scripted([Audio(b"a"), gate, Audio(b"b"), DONE]), store)
    async with Ear(cached) as slow, Ear(cached) as fast:
        assert (await slow.next(), await fast.next()) == (Audio(b"a"), Audio(b"a", cached=True))
        slow.valve.turn(shut=True)
        gate.set()
        assert await fast.rest() == [Audio(b"b", cached=True), FREE]
        assert slow.heard == 0
        slow.valve.turn(shut=False)
        assert await slow.rest() == [Audio(b"b"), DONE]


async def test_a_hearers_bug_is_its_own(store: AudioStore):
    cached = Cached(Scripted([Audio(b"a"), DONE]), store)

    def stumble(event: Heard) -> None:
        raise ZeroDivisionError

    results = await asyncio.gather(cached.speak(REQUEST, stumble, Valve()), spoken(cached), return_exceptions=True)
    assert isinstance(results[0], ZeroDivisionError)
    assert results[1] == [Audio(b"a", cached=True), FREE]


async def test_gateways_that_ask_at_once_share_one_request(replicas: list[RedisStore]):
    gate = asyncio.Event()
    inner = Scripted([Audio(b"a"), gate, Audio(b"b"), DONE])
    async with Ear(Cached(inner, replicas[0])) as first:
        assert await first.next() == Audio(b"a")
        second = asyncio.create_task(spoken(Cached(inner, replicas[1])))
        await asyncio.sleep(0)
        gate.set()
        assert await first.rest() == [Audio(b"b"), DONE]
        assert await second == [Audio(b"ab", cached=True), FREE]
    assert len(inner.asked) == 1


@pytest.mark.parametrize(
    "script", [[Audio(b"a"), LOST], [Retried("upstream_auth", "next_upstream"), Audio(b"a"), DONE]]
)
async def test_where_one_brings_nothing_that_can_be_kept_the_next_gateway_asks(
    replicas: list[RedisStore], script: list[Step]
):
    inner = Scripted(script, PAID)
    await asyncio.gather(spoken(Cached(inner, replicas[0])), return_exceptions=True)
    assert await spoken(Cached(inner, replicas[1])) == PAID


async def test_where_a_gateway_is_gone_the_next_one_asks(replicas: list[RedisStore], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(redis_store, "ASKING_S", 0.2)
    assert await replicas[0].find("key") is None  # and it is never heard of again
    assert await replicas[1].find("key") is None


async def test_who_leaves_while_the_store_is_looked_into_gives_up(tmp_path: Path):
    """The store may have said by then that it is this gateway's to ask."""

    class Slow(DiskStore):
        async def find(self, key: str) -> Recording | None:
            await asyncio.Event().wait()
            return None

        async def give_up(self, key: str) -> None:
            given_up.append(key)

    store, given_up = Slow(tmp_path, 100_000), list[str]()
    async with Ear(Cached(Scripted(PAID), store)):
        await asyncio.sleep(0)
    await landed()
    assert given_up == [key_of(REQUEST)]


async def test_while_a_gateway_says_that_it_asks_the_others_wait(
    replicas: list[RedisStore], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(redis_store, "BEAT_S", 0.05)
    one, other = replicas
    async with beside(one.run()):
        assert await one.find("key") is None
        waiting = asyncio.create_task(other.find("key"))
        redis, shorter_ms = other._store.redis, round(redis_store.ASKING_S * 1000) - 500
        await redis.pexpire("vg:asking:key", shorter_ms)
        while 0 < (left_ms := await redis.pttl("vg:asking:key")) <= shorter_ms:
            await asyncio.sleep(0.01)
        assert (left_ms > shorter_ms, waiting.done()) == (True, False)
        await one.give_up("key")
        assert await waiting is None


async def test_shared_audio_is_bounded_and_what_was_not_read_for_longest_goes_first(replicas: list[RedisStore]):
    one, other = replicas
    sound = Recording(b"x" * 3000, DONE)
    for key in "abc":
        await one.keep(key, sound)
    assert await other.find("a") == sound
    await one.keep("d", sound)
    await one.keep("too large", Recording(b"x" * 10_001, DONE))
    assert [await one.find(key) is not None for key in "abcd"] == [True, False, True, True]
    assert int(await one._store.redis.get("vg:{cache}:bytes")) <= 10_000


async def test_without_its_store_a_gateway_asks_for_itself():
    store = Store(f"redis://127.0.0.1:{free_port()}/0")
    inner = Scripted(PAID)
    for _ in range(2):
        assert await spoken(Cached(inner, RedisStore(store, 10_000))) == PAID
    await store.aclose()
