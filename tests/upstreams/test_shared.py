"""Keys that gateways share: their rates, how far they have given way, and whether they are left alone."""

import asyncio
from dataclasses import replace

import pytest

from gateway.errors import Refused, UpstreamError
from gateway.store import Store
from gateway.upstreams.base import Audio, Finished, Waiting
from gateway.upstreams.governor import Limits
from gateway.upstreams.redis_permits import RedisPermits
from gateway.upstreams.shared import SharedGoverned
from tests.ports import free_port
from tests.redis_server import STORES

from .raw import REQUEST, spoken
from .scripted import Scripted, Step

DONE = Finished("t", 12)
PLENTY = Limits(60_000, 6_000_000)
ONE_A_SECOND = Limits(60, 6_000_000)
"""Five at once, then one a second."""
NO_BALANCE = UpstreamError("upstream_balance", upstream_code=1008)
TOO_MANY = UpstreamError("upstream_rate_limited", upstream_code=1002)


@pytest.fixture(params=STORES)
def replicas(request, open_store):
    """Opens a key's permits as two gateways have them."""
    stores = [open_store(request.param) for _ in range(2)]
    return lambda limits: [RedisPermits(store, "api.example", "key", limits) for store in stores]


def speaking(*more: Step) -> Scripted:
    return Scripted([*more, Audio(b"x"), DONE])


async def test_two_gateways_together_take_what_one_may(replicas):
    one, other = replicas(ONE_A_SECOND)
    began = asyncio.get_running_loop().time()
    told = await asyncio.gather(*(permits.take(10) for permits in [one, other] * 10))
    passed = asyncio.get_running_loop().time() - began
    granted = sum(each.granted for each in told)
    assert 5 <= granted <= 5 + passed + 0.1
    assert (await other.take(10)).requests.amount < 1


async def test_characters_are_shared_too_and_a_full_bucket_takes_what_is_larger(replicas):
    one, other = replicas(Limits(60_000, 60))
    assert (await one.take(1000)).granted
    told = await other.take(1)
    assert (told.granted, told.characters.amount < -900) == (False, True)


async def test_another_key_has_a_rate_of_its_own(open_store):
    store = open_store("fakeredis")
    one, other, elsewhere = (RedisPermits(store, host, key, Limits(12, 6_000_000)) for host, key in ["aa", "ab", "ba"])
    assert [(await permits.take(1)).granted for permits in (one, one, other, elsewhere)] == [True, False, True, True]
    assert not [name for name in await store.redis.keys() if b"api" in name]


async def test_rates_give_way_for_all_and_once_for_what_is_refused_together(replicas):
    one, other = replicas(PLENTY)
    for _ in range(3):
        await one.failed(requests=True, characters=False, refusing="", for_s=60)
    told = await other.take(1)
    assert (round(told.requests.share, 2), told.characters.share) == (0.8, 1.0)


async def test_an_account_that_does_not_work_is_left_alone_by_all(replicas):
    one, other = replicas(PLENTY)
    await one.failed(requests=False, characters=False, refusing="upstream_balance", for_s=60)
    told = await other.take(1)
    assert (told.granted, told.refusing, 0 < told.refusing_s <= 60) == (False, "upstream_balance", True)


async def test_a_gateway_learns_from_another_that_the_account_is_not_to_be_asked(replicas):
    one, other = replicas(PLENTY)
    inner = speaking()
    gateways = [
        SharedGoverned([(upstream, PLENTY)], [permits])
        for upstream, permits in [(Scripted([NO_BALANCE]), one), (inner, other)]
    ]
    for governed in gateways:
        with pytest.raises(UpstreamError, match="upstream_balance"):
            await spoken(governed)
        await asyncio.gather(*governed._tasks)
    assert (inner.asked, [governed.open_breakers for governed in gateways]) == ([], [1, 1])
    for governed in gateways:
        await governed.aclose()


async def test_a_gateway_goes_as_slowly_as_another_was_told_to(replicas):
    one, other = replicas(PLENTY)
    governed = SharedGoverned([(Scripted([TOO_MANY]), PLENTY)], [one])
    with pytest.raises(UpstreamError, match="upstream_rate_limited"):
        await spoken(governed)
    await asyncio.gather(*governed._tasks)
    assert round((await other.take(1)).requests.share, 2) == 0.8
    await governed.aclose()


async def test_within_the_limits_all_go_in_order_and_nobody_is_told_to_wait(replicas):
    inner = speaking()
    governed = SharedGoverned([(inner, PLENTY)], replicas(PLENTY)[:1])
    crowd = [spoken(governed, replace(REQUEST, session="crowd")) for _ in range(4)]
    answers = await asyncio.gather(*crowd, spoken(governed, replace(REQUEST, session="one")))
    assert answers == [[Audio(b"x"), DONE]] * 5
    assert [request.session for request in inner.asked] == ["crowd", "one", "crowd", "crowd", "crowd"]
    await governed.aclose()


async def test_who_finds_nothing_left_waits_and_is_told_so(replicas):
    here, there = replicas(Limits(300, 6_000_000))
    governed = SharedGoverned([(speaking(), Limits(300, 6_000_000))], [here])
    while (await there.take(1)).granted:
        pass
    answers = await asyncio.gather(*(spoken(governed) for _ in range(3)))
    assert [answer[-1] for answer in answers] == [DONE] * 3
    assert isinstance(answers[-1][0], Waiting)
    await governed.aclose()


async def test_who_leaves_while_a_permit_is_asked_for_holds_up_no_other(replicas):
    inner = speaking()
    governed = SharedGoverned([(inner, PLENTY)], replicas(PLENTY)[:1])
    leaving = asyncio.create_task(spoken(governed))
    await asyncio.sleep(0)
    staying = asyncio.create_task(spoken(governed))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == [Audio(b"x"), DONE]
    assert len(inner.asked) == 1
    await governed.aclose()


async def test_while_the_store_is_away_each_goes_on_with_its_own_rates():
    store = Store(f"redis://127.0.0.1:{free_port()}/0")
    permits = RedisPermits(store, "api.example", "key", Limits(12, 6_000_000))
    governed = SharedGoverned([(speaking(), Limits(12, 6_000_000))], [permits], patience_s=1)
    with pytest.raises(Refused, match="store_unavailable"):
        await permits.take(1)
    assert (await spoken(governed))[-1] == DONE
    with pytest.raises(UpstreamError, match="upstream_rate_limited"):
        await spoken(governed)
    await governed.aclose()
    await store.aclose()
