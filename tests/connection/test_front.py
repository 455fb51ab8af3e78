"""HTTP up to the upgrade: who does not finish, asks for too much, is one too many, or does not read."""

import asyncio
import contextlib
import random

import pytest

from gateway import front, peers
from gateway.peers import Peers
from tests.connection.raw import UPGRADE, dialled, evictions
from tests.connection.served import dismiss, echo, pour, served
from tests.connection.stage import client, gateway, say

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def test_a_head_that_never_ends_is_let_go(monkeypatch):
    monkeypatch.setattr(front, "HEAD_S", 0.05)
    async with gateway() as (url, _):
        for beginning in (b"", b"GE", UPGRADE, HEALTH + b"X: "):
            async with dialled(url) as (reader, writer):
                writer.write(beginning)
                assert await reader.read() == b"", beginning
        assert await evictions(url) == {"handshake_timeout": 4}


@pytest.mark.parametrize("beginning", [HEALTH, b"\r\n"])
async def test_nor_is_one_behind_an_answer_waited_for(beginning, monkeypatch):
    monkeypatch.setattr(front, "HEAD_S", 0.05)
    async with gateway() as (url, _), dialled(url) as (reader, writer):
        writer.write(HEALTH + b"\r\n")
        await reader.readuntil(b"ok\n")
        writer.write(beginning)
        assert await reader.read() == b""
        assert await evictions(url) == {"handshake_timeout": 1}


async def test_a_body_that_stops_is_let_go(monkeypatch):
    monkeypatch.setattr(front, "BODY_S", 0.05)
    async with gateway() as (url, _), dialled(url) as (reader, writer):
        writer.write(b"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n1234")
        assert b"405" in await reader.read()


async def test_the_deadlines_of_the_handshake_end_with_it(monkeypatch):
    async with gateway() as (url, _):
        monkeypatch.setattr(front, "HEAD_S", 0.1)
        monkeypatch.setattr(front, "BODY_S", 0.1)
        async with client(url) as socket:
            async with dialled(url) as (reader, writer):
                writer.write(UPGRADE)
                assert await reader.read() == b""  # as much time has passed
            await say(socket, "ping")
            assert "pong" in await socket.recv()


@pytest.mark.parametrize(
    "head",
    [
        UPGRADE + b"X: " + b"x" * 65_000,
        UPGRADE + b"X: y\r\n" * 9000,
        UPGRADE + b"X: " + b"x" * 9000 + b"\r\n\r\n",
        UPGRADE + b"X: y\r\n" * 101 + b"\r\n",
        UPGRADE.replace(b"stream", b"stream?" + b"x" * 9000) + b"\r\n",
        HEALTH + b"X: " + b"x" * 40_000 + b"\r\n\r\n",
    ],
    ids=["endless header", "endless headers", "long header", "many headers", "long path", "without upgrade"],
)
async def test_a_head_that_is_too_large_is_answered_with_431(head):
    chance = random.Random(1)
    async with gateway() as (url, _):
        for cuts in ([], sorted(chance.sample(range(len(head)), 5))):
            async with dialled(url) as (reader, writer):
                for begin, end in zip([0, *cuts], [*cuts, len(head)], strict=True):
                    writer.write(head[begin:end])
                    await writer.drain()
                assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
        assert await evictions(url) == {"head_too_large": 2}


async def test_a_head_just_small_enough_is_served():
    head = UPGRADE + b"X: " + b"x" * 7900 + b"\r\n" + b"Y: y\r\n" * 90
    async with gateway() as (url, _), dialled(url) as (reader, writer):
        writer.write(head + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("bound", ["MOST_CONNECTIONS", "MOST_PER_NETWORK"])
async def test_one_connection_too_many_is_told_so_and_there_is_room_again_when_one_has_left(bound, monkeypatch):
    monkeypatch.setattr(peers, bound, 2)
    async with gateway() as (url, _):
        async with client(url), dialled(url), dialled(url) as (reader, writer):
            writer.write(UPGRADE + b"\r\n")
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nretry-after: 5\r\n" in answer
        async with client(url):
            assert await evictions(url) == {"overloaded": 1}


async def test_one_too_many_that_asks_nothing_is_let_go(monkeypatch):
    monkeypatch.setattr(peers, "MOST_CONNECTIONS", 1)
    monkeypatch.setattr(front, "REFUSED_S", 0.05)
    async with gateway() as (url, _), dialled(url), dialled(url) as (reader, _):
        assert await reader.read() == b""


def test_addresses_count_by_themselves_and_ipv6_by_the_network(monkeypatch):
    monkeypatch.setattr(peers, "MOST_PER_NETWORK", 1)
    bounded = Peers(lambda _: None)

    def enter(host: str) -> bool:
        return bounded.enter(object(), (host, 1))

    hosts = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", "::ffff:192.0.2.3", "::ffff:192.0.2.4"]
    assert [enter(host) for host in hosts] == [True] * 6
    assert [enter(host) for host in ("192.0.2.1", "2001:db8::ffff", "::ffff:192.0.2.3")] == [False] * 3


async def test_who_asks_and_never_reads_is_let_go(monkeypatch):
    monkeypatch.setattr(front, "STALLED_S", 0.05)
    async with served(pour) as (url, _, evicted), dialled(url, receive_buffer=4096) as (_, writer):
        writer.write(HEALTH + b"\r\n")
        while not evicted:
            await asyncio.sleep(0)
    assert evicted == ["stalled"]


async def test_who_asks_for_more_and_more_is_let_go():
    async with gateway() as (url, _), dialled(url) as (_, writer):
        with pytest.raises(ConnectionError):
            while True:
                writer.write((HEALTH + b"\r\n") * 1000)
                await writer.drain()
        assert await evictions(url) == {"too_many_requests": 1}


async def test_many_small_requests_at_once_are_not_one_large_head():
    async with gateway() as (url, _), dialled(url) as (reader, writer):
        padded = HEALTH + b"X: " + b"x" * 2500 + b"\r\n"
        writer.write((padded + b"\r\n") * 19 + padded + b"Connection: close\r\n\r\n")
        assert (await reader.read()).count(b"200 OK") == 20


WITH_BODY = [
    b"Content-Length: 1\r\n\r\nx",
    b"Content-Length: 00\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n",
]


@pytest.mark.parametrize("rest", WITH_BODY)
async def test_an_upgrade_with_a_body_is_answered_with_400_and_a_server_ends_meanwhile(rest, monkeypatch):
    monkeypatch.setattr(front, "DISCARD_S", 60.0)
    async with served(echo) as (url, _, evicted):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(UPGRADE + rest)
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        writer.write(b"more")
    writer.close()
    assert evicted == ["bad_upgrade"]


async def test_who_was_refused_an_upgrade_and_stays_is_let_go(monkeypatch):
    monkeypatch.setattr(front, "DISCARD_S", 0.05)
    async with gateway() as (url, _), dialled(url) as (_, writer):
        writer.write(UPGRADE + WITH_BODY[0])
        with pytest.raises(ConnectionError):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0)


