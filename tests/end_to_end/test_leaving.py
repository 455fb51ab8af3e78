"""Who leaves within a later segment of a turn leaves nothing behind."""

import asyncio
import json

import httpx
from websockets.asyncio.client import connect

from gateway.app import running
from gateway.emulator import Habits
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import stream_url

HELLO = {"type": "hello", "config": {"voice": {"voice_id": "test_tones"}}}
SPEAK = {"type": "speak", "turn": "a", "text": "Hi. " + "And this goes on for much longer than anybody listens. " * 20}


async def test_a_lost_socket_ends_a_later_segment_too():
    async with emulating("127.0.0.1", 0, Habits(pace=0.5)) as emulator:
        settings = Settings(port=0, upstream="t2a+" + emulator, api_key="canary-key")
        async with running(settings) as gateway, httpx.AsyncClient(base_url=gateway.url, trust_env=False) as http:
            async with connect(stream_url(gateway.url), compression=None) as socket:
                await socket.send(json.dumps(HELLO))
                await socket.send(json.dumps(SPEAK))
                async for message in socket:
                    if isinstance(message, str) and json.loads(message).get("segment") == 1:
                        break
                socket.transport.abort()
            async with asyncio.timeout(5):
                while "\nvoice_gateway_sessions 0.0\n" not in (await http.get("/metrics")).text:
                    pass
