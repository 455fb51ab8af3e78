"""What the wire relies on of uvicorn's inside, and that it holds."""

import asyncio
import inspect
import json
import random

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from gateway.wire import BINARY, TEXT, UNTAKEN, Wire, wire_of
from tests.connection.raw import upgraded
from tests.connection.served import served
from tests.connection.stage import gateway
from tests.end_to_end.client import stream_url

UPGRADE = (
    b"GET /v1/stream HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def said(**message: object) -> bytes:
    """As a client sends it, with a mask that changes nothing."""
    data = json.dumps(message).encode()
    return bytes((0x81, 0x80 | len(data), 0, 0, 0, 0)) + data


async def test_uvicorn_is_as_the_wire_knows_it():
    wire = Wire(uvicorn.Config(None, ws=Wire, ws_per_message_deflate=False), ServerState(), {})
    known = ["loop", "queue", "writable", "read_paused", "close_sent", "disconnected", "frames", "curr_msg_data_type"]
    assert [name for name in [*known, "conn", "pong_timer", "close_timer"] if not hasattr(wire, name)] == []


def test_uvicorn_asks_no_more_of_its_queue_than_the_inbox_gives():
    source = inspect.getsource(WebSocketsSansIOProtocol)
    asked = {part.partition("(")[0] for part in source.split("self.queue.")[1:]}
    assert asked == {"get", "put_nowait", "empty"}


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_messages_are_told_in_order_however_they_are_cut(size: int):
    pings = [said(type="ping", t=number) for number in range(20)]
    sent = b"".join([said(type="hello", v=1), *pings])
    async with gateway() as (url, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        for at in range(0, len(sent), size):
            writer.write(sent[at : at + size])
            await writer.drain()
        heard = await reader.readuntil(b'"t":19}')
        writer.close()
    places = [heard.find(b'"type":"pong","t":%d' % number) for number in range(20)]
    assert heard.find(b'"type":"welcome"') > 0
    assert places == sorted(places)
    assert places[0] > 0


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_what_is_sent_in_one_turn_of_the_loop_fills_the_transport_and_no_more(opcode):
    held: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def flood(scope, receive, send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            wire = wire_of(scope)
            for _ in range(1000):
                if wire.ready:
                    wire.send_now(opcode, bytes(4000))
            await asyncio.sleep(0)
            held.set_result(wire.unsent)
            await receive()

    async with served(flood) as (url, _, _), upgraded(url, receive_buffer=4096):
        assert UNTAKEN < await held < 3 * UNTAKEN


async def test_texts_and_binaries_arrive_in_the_order_of_their_sending():
    chance = random.Random(1)
    sent = [
        b"%d" % number * chance.choice((1, 99, 2000)) if chance.random() < 0.5 else str(number) * 3000
        for number in range(60)
    ]

    async def say(scope, receive, send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            for message in sent:
                opcode, data = (TEXT, message.encode()) if isinstance(message, str) else (BINARY, message)
                wire_of(scope).send_now(opcode, data)
            await receive()

    async with served(say) as (url, _, _), connect(stream_url(url), compression=None) as socket:
        assert [await socket.recv() for _ in sent] == sent
