"""Tokens that are not taken any more."""

import pytest

from gateway.access.revocations import MemoryRevocations


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture(params=[MemoryRevocations])
def revocations(request, clock):
    return request.param(lambda: clock[0])


async def test_a_token_is_refused_until_it_would_have_expired_anyway(revocations, clock):
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
