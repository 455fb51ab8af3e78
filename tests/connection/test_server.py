"""Stopping: sockets live until the farewell is over, and nobody who does not read holds the server up."""

import asyncio

from gateway import peers
from tests.connection.raw import CLOSE, TEXT, close_code, frame, upgraded
from tests.connection.served import echo, served


async def test_no_socket_is_cut_before_the_farewell_is_over():
    asked, said = asyncio.Event(), asyncio.Event()

    async def farewell() -> None:
        asked.set()
        await said.wait()

    async with served(echo, farewell) as (url, server, _), upgraded(url) as (reader, writer):
        server.should_exit = True
        await asked.wait()
        writer.write(frame(TEXT, b"still there?"))
        assert await reader.readexactly(14) == b"\x81\x0cstill there?"
        said.set()
        assert await close_code(reader) == 1012


async def test_a_server_ends_though_a_peer_said_goodbye_and_reads_nothing(monkeypatch):
    monkeypatch.setattr(peers, "LOOK_S", 0.05)

    async def pour(scope, receive, send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while True:
                await send({"type": "websocket.send", "bytes": bytes(60_000)})

    async with served(pour) as (url, _, evicted), upgraded(url, receive_buffer=4096) as (_, writer):
        writer.write(frame(CLOSE, b"\x03\xe8"))
        while not evicted:
            await asyncio.sleep(0)
    assert evicted == ["unread"]
