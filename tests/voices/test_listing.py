"""Upstream's list, kept: how old it gets, and who asks."""

import asyncio

import pytest

from gateway.errors import UpstreamError
from gateway.upstreams.management.answers import Listed
from gateway.voices.listing import FRESH_S, RETRY_S, Listing
from tests.access.clock import Clock

ONE, TWO = (Listed("one", "cloned"),), (Listed("two", "cloned"),)


class Account:
    """Answers what it is told to, when it is told to."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.heard: list[set[str]] = []

    async def voices(self):
        self.asked += 1
        await self.gate.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def hear(self, ids) -> None:
        self.heard.append(ids)


@pytest.fixture
def clock():
    return Clock(1_000_000.0)


async def turn() -> None:
    """Let tasks that need nothing but the loop go on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_come_together_wait_for_one_answer(clock):
    account = Account(ONE)
    listing = Listing(account.voices, account.hear, clock)
    account.gate.clear()
    waiting = [asyncio.create_task(listing.fresh()) for _ in range(5)]
    await turn()
    account.gate.set()
    await asyncio.gather(*waiting)
    assert (account.asked, listing.voices, account.heard) == (1, ONE, [{"one"}])


async def test_an_old_list_is_given_while_the_next_one_comes(clock):
    account = Account(ONE, TWO)
    listing = Listing(account.voices, account.hear, clock)
    await listing.fresh()
    clock.now += FRESH_S - 1
    await listing.fresh()
    assert account.asked == 1
    clock.now += 1
    account.gate.clear()
    await listing.fresh()
    assert listing.voices == ONE
    account.gate.set()
    await turn()
    assert (account.asked, listing.voices, listing.refreshed_at) == (2, TWO, clock.now)


async def test_a_failure_leaves_the_old_list_and_says_so_and_is_not_repeated_at_once(clock):
    account = Account(ONE, UpstreamError("upstream_unavailable"), TWO)
    listing = Listing(account.voices, account.hear, clock)
    await listing.fresh()
    began = clock.now
    clock.now += FRESH_S
    await listing.refresh()
    assert (listing.voices, listing.refreshed_at, listing.error.code) == (ONE, began, "upstream_unavailable")
    clock.now += RETRY_S - 1
    await listing.fresh()
    assert account.asked == 2
    clock.now += 1
    await listing.fresh()
    await turn()
    assert (account.asked, listing.voices, listing.error) == (3, TWO, None)


async def test_a_request_that_hangs_ends_with_the_gateway(clock):
    account = Account(ONE)
    account.gate.clear()
    listing = Listing(account.voices, account.hear, clock)
    waiting = asyncio.create_task(listing.fresh())
    await turn()
    await listing.aclose()
    await waiting
    assert listing.refreshed_at is None
