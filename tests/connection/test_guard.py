"""Peers that send more than a conversation needs, or read less."""

import asyncio
import json

import pytest

from gateway import guard, reader, wire
from gateway.metrics import Metrics
from tests.connection.raw import CONTINUATION, PING, TEXT, close_code, evictions, frame, upgraded
from tests.connection.served import echo, served
from tests.connection.stage import gateway, stream
from tests.connection.test_connection import LONG

FLOODS = {
    "pings": (frame(PING, bytes(125)) * 20_000, 1008),
    "pongs": (frame(PING + 1) * 20_000, 1008),
    "fragments": (frame(TEXT, b"{", fin=False) + frame(CONTINUATION, b" ", fin=False) * 20_000, 1009),
    "empty fragments": (frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 20_000, 1009),
    "halved messages": ((frame(TEXT, b"{", fin=False) + frame(CONTINUATION, b"}")) * 20_000, 1008),
    "messages": (frame(TEXT, b"{}") * 20_000, 1008),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_is_ended_and_its_sender_can_read_why(name):
    flood, code = FLOODS[name]
    async with gateway() as (url, _), upgraded(url) as (incoming, writer):
        writer.write(flood)
        assert await close_code(incoming) == code
        assert await evictions(url) == {{1008: "frame_rate", 1009: "too_big"}[code]: 1}


@pytest.mark.parametrize("name", FLOODS)
async def test_of_a_flood_no_more_is_parsed_than_the_bounds_allow(name, monkeypatch):
    parsed = 0
    received = guard.WebSocketsSansIOProtocol.data_received

    def counting(self, data: bytes) -> None:
        nonlocal parsed
        parsed += len(data)
        received(self, data)

    monkeypatch.setattr(guard.WebSocketsSansIOProtocol, "data_received", counting)
    flood, code = FLOODS[name]
    async with served(echo) as (url, _, _), upgraded(url) as (incoming, writer):
        writer.write(flood)
        assert await close_code(incoming) == code
    assert parsed < 30_000


async def test_a_peer_that_floods_and_does_not_read_is_gone():
    async with gateway() as (url, _), upgraded(url, receive_buffer=4096) as (_, writer):
        with pytest.raises(ConnectionError):
            while True:
                writer.write(frame(PING, bytes(125)) * 1000)
                await writer.drain()
        assert await evictions(url) == {"frame_rate": 1}


async def test_what_an_honest_client_sends_is_within_the_bounds():
    fragments = [frame(TEXT, b"x" * 1000, fin=False)]
    fragments += [frame(CONTINUATION, b"x" * 1000, fin=False)] * 62 + [frame(CONTINUATION, b"x" * 1000)]
    async with served(echo) as (url, _, evicted), upgraded(url) as (incoming, writer):
        writer.write(frame(PING, b"?") * 30 + b"".join(fragments))
        assert await incoming.readexactly(30 * 3) == b"\x8a\x01?" * 30
        assert await incoming.readexactly(64_004) == b"\x81\x7e\xfa\x00" + b"x" * 64_000
    assert evicted == []


async def test_a_slow_consumer_is_let_go_and_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(reader, "STALLED_S", 0.05)
    serving = gateway(stream(*LONG), resume_window_ms=0)
    async with serving as (url, upstream), upgraded(url, receive_buffer=4096) as (_, writer):
        writer.write(frame(TEXT, json.dumps({"type": "speak", "turn": "a", "text": "Hello."}).encode()))
        await upstream.closed.wait()
        assert await evictions(url) == {"slow_reader": 1}


async def test_answers_that_wait_for_who_does_not_read_have_bounds_in_bytes_too(monkeypatch):
    monkeypatch.setattr(reader, "STALLED_S", 600.0)
    settings = {"voice": {"pronunciation_dict": [f"{number}/" + "b" * 190 for number in range(300)]}}
    hello = json.dumps({"type": "hello", "config": settings}).encode()
    async with gateway() as (url, _), upgraded(url, receive_buffer=4096) as (_, writer):
        writer.write(frame(TEXT, hello) + frame(TEXT, b'{"type":"configure","config":{"lip":false}}') * 60)
        async with asyncio.timeout(10):
            while await evictions(url) != {"slow_reader": 1}:
                pass


async def test_who_has_not_read_what_came_before_the_welcome_is_let_go(monkeypatch):
    monkeypatch.setattr(wire, "SEND_BUFFER", 4096)
    hellos = frame(TEXT, b'{"type":"hello","v":"one"}') * 800 + frame(TEXT, b'{"type":"hello"}')
    async with gateway() as (url, _), upgraded(url, receive_buffer=4096) as (_, writer):
        writer.write(hellos)
        async with asyncio.timeout(10):
            while await evictions(url) != {"slow_reader": 1}:
                pass


def test_evictions_are_counted_by_reason():
    metrics = Metrics()
    metrics.evicted("no_pong")
    assert b'voice_gateway_evicted_total{reason="no_pong"} 1.0' in metrics.text()
