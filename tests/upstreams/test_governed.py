import asyncio
from collections.abc import Coroutine
from dataclasses import replace

import pytest

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished, Retried, Waiting
from gateway.upstreams.governed import Governed
from gateway.upstreams.governor import Limits

from .raw import REQUEST, Ear, Spoken, spoken
from .scripted import Scripted, Step
from .timing import Time

DONE = Finished("t", 12)
PLENTY = Limits(60_000, 6_000_000)
STUCK = Limits(12, 6_000_000)
"""One at once, the next after five seconds."""
KEY_REFUSED = UpstreamError("upstream_auth", upstream_code=2049)


def speaking(*more: Step) -> Scripted:
    return Scripted([*more, Audio(b"x"), DONE])


async def test_within_the_limits_nobody_waits():
    governed = Governed([(speaking(), PLENTY)])
    assert await asyncio.gather(*(spoken(governed) for _ in range(20))) == [[Audio(b"x"), DONE]] * 20
    await governed.aclose()


async def all_served(governed: Governed, time: Time, *asked: Coroutine[None, None, list[Spoken]]) -> list[list[Spoken]]:
    """With five seconds passing whenever nothing else happens."""
    asking = asyncio.gather(*asked)
    while not asking.done():
        for _ in range(10):
            await asyncio.sleep(0)
        time.now += 5
        governed._go_on()
    return asking.result()


async def test_beyond_them_all_are_served_and_told_their_place():
    time = Time()
    governed = Governed([(speaking(), STUCK)], clock=time)
    answers = await all_served(governed, time, *(spoken(governed) for _ in range(3)))
    places = [[event.place for event in answer if isinstance(event, Waiting)] for answer in answers]
    assert places == [[], [1], [2, 1]]
    assert [answer[-1] for answer in answers] == [DONE] * 3
    await governed.aclose()


async def test_a_later_session_does_not_wait_behind_all_of_another():
    time = Time()
    inner = speaking()
    governed = Governed([(inner, STUCK)], clock=time)
    crowd = [spoken(governed, replace(REQUEST, session="crowd")) for _ in range(4)]
    await all_served(governed, time, *crowd, spoken(governed, replace(REQUEST, session="one")))
    assert [request.session for request in inner.asked] == ["crowd", "crowd", "one", "crowd", "crowd"]
    await governed.aclose()


async def test_who_would_wait_too_long_is_refused_at_once():
    governed = Governed([(speaking(), STUCK)], patience_s=1)
    await spoken(governed)
    with pytest.raises(UpstreamError) as error:
        await spoken(governed)
    assert error.value.code == "upstream_rate_limited"
    await governed.aclose()


async def test_who_leaves_makes_room():
    governed = Governed([(speaking(), STUCK)])
    await spoken(governed)
    for _ in range(2):
        async with Ear(governed) as leaving:
            event = await leaving.next()
        assert isinstance(event, Waiting)
        assert event.place == 1
    await governed.aclose()


async def test_a_key_that_is_refused_is_not_asked_again():
    inner = Scripted([KEY_REFUSED])
    governed = Governed([(inner, PLENTY)])
    for _ in range(3):
        with pytest.raises(UpstreamError) as error:
            await spoken(governed)
        assert error.value.code == "upstream_auth"
    assert len(inner.asked) == 1
    await governed.aclose()


async def test_another_key_of_the_pool_goes_on():
    refused, good = Scripted([KEY_REFUSED]), speaking()
    governed = Governed([(refused, PLENTY), (good, PLENTY)])
    changed = [Retried("upstream_auth", "next_upstream"), Audio(b"x"), DONE]
    assert await spoken(governed) == changed
    assert [await spoken(governed) for _ in range(3)] == [[Audio(b"x"), DONE]] * 3
    assert (len(refused.asked), len(good.asked)) == (1, 4)
    await governed.aclose()


async def test_those_who_wait_are_refused_when_the_key_is():
    gate = asyncio.Event()
    governed = Governed([(Scripted([gate, KEY_REFUSED]), STUCK)])
    asking = asyncio.create_task(spoken(governed))
    await asyncio.sleep(0)
    async with Ear(governed) as waiting:
        assert isinstance(await waiting.next(), Waiting)
        gate.set()
        with pytest.raises(UpstreamError) as error:
            await waiting.next()
    assert error.value.code == "upstream_auth"
    with pytest.raises(UpstreamError):
        await asking
    await governed.aclose()


async def test_the_wait_and_the_keys_left_alone_are_observed():
    observed: list[tuple[str, float]] = []
    gate = asyncio.Event()
    pool = [(Scripted([gate, KEY_REFUSED]), PLENTY), (speaking(), STUCK)]
    governed = Governed(pool, observe=lambda *what: observed.append(what))
    asking = asyncio.create_task(spoken(governed))
    await asyncio.sleep(0)
    assert governed.open_breakers == 0
    gate.set()
    assert (await asking)[-1] == DONE
    assert governed.open_breakers == 1
    async with Ear(governed) as waiting:
        assert isinstance(await waiting.next(), Waiting)
    assert [phase for phase, _ in observed] == ["governor", "governor"]
    assert all(seconds >= 0 for _, seconds in observed)
    await governed.aclose()


async def test_cancelling_and_closing_reach_what_is_inside():
    inner = Scripted([Audio(b"x"), asyncio.Event()])
    governed = Governed([(inner, PLENTY)])
    async with Ear(governed) as ear:
        await ear.next()
        assert inner.running == 1
    await governed.aclose()
    assert (inner.running, inner.closed) == (0, True)
