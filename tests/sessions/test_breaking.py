"""A session that breaks, or cannot be made, ends in `internal` and leaves nothing behind."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gateway.access.quotas import MemoryQuotas
from gateway.account import Account
from gateway.recordings import Recordings
from gateway.sessions import Sessions
from tests.connection.stage import gateway, hear, say, stream
from tests.end_to_end.client import stream_url
from tests.sessions.stage import greeted
from tests.sessions.test_metrics import settled


@pytest.mark.parametrize(
    ("where", "name"), [(MemoryQuotas, "enter"), (Account, "__init__"), (Sessions, "_lives"), (Sessions, "adopt")]
)
@pytest.mark.parametrize("error", [RuntimeError("a bug"), asyncio.CancelledError()], ids=["a bug", "given up"])
async def test_a_session_that_cannot_be_made_is_refused_at_once(monkeypatch, where, name, error):
    def broken(*_: object) -> None:
        raise error

    async with gateway() as (url, _):
        with monkeypatch.context() as breaking:
            breaking.setattr(where, name, broken)
            async with asyncio.timeout(10), connect(stream_url(url)) as socket:
                await say(socket, "hello")
                said = json.loads(await socket.recv())
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
        assert (said["code"], said["close_code"], socket.close_code) == ("internal", 1011, 1011)
        async with greeted(url) as (_, welcome):
            assert welcome["type"] == "welcome"


async def test_a_session_that_broke_waits_for_nobody(monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Recordings, "finish", broken)
    async with gateway(stream(bytes(480))) as (url, _):
        async with greeted(url) as (socket, _):
            await say(socket, "speak", turn="a", text="Hello.")
            heard = await hear(socket, set())
        await settled(url, sessions=0, detached_sessions=0)
    assert (heard.messages[-1]["code"], socket.close_code) == ("internal", 1011)
