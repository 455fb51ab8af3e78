"""How the emulator ends: at once, whoever still listens."""

import sys

import httpx
import pytest

from gateway.emulator import Habits, MissingExtra, running
from tests.emulator.served import KEY, order


async def test_an_open_stream_does_not_hold_up_the_end():
    async with httpx.AsyncClient(headers=KEY) as client:
        async with running("127.0.0.1", 0, Habits(neural_english=False)) as url:
            await client.post(f"{url}/emulator/faults", json={"kind": "stall", "at": 100})
            body = order("one two three", "test_tones", stream=True)
            asking = client.build_request("POST", f"{url}/v1/t2a_v2", json=body)
            response = await client.send(asking, stream=True)
        with pytest.raises(httpx.RemoteProtocolError):
            await response.aread()


async def test_a_taken_port_is_an_error():
    async with running("127.0.0.1", 0, Habits(neural_english=False)) as url:
        with pytest.raises(OSError, match="in use"):
            async with running("127.0.0.1", int(url.rpartition(":")[2])):
                pass


async def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r'pip install "voice-gateway\[local\]"'):
        async with running():
            pass
