"""What a review found: hostile input, paced audio behind a slow reader, farewells."""

import asyncio
import json
import logging
import socket as sockets

import httpx
import pytest
from websockets.asyncio.client import connect

from gateway.logs import TextLines
from tests.connection.stage import client, gateway, hear, say, stream
from tests.connection.test_connection import closing
from tests.end_to_end.client import stream_url
from tests.sessions.stage import greeted, resuming, until
from tests.sessions.test_metrics import settled

SECOND = bytes(48_000)


@pytest.mark.parametrize("origin", ["http://[", "http://evil.example", "null"])
async def test_a_page_of_a_name_that_resolves_here_is_refused(origin):
    async with gateway() as (url, _):
        port = url.rpartition(":")[2]
        headers = {"Host": f"evil.example:{port}" if "evil" in origin else f"127.0.0.1:{port}"}
        origin = f"{origin}:{port}" if "evil" in origin else origin
        async with connect(stream_url(url), additional_headers={"Origin": origin} | headers) as socket:
            assert json.loads(await socket.recv())["code"] == "forbidden"


@pytest.mark.parametrize("type_", ["hello", "configure", "ping"])
async def test_json_that_is_too_deep_is_an_error(type_, caplog):
    deep = "[" * 900 + "]" * 900
    field = {"hello": "config", "configure": "config", "ping": "t"}[type_]
    async with gateway() as (url, _), client(url, False) as socket:
        await socket.send(f'{{"type":"{type_}","{field}":{deep}}}')
        assert json.loads(await socket.recv())["code"] == "bad_request"
        await say(socket, "hello")
        assert json.loads(await socket.recv())["type"] == "welcome"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_turn_has_its_terminal_before_the_connection_is_closed_for_wrong_data():
    async with gateway(stream(*[SECOND] * 5), stay=True) as (url, _), client(url) as socket:
        await say(socket, "turn.open", turn="a")
        await socket.send(b"\x00")
        heard = await hear(socket, set())
    assert heard.order == ["turn.accepted", "turn.cancelled", "error"]
    assert socket.close_code == 1003


async def test_nothing_is_begun_after_a_bye():
    async with gateway() as (url, _):
        last, code = await closing(
            url, '{"type":"hello"}', '{"type":"bye"}', '{"type":"speak","turn":"a","text":"Hi."}'
        )
    assert (last["type"], code) == ("welcome", 1000)


async def test_answers_are_not_larger_than_agreed():
    async with gateway() as (url, _), client(url, {"max_frame_bytes": 4096}) as socket:
        await say(socket, "turn.open", turn="a")
        for _ in range(9):
            await say(socket, "turn.append", turn="a", text="x" * 1000)
        await say(socket, "turn.cancel", turn="a")
        await say(socket, "turn.cancel", turn="a")
        sizes = [len(await socket.recv()) for _ in range(3)]
        await say(socket, "ping", t="x" * 5000)
        assert json.loads(await socket.recv())["field"] == "t"
    assert max(sizes) <= 4096


async def test_paced_audio_is_not_let_loose_by_a_reader_that_pauses():
    sock = sockets.socket()
    sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    sock.setblocking(False)
    hello = {"config": {"audio": {"lead_ms": 100, "rate": 44100, "channels": 2}}}
    async with gateway(stream(*[SECOND] * 200)) as (url, upstream):
        host, port = url.removeprefix("http://").split(":")
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        async with connect(stream_url(url), sock=sock, max_size=None, max_queue=1, compression=None) as socket:
            await say(socket, "hello", **hello)
            await say(socket, "speak", turn="a", text="Hello.")
            await upstream.closed.wait()
            await say(socket, "turn.cancel", turn="a")
            heard = await hear(socket, {"turn.cancelled"})
    assert sum(len(frame[-1]) for frame in heard.frames) < 500_000


async def test_who_leaves_while_a_farewell_waits_to_be_read_is_no_trouble(caplog):
    async with gateway(stream(*[SECOND] * 60)) as (url, _):
        sock = sockets.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
        sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        async with connect(stream_url(url), sock=sock, max_queue=1, compression=None) as first:
            await say(first, "hello")
            welcome = json.loads(await first.recv())
            await say(first, "speak", turn="a", text="Hello.")
            await until(first, "frame")
            async with greeted(url, resume=resuming(welcome, 2)) as (second, _):
                await counted(url, 'evicted_total{reason="taken_over"}')
                first.transport.abort()
                second.transport.abort()
            await settled(url, sessions=0)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def counted(url, metric):
    async with httpx.AsyncClient(trust_env=False) as http:
        while f"voice_gateway_{metric} 1.0" not in (await http.get(url + "/metrics")).text:
            pass


async def test_a_file_larger_than_the_journal_arrives_whole():
    hello = {"config": {"audio": {"codec": "wav", "rate": 44100, "channels": 2}}}
    async with gateway(stream(*[SECOND] * 220)) as (url, _), client(url, hello) as socket:
        await say(socket, "speak", turn="a", text="Hello.")
        heard = await hear(socket, {"turn.done", "turn.failed"})
    assert len(heard.audio) == 220 * 48_000 + 44
    assert "skipped" not in heard.order


def test_a_log_line_is_one_line_whatever_a_client_is_called():
    record = logging.makeLogRecord({"msg": "= ended", "client": "x\n00:00:00 INFO forged \x1b[0m"})
    assert TextLines().format(record).count("\n") == 0
    assert "\x1b" not in TextLines().format(record)


async def test_settings_are_changed_a_fifth_as_often_as_other_messages_come():
    async with gateway() as (url, _), client(url) as socket:
        for number in range(1000):
            await socket.send(json.dumps({"type": "configure", "id": str(number), "config": {"lip": bool(number % 2)}}))
        heard = await hear(socket, {"error"})
        assert (heard.last("error")["code"], heard.last("error")["close_code"]) == ("rate_limited", 4101)
    assert 200 <= heard.order.count("configured") < 1000
