"""What the wire relies on of uvicorn's inside, and that it holds."""

import asyncio
import inspect
import json

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from gateway.wire import Wire
from tests.connection.stage import gateway

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
