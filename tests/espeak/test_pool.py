"""Workers: shared by sentence, replaced when they die, freed when nobody listens."""

import asyncio
import os
import signal

import httpx
import pytest

from gateway.emulator import Habits, running
from gateway.espeak.pool import Job, Utterance, open_pool
from tests.emulator.served import KEY, order

HELLO = Job("Hello.", "en-us", "f2", 175, 0.0)


async def test_sentences_are_spoken_side_by_side():
    async with open_pool(2) as pool:
        spoken = await asyncio.gather(*(pool.speak(HELLO) for _ in range(10)))
    assert all(len(utterance.pcm) > 10_000 for utterance in spoken)


async def test_a_worker_that_dies_is_replaced():
    async with open_pool(1) as pool:
        before = pool.workers[0].pid
        os.kill(before, signal.SIGKILL)
        assert (await pool.speak(HELLO)).pcm
        assert pool.workers[0].pid not in {before, None}


async def test_what_the_library_refuses_is_silent_and_harms_nobody():
    async with open_pool(1) as pool:
        assert await pool.speak(Job("Hello.", "xx-unknown", "", 175, 0.0)) == Utterance()
        assert await pool.phonemes("Hello.", "xx-unknown") == ()
        assert (await pool.speak(HELLO)).pcm


async def test_a_job_nobody_waits_for_frees_its_worker():
    async with open_pool(1) as pool:
        waiting = [asyncio.create_task(pool.speak(HELLO)) for _ in range(3)]
        while pool.waiting < 2:
            await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        assert (await pool.speak(HELLO)).pcm
        assert pool.waiting == 0


async def test_workers_end_with_the_pool():
    async with open_pool(2) as pool:
        pids = [worker.pid for worker in pool.workers]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_client_that_leaves_stops_the_speaking():
    habits = Habits(neural_english=False, pace=1.0)
    async with running("127.0.0.1", 0, habits) as url, httpx.AsyncClient(base_url=url, headers=KEY) as client:
        body = order("This goes on and on. " * 400, stream=True)
        async with client.stream("POST", "/v1/t2a_v2", json=body) as response:
            async for _ in response.aiter_bytes():
                break
        while True:
            usage = (await client.get("/emulator/usage")).json()["requests"]
            if usage[0]["outcome"] == "stopped" and await _quiet(client):
                break
    assert usage[0]["bytes_sent"] < 16000 * 2 * 60


async def _quiet(client: httpx.AsyncClient) -> bool:
    sent = [(await client.get("/emulator/usage")).json()["totals"]["bytes_sent"] for _ in range(2)]
    return sent[0] == sent[1]


async def test_the_server_starts_twice_in_one_loop_and_leaves_no_task():
    before = asyncio.all_tasks()
    for _ in range(2):
        habits = Habits(neural_english=False, workers=1)
        async with running("127.0.0.1", 0, habits) as url, httpx.AsyncClient() as client:
            assert (await client.get(url)).text == "404 page not found"
    assert asyncio.all_tasks() == before
