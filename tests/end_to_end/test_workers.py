"""`voice-gateway serve` as a process: workers on one port, a signal, an exit code."""

import asyncio
import os
import signal
import sys

import httpx
import pytest

from gateway.emulator import running as emulating
from tests.end_to_end.client import speak
from tests.ports import free_port

TEXT = "Hello there."
CONFIG = {"voice": {"voice_id": "test_tones"}}


async def answers(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(120):
        while True:
            try:
                if (await http.get(url + "/readyz")).status_code == 200:
                    return
            except httpx.ConnectError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_served_gateway_speaks_and_ends_with_0_on_a_signal(workers):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with emulating("127.0.0.1", 0) as emulator:
        arguments = ["serve", "--port", str(port), "--upstream", "t2a+" + emulator, "--workers", str(workers)]
        environment = os.environ | {"VOICE_GATEWAY_API_KEY": "k"}
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway.cli", *arguments, env=environment)
        try:
            await answers(url)
            turns = await asyncio.gather(*(speak(url, TEXT, config=CONFIG) for _ in range(20)))
        finally:
            process.send_signal(signal.SIGTERM)
            code = await process.wait()
    assert code == 0
    assert all(turn.order[-1] == "turn.done" for turn in turns)
