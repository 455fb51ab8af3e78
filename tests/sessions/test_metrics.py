"""What an operator sees of sessions that wait, of those who hear them, and of those who come back."""

import asyncio
import re

import httpx

from tests.connection.stage import gateway, hear, say, stream
from tests.end_to_end.client import TERMINALS
from tests.sessions.stage import greeted, last_seq, refusal, resuming, until


async def told(url: str) -> dict[str, float]:
    """Every metric of the gateway, by its name and labels."""
    async with httpx.AsyncClient(trust_env=False) as http:
        text = (await http.get(url + "/metrics")).text
    return {name: float(value) for name, value in re.findall(r"^voice_gateway_(\S+) (\S+)$", text, re.MULTILINE)}


async def settled(url: str, **wanted: int) -> dict[str, float]:
    """Once these are so: who leaves is noticed a little later."""
    async with asyncio.timeout(10):
        while wanted.items() - (metrics := await told(url)).items():
            pass
    return metrics


async def test_sessions_that_wait_and_listeners_are_counted_while_they_do():
    async with gateway() as (url, _):
        async with greeted(url) as (socket, welcome):
            async with greeted(url, listen={"session": welcome["session"]}):
                await settled(url, sessions=1, detached_sessions=0, listeners=1)
            socket.transport.abort()
        await settled(url, sessions=0, detached_sessions=1, listeners=0)
        async with greeted(url, resume=resuming(welcome, 0)) as (socket, _):
            await settled(url, sessions=1, detached_sessions=0)
            await say(socket, "bye")
            await hear(socket, set())
        await settled(url, sessions=0, detached_sessions=0)


async def test_who_comes_back_is_counted_by_what_came_of_it():
    async with gateway(stream(bytes(480))) as (url, _):
        async with greeted(url) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            end = last_seq(await hear(socket, TERMINALS))
            await say(socket, "ping", last_seq=end)
            await until(socket, "pong")
        async with greeted(url, resume=resuming(welcome, end)) as (_, resumed):
            pass
        async with greeted(url, resume=resuming(resumed, 0)):
            pass
        await refusal(url, resuming(welcome, 0))
        metrics = await told(url)
    outcomes = {name: value for name, value in metrics.items() if name.startswith("resumes_total")}
    assert outcomes == {
        'resumes_total{outcome="resumed"}': 1,
        'resumes_total{outcome="lost"}': 1,
        'resumes_total{outcome="refused"}': 1,
    }


async def test_the_loops_tasks_are_counted_and_those_of_a_session_end_with_it():
    async with gateway() as (url, _):
        resting = (await told(url))["tasks"]
        async with greeted(url) as (socket, _):
            assert (await told(url))["tasks"] > resting
            await say(socket, "bye")
            await hear(socket, set())
        await settled(url, tasks=resting)
