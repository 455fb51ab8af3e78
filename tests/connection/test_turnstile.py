"""A store that takes its time: nothing overtakes, and nothing is begun once the session is over."""

import asyncio
import json

import pytest

from gateway.access.quotas import MemoryQuotas
from gateway.errors import Closing, Refused
from gateway.protocol.messages import Ping
from gateway.turnstile import MOST_WAITING, Turnstile
from tests.connection.stage import client, hear, say
from tests.connection.tenant import desk
from tests.end_to_end.client import TERMINALS


class Halting(MemoryQuotas):
    """Answers when it is let, and says when it is asked."""

    let: asyncio.Event
    asked: asyncio.Event

    async def hold(self, turn, characters, limits):
        self.asked.set()
        await self.let.wait()
        return await super().hold(turn, characters, limits)


@pytest.fixture
def store(monkeypatch):
    Halting.let, Halting.asked = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr("gateway.stores.MemoryQuotas", Halting)
    return Halting


@pytest.fixture
async def acme():
    async with desk() as (here, upstream):
        yield here, upstream, {"token": await here.token(tenant="acme", day_characters=100)}


async def test_messages_wait_behind_one_that_is_being_paid(store, acme):
    here, _, hello = acme
    async with client(here.url, hello) as socket:
        await say(socket, "speak", turn="a", text="Hello.")
        await store.asked.wait()
        for number in range(300):
            await say(socket, "ping", t=number)
        await say(socket, "speak", turn="b", text="x" * 95)
        await say(socket, "turn.cancel", turn="a")
        store.let.set()
        heard = await hear(socket, TERMINALS)
    assert heard.order[0] == "turn.accepted"
    assert [message["t"] for message in heard.messages if message["type"] == "pong"] == list(range(300))
    assert heard.order.index("pong") < heard.order.index("error") < len(heard.order) - 1
    assert heard.last("error")["code"] == "quota_exceeded"


@pytest.mark.parametrize("end", ["bye", "leave"])
async def test_a_turn_that_waits_is_not_begun_once_the_session_is_over(store, acme, end):
    here, upstream, hello = acme
    async with client(here.url, hello) as socket:
        await say(socket, "speak", turn="a", text="Hello.")
        await store.asked.wait()
        if end == "bye":
            await say(socket, "turn.cancel", all=True)
            await say(socket, "bye")
            await say(socket, "speak", turn="b", text="Hello.")
            store.let.set()
            assert "b" not in json.dumps([message.get("turn") for message in (await hear(socket, set())).messages])
    store.let.set()
    async with client(here.url, hello) as socket:
        await say(socket, "turn.open", turn="probe")
        await say(socket, "turn.append", turn="probe", text="x" * 94)
        await say(socket, "ping")
        assert "error" not in (await hear(socket, {"pong"})).order
    assert end == "bye" or upstream.requests == []


async def test_one_that_fails_does_not_hold_up_the_next():
    failures, passed = [], []

    async def admit(message: Ping) -> None:
        await asyncio.sleep(0)
        if message.t in {1, 2}:
            raise Refused("bad_request") if message.t == 1 else RuntimeError("a bug")
        passed.append(message.t)

    async with asyncio.TaskGroup() as tasks:
        turnstile = Turnstile(admit, failures.append, tasks)
        assert not turnstile.busy
        for number in range(5):
            turnstile.put(Ping(t=number))
        assert turnstile.busy
    assert passed == [0, 3, 4]
    assert [type(failure) for failure in failures] == [Refused, RuntimeError]
    assert not turnstile.busy


async def test_too_many_that_wait_end_the_connection():
    forever = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        turnstile = Turnstile(lambda _: forever.wait(), print, tasks)
        for _ in range(MOST_WAITING):
            turnstile.put(Ping())
        with pytest.raises(Closing) as closing:
            turnstile.put(Ping())
        turnstile.close()
    assert closing.value.code == "overloaded"
