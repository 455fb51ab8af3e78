"""A replica that stood still asks for nothing until it knows that its sessions are its own."""

import asyncio

from gateway.upstreams.leased import Leased
from gateway.upstreams.valve import Valve
from tests.upstreams.raw import FINISHED, REQUEST
from tests.upstreams.scripted import Scripted


async def test_nothing_is_asked_before_it_is_known_who_has_the_session():
    known = asyncio.Event()
    inner = Scripted([FINISHED])
    upstream = Leased(inner, known.wait)
    lost, kept = (asyncio.create_task(upstream.speak(REQUEST, lambda _: None, Valve())) for _ in range(2))
    await asyncio.sleep(0)
    assert inner.asked == []
    lost.cancel()
    known.set()
    assert await kept == FINISHED
    assert inner.asked == [REQUEST]