async def test_an_upgrade_that_says_it_has_no_body_is_served():
    async with gateway() as (url, _), dialled(url) as (reader, writer):
        writer.write(UPGRADE + b"Content-Length: 0\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")


ENDLESS = b"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000\r\n\r\n"
CHUNKED = b"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "endless",
    [b"0\r\n" + b"a:b\r\n" * 5000, b"0\r\na: " + b"b" * 25_000, b"1;" + b"x" * 25_000],
    ids=["trailers", "a trailer", "a chunk's extension"],
)
async def test_what_surrounds_a_body_has_bounds_too(endless):
    async with served(dismiss) as (url, _, evicted), dialled(url) as (reader, writer):
        writer.write(CHUNKED)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(endless)
        assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
    assert evicted == ["head_too_large"]


@pytest.mark.parametrize("size", [1, 7, 5000])
async def test_a_body_in_many_chunks_is_within_the_bounds_and_trailers_are_no_headers(size):
    body, told = bytes(20_000), []

    async def read(scope, receive, send) -> None:
        if scope["type"] == "http":
            told.append((await taken(receive), [name for name, _ in scope["headers"]]))
            await dismiss(scope, receive, send)

    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    sent = CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nA: b\r\n\r\n"
    async with served(read) as (url, _, evicted), dialled(url) as (reader, writer):
        writer.write(sent)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
    assert told == [(20_000, [b"host", b"transfer-encoding"])]
    assert evicted == []


async def test_an_upgrade_behind_a_request_that_is_not_answered_is_let_go():
    async def never(scope, receive, send) -> None:
        if scope["type"] == "http":
            while (await receive())["type"] != "http.disconnect":
                pass

    async with served(never) as (url, _, evicted), dialled(url) as (reader, writer):
        writer.write(HEALTH + b"\r\n" + UPGRADE + b"\r\n")
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
    assert evicted == ["bad_upgrade"]


async def taken(receive) -> int:
    """Bytes of a body, which is read to its end."""
    come, more = 0, True
    while more:
        message = await receive()
        come, more = come + len(message.get("body", b"")), message.get("more_body", False)
    return come


async def devour(scope, receive, send) -> None:
    if scope["type"] == "http":
        await taken(receive)
        await dismiss(scope, receive, send)


@pytest.mark.parametrize(("app", "reason"), [(dismiss, "handshake_timeout"), (devour, "stalled")])
async def test_who_drips_a_body_is_let_go_whether_it_is_answered_or_read(app, reason, monkeypatch):
    monkeypatch.setattr(front, "BODY_S", 0.1)
    monkeypatch.setattr(front, "BODY_LEAST", 1 << 30)
    async with served(app) as (url, _, evicted), dialled(url) as (_, writer):
        writer.write(ENDLESS)
        async with asyncio.timeout(10):
            with pytest.raises(ConnectionError):
                while True:
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0)
    assert evicted == [reason]


async def test_a_body_that_comes_at_the_least_rate_may_take_long(monkeypatch):
    monkeypatch.setattr(front, "HEAD_S", 0.3)
    monkeypatch.setattr(front, "BODY_S", 0.9)
    monkeypatch.setattr(front, "BODY_LEAST", 1000)
    async with served(devour) as (url, _, evicted), dialled(url) as (reader, writer):
        writer.write(ENDLESS.replace(b"1000000000", b"5000"))
        for _ in range(5):
            async with dialled(url) as (other, _):
                assert await other.read() == b""  # as much time has passed
            writer.write(bytes(1000))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
    assert evicted == ["handshake_timeout"] * 5


async def test_a_connection_whose_body_ended_after_its_answer_is_not_kept_for_ever(monkeypatch):
    async with served(dismiss) as (url, _, _), dialled(url) as (reader, writer):
        writer.write(ENDLESS.replace(b"1000000000", b"5"))
        await reader.readuntil(b"\r\n\r\n")
        monkeypatch.setattr(front, "HEAD_S", 0.05)
        writer.write(b"12345")
        async with asyncio.timeout(10):
            assert await reader.read() == b""
