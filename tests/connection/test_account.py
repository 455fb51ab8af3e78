"""What a session reserves and settles, with a store that answers when it likes."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from gateway.access.quotas import Allowance, Limit, MemoryQuotas
from gateway.access.rights import Rights
from gateway.access.tokens import Grant
from gateway.access.usage import MemoryUsage
from gateway.account import Account, Books
from gateway.errors import Refused
from gateway.metrics import Metrics
from gateway.protocol.events import Terminal
from gateway.session import inputs
from tests.session.talk import Talk

NOW = 90.0
MOST = 300
NAME = "day/0/acme"
GRANT = Grant(Rights(tenant="acme", day_characters=MOST), "jti", NOW + 600)


class Slow:
    """Quotas that other tasks run ahead of."""

    def __init__(self, store: MemoryQuotas, chance: random.Random) -> None:
        self._store = store
        self._chance = chance
        self.settled: dict[str, int] = {}

    async def hold(self, turn: str, characters: int, limits) -> Limit | None:
        await self._dawdle()
        full = await self._store.hold(turn, characters, limits)
        await self._dawdle()
        return full

    async def settle(self, turn: str, used: int, limits) -> None:
        self.settled[turn] = self.settled.get(turn, 0) + 1
        await self._dawdle()
        await self._store.settle(turn, used, limits)

    async def _dawdle(self) -> None:
        for _ in range(self._chance.randrange(4)):
            await asyncio.sleep(0)


class Gone(Slow):
    """A store that cannot be reached."""

    async def hold(self, turn: str, characters: int, limits) -> Limit | None:
        raise Refused("store_unavailable")

    async def settle(self, turn: str, used: int, limits) -> None:
        raise Refused("store_unavailable")


@dataclass
class Shop:
    """A session with its account; upstream gives every segment at once when it is told to."""

    quotas: Slow
    tasks: asyncio.TaskGroup
    talk: Talk = field(default_factory=Talk)
    terminals: list[Terminal] = field(default_factory=list)
    billed: int = 0
    ending: list[Callable[[bool], None]] = field(default_factory=list)
    """Turns whose end is not kept yet."""

    def __post_init__(self) -> None:
        self.books = Books(self.quotas, Allowance(), MemoryUsage(), Metrics(), lambda: NOW)
        self.account = Account(GRANT, self.talk.session, self.books, self.tasks)

    async def say(self, type_: str, **fields) -> str:
        """The code with which it is refused by its quota; empty otherwise."""
        try:
            await self.account.take(message(type_, **fields), self.perform)
        except Refused as refused:
            return refused.code
        return ""

    def perform(self, event) -> None:
        for action in self.talk.hear(event):
            match action:
                case inputs.Open(_, opened, _, config):
                    self.account.opened(opened.turn, config)
                case inputs.Say(_, terminal, True, shares):
                    self.terminals.append(terminal)
                    self.billed += terminal.usage.billed_characters
                    self.ending.append(self.account.ended(terminal, shares))
                    asyncio.get_running_loop().call_soon(self.keep)

    def speak(self) -> None:
        """Upstream gives what was asked for."""
        while self.talk.jobs:
            job = self.talk.jobs.pop(0)
            job.clock.receive(job.handle, 10.0)
            job.clock.hand(job.handle, 10.0, self.talk.now)
            billed = 0 if job.request is None else len(job.request.text)
            self.perform(inputs.SegmentReceived(job.handle, job.segment, billed, 5, cached=False))
            self.perform(inputs.SegmentDelivered(job.handle, job.segment, 48, 10.0, self.talk.now))

    def close(self) -> None:
        self.perform(inputs.ConnectionLost())
        self.account.close()
        self.keep()

    def keep(self, *, here: bool = True) -> None:
        while self.ending:
            self.ending.pop(0)(here)


def message(type_: str, **fields):
    import orjson

    from gateway.protocol.messages import decode

    return decode(orjson.dumps({"type": type_, **fields}).decode())


@pytest.mark.parametrize("seed", range(60))
async def test_whatever_happens_every_turn_is_settled_once_with_what_was_billed(seed):
    chance = random.Random(seed)
    store = MemoryQuotas(lambda: NOW)
    quotas = Slow(store, chance)
    async with asyncio.TaskGroup() as tasks:
        shop = Shop(quotas, tasks)

        async def client() -> None:
            for _ in range(40):
                turn = chance.choice("abcdefgh")
                text = "Hello there, my friend. " * chance.randrange(1, 4)
                match chance.randrange(6):
                    case 0:
                        await shop.say("speak", turn=turn, text=text)
                    case 1:
                        await shop.say("turn.open", turn=turn)
                    case 2 | 3:
                        await shop.say("turn.append", turn=turn, text=text)
                    case 4:
                        await shop.say("turn.commit", turn=turn)
                    case 5:
                        await shop.say("speak", turn=turn, text=text, voice={"speed": 99})

        async def world() -> None:
            for _ in range(60):
                await asyncio.sleep(0)
                match chance.randrange(4):
                    case 0 if shop.talk.session._turns:
                        shop.perform(message("turn.cancel", turn=chance.choice(list(shop.talk.session._turns))))
                    case 1:
                        shop.speak()
                    case 2:
                        shop.talk.now += 1
                        shop.perform(inputs.Tick())

        talking = tasks.create_task(client())
        await world()
        if chance.random() < 0.5:
            talking.cancel()
        await asyncio.wait({talking})
        shop.close()
    assert store.taken(NAME) == shop.billed <= MOST
    assert set(quotas.settled.values()) <= {1}
    assert shop.account._held == {}


async def test_a_store_that_is_gone_lets_nothing_through_and_ends_no_session():
    async with asyncio.TaskGroup() as tasks:
        shop = Shop(Gone(MemoryQuotas(), random.Random(1)), tasks)
        assert await shop.say("turn.open", turn="a") == ""
        assert await shop.say("turn.append", turn="a", text="Hello.") == "store_unavailable"
        assert await shop.say("speak", turn="b", text="Hello.") == "store_unavailable"
        assert await shop.say("ping") == ""
        shop.close()
    assert [terminal.turn for terminal in shop.terminals] == ["a"]
    assert shop.talk.jobs == []


async def test_messages_keep_their_order_while_the_store_thinks():
    async with asyncio.TaskGroup() as tasks:
        shop = Shop(Slow(MemoryQuotas(lambda: NOW), random.Random(3)), tasks)
        await shop.say("turn.open", turn="a")
        for word in ("one ", "two ", "three ", "four"):
            assert await shop.say("turn.append", turn="a", text=word) == ""
        await shop.say("turn.cancel", turn="a")
        shop.close()
    assert shop.terminals[0].unheard.text == "one two three four"


async def test_a_turn_that_another_replica_goes_on_with_is_neither_settled_nor_booked(caplog):
    caplog.set_level(logging.INFO)
    quotas = Slow(MemoryQuotas(lambda: NOW), random.Random(1))
    async with asyncio.TaskGroup() as tasks:
        shop = Shop(quotas, tasks)
        await shop.say("speak", turn="a", text="Hello.")
        shop.perform(message("turn.cancel", turn="a"))
        shop.keep(here=False)
        assert await shop.say("speak", turn="b", text="Hello.") == ""
    assert (quotas.settled, await shop.books.usage.by("tenant"), caplog.messages) == ({}, [], [])


async def test_who_would_speak_waits_a_moment_only_for_a_store_that_is_away(monkeypatch):
    monkeypatch.setattr("gateway.account.SETTLING_S", 0.0)
    monkeypatch.setattr(Shop, "keep", lambda _: None)
    async with asyncio.TaskGroup() as tasks:
        shop = Shop(Gone(MemoryQuotas(), random.Random(1)), tasks)
        await shop.say("turn.open", turn="a")
        await shop.say("turn.cancel", turn="a")
        async with asyncio.timeout(5):
            assert await shop.say("speak", turn="b", text="Hello.") == "store_unavailable"


class Slowest(random.Random):
    def randrange(self, most: int) -> int:
        return most - 1


async def test_what_was_not_taken_by_then_is_not_taken_for_a_session_that_is_abandoned_and_is_given_back():
    quotas = Slow(MemoryQuotas(lambda: NOW), Slowest())
    async with asyncio.TaskGroup() as tasks:
        shop = Shop(quotas, tasks)
        await shop.say("turn.open", turn="ours")
        await shop.say("turn.append", turn="ours", text="Hello.")
        asking = tasks.create_task(shop.say("speak", turn="late", text="Hello, you."))
        while shop.account.reservation("late") is None:
            await asyncio.sleep(0)
        shop.account.close(abandoned=True)
        assert await asking == ""
    assert shop.talk.session.written("late") is None
    assert shop.account.reservation("ours") is not None
    assert quotas._store.taken(NAME) == len("Hello.")


async def test_a_repeated_number_costs_nothing():
    store = MemoryQuotas(lambda: NOW)
    async with asyncio.TaskGroup() as tasks:
        shop = Shop(Slow(store, random.Random(1)), tasks)
        await shop.say("turn.open", turn="a", n=1)
        for _ in range(5):
            assert await shop.say("turn.append", turn="a", text="x" * 200, n=2) == ""
        assert store.taken(NAME) == 200
        shop.close()


async def test_what_a_turn_leaves_is_there_for_the_message_behind_it():
    async with asyncio.TaskGroup() as tasks:
        shop = Shop(Slow(MemoryQuotas(lambda: NOW), random.Random(3)), tasks)
        await shop.say("turn.open", turn="speaks")
        for turn in "abcd":
            assert await shop.say("turn.open", turn=turn) == ""
            assert await shop.say("turn.append", turn=turn, text="x" * MOST) == ""
            assert await shop.say("turn.cancel", turn=turn) == ""
        shop.close()


async def test_an_id_that_is_used_again_after_a_refusal_is_paid_as_a_turn_of_its_own():
    store = MemoryQuotas(lambda: NOW)
    async with asyncio.TaskGroup() as tasks:
        shop = Shop(Slow(store, random.Random(1)), tasks)
        assert await shop.say("speak", turn="a", text="x" * 301) == "quota_exceeded"
        assert await shop.say("speak", turn="a", text="x" * 300, voice={"speed": 99}) == ""
        assert await shop.say("turn.open", turn="a") == ""
        assert await shop.say("turn.append", turn="a", text="x" * 300) == ""
        assert store.taken(NAME) == 300
        shop.close()
