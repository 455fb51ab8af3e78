"""A session on a real socket."""

import asyncio
import base64
import json
import socket as sockets

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gateway import greeting, reader
from tests.connection.stage import client, gateway, hear, numbers, say, stream
from tests.end_to_end.client import TERMINALS, speak, stream_url

SHORT = [bytes([index]) * 480 for index in range(1, 9)]
LONG = [bytes([index % 255]) * 30_000 for index in range(200)]
"""6 MB: more than any buffer between upstream and client holds."""


async def closing(url: str, *messages, query="", **options) -> tuple[dict | None, int]:
    """The last message and the close code of a socket on which these were said."""
    last = None
    async with connect(stream_url(url) + query, compression=None, **options) as socket:
        for message in messages:
            await socket.send(message)
        try:
            while True:
                last = json.loads(await socket.recv())
        except ConnectionClosed as closed:
            return last, closed.rcvd.code


async def test_frames_are_contiguous_and_the_terminal_is_last_and_only():
    async with gateway(stream(*SHORT)) as (url, _):
        heard = await speak(url, "Hello.")
    assert heard.audio == b"".join(SHORT)
    position = 0
    for kind, flags, segment, handle, _, at, payload in heard.frames:
        assert (kind, flags, segment, handle, at) == (1, 0, 0, 1, position)
        position += len(payload) // 2
    assert numbers(heard) == list(range(1, len(numbers(heard)) + 1))
    assert [kind for kind in heard.order if kind in TERMINALS] == [heard.order[-1]] == ["turn.done"]
    assert heard.last("turn.done")["bytes"] == len(heard.audio)


async def test_after_a_cancel_the_withdrawn_are_named_and_nothing_of_the_turn_follows():
    async with gateway(stream(*LONG)) as (url, _), client(url) as socket:
        await say(socket, "speak", turn="a", text="Hello.")
        await hear(socket, {"segment.started"})
        await say(socket, "turn.cancel", turn="a", reason="barge_in")
        await say(socket, "ping", t="after")
        heard = await hear(socket, {"pong"})
    assert heard.order[-2:] == ["turn.cancelled", "pong"]
    covered = numbers(heard)
    assert covered == list(range(4, 4 + len(covered)))
    assert sum(len(frame[-1]) for frame in heard.frames) < 6_000_000
    cancelled = heard.last("turn.cancelled")
    assert cancelled["heard"]["text"] + cancelled["unheard"]["text"] == "Hello."


async def test_a_client_that_does_not_read_pauses_upstream_and_gets_a_skip_after_a_cancel():
    sock = sockets.socket()
    sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    async with gateway(stream(*LONG)) as (url, upstream):
        host, port = url.removeprefix("http://").split(":")
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        async with connect(stream_url(url), sock=sock, max_size=None, max_queue=1, compression=None) as socket:
            await say(socket, "speak", turn="a", text="Hello.")
            await upstream.asked.wait()
            async with httpx.AsyncClient(trust_env=False) as http:
                for _ in range(50):
                    await http.get(url + "/healthz")
            await say(socket, "turn.cancel", turn="a")
            await upstream.closed.wait()
            heard = await hear(socket, {"turn.cancelled"})
    assert heard.last("skipped")["lost"] is False
    assert heard.last("skipped")["turn"] == "a"
    assert sum(len(frame[-1]) for frame in heard.frames) < 2_000_000


async def test_a_reader_that_takes_nothing_is_aborted(monkeypatch):
    monkeypatch.setattr(reader, "STALLED_S", 0.05)
    sock = sockets.socket()
    sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    sock.setblocking(False)
    async with gateway(stream(*LONG)) as (url, upstream):
        host, port = url.removeprefix("http://").split(":")
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, (host, int(port)))
        async with connect(stream_url(url), sock=sock, max_size=None, max_queue=1, compression=None) as socket:
            await say(socket, "speak", turn="a", text="Hello.")
            await upstream.closed.wait()
            heard = await hear(socket, TERMINALS)
    assert heard.order[-1] not in TERMINALS
    assert socket.close_code == 1006


async def test_audio_as_base64_for_engines_that_cannot_read_binary():
    async with gateway(stream(*SHORT)) as (url, _), client(url, {"framing": "json"}) as socket:
        await say(socket, "speak", turn="a", text="Hello.")
        heard = await hear(socket, TERMINALS)
    audio = [message for message in heard.messages if message["type"] == "audio"]
    assert b"".join(base64.b64decode(message["data"]) for message in audio) == b"".join(SHORT)
    assert heard.frames == []
    assert (audio[0]["turn"], audio[0]["handle"], audio[0]["segment"], audio[0]["position"]) == ("a", 1, 0, 0)


@pytest.mark.parametrize("framing", ["binary", "json"])
async def test_no_message_is_larger_than_agreed(framing):
    hello = {"max_frame_bytes": 4096, "framing": framing}
    async with gateway(stream(*LONG[:4])) as (url, _), client(url, hello) as socket:
        await say(socket, "speak", turn="a", text="Hello.")
        sizes, type_ = [], ""
        while type_ not in TERMINALS:
            message = await socket.recv()
            sizes.append(len(message if isinstance(message, bytes) else message.encode()))
            type_ = "" if isinstance(message, bytes) else json.loads(message)["type"]
    assert 2500 < max(sizes) <= 4096


async def test_lead_holds_audio_back_until_it_is_due():
    second = bytes(48_000)
    hello = {"config": {"audio": {"lead_ms": 100}}}
    async with gateway(stream(second, second)) as (url, _), client(url, hello) as socket:
        await say(socket, "speak", turn="a", text="Hello.")
        await hear(socket, {"segment.started"})
        await say(socket, "ping")
        early = await hear(socket, {"pong"})
        await say(socket, "turn.cancel", turn="a")
        late = await hear(socket, {"turn.cancelled"})
    sent = sum(len(frame[-1]) for frame in early.frames + late.frames)
    assert 0 < sent < 48_000
    assert late.last("turn.cancelled")["sent_ms"] == sent / 48


@pytest.mark.parametrize(
    ("options", "token"),
    [
        ({"additional_headers": {"Authorization": "Bearer canary-secret"}}, None),
        (
            {
                "subprotocols": [
                    "voice-gateway.v1",
                    "bearer." + base64.urlsafe_b64encode(b"canary-secret").decode().rstrip("="),
                ]
            },
            None,
        ),
        ({"subprotocols": ["voice-gateway.v1", "bearer.Y2FuYXJ5LXNlY3JldA"]}, None),
        ({}, "canary-secret"),
    ],
)
async def test_the_secret_opens_by_header_subprotocol_or_hello(options, token):
    async with (
        gateway(stream(*SHORT), secret="canary-secret") as (url, _),
        connect(stream_url(url), **options) as socket,
    ):
        await say(socket, "hello", **({"token": token} if token else {}))
        assert json.loads(await socket.recv())["type"] == "welcome"
        assert socket.subprotocol == ("voice-gateway.v1" if "subprotocols" in options else None)


@pytest.mark.parametrize("token", [None, "wrong", "canary-secre", "canary-secret "])
async def test_without_the_secret_nobody_is_served(token):
    hello = json.dumps({"type": "hello", **({"token": token} if token else {})})
    async with gateway(stream(*SHORT), secret="canary-secret") as (url, upstream):
        error, code = await closing(url, hello)
        _, implicit = await closing(url, '{"type":"speak","turn":"a","text":"Hello."}')
        _, in_url = await closing(url, hello, query="?token=canary-secret")
    assert (error["code"], error["fatal"], error["close_code"], code) == ("unauthorized", True, 4001, 4001)
    assert implicit == in_url == 4001
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("origin", "code"), [("https://evil.example", 4003), ("https://app.example", None), ("own", None), (None, None)]
)
async def test_pages_of_other_origins_are_refused_unless_allowed(origin, code):
    async with gateway(stream(*SHORT), origins=("https://app.example",)) as (url, _):
        options = {"origin": url if origin == "own" else origin} if origin else {}
        if code:
            error, closed = await closing(url, **options)
            assert (error["code"], closed) == ("forbidden", code)
        else:
            async with client(url, **options):
                pass


async def test_a_hello_that_cannot_be_honoured_may_be_said_again():
    async with gateway() as (url, _), client(url, False) as socket:
        await say(socket, "hello", config={"voice": {"speed": 99}}, id="h")
        error = json.loads(await socket.recv())
        assert (error["code"], error["field"], error["re"]) == ("bad_request", "voice.speed", "h")
        await say(socket, "hello")
        assert json.loads(await socket.recv())["type"] == "welcome"


@pytest.mark.parametrize(
    ("hello", "code"), [({"v": 2}, 4004), ({"resume": {"session": "x", "token": "y", "last_seq": 1}}, 4008)]
)
async def test_what_this_version_does_not_speak_closes_with_its_code(hello, code):
    async with gateway() as (url, _):
        error, closed = await closing(url, json.dumps({"type": "hello", **hello}))
    assert (closed, error["close_code"]) == (code, code)


async def test_a_client_that_says_nothing_is_let_go(monkeypatch):
    monkeypatch.setattr(greeting, "HELLO_S", 0.05)
    async with gateway() as (url, _):
        error, code = await closing(url)
    assert (error["code"], code) == ("hello_timeout", 4005)


@pytest.mark.parametrize(
    ("message", "code"),
    [(b"\x00\x01", 1003), ("x" * 70_000, 1009), ([b"\xff\xfe"], 1007)],
    ids=["binary", "huge", "utf8"],
)
async def test_wrong_data_closes_with_its_code(message, code):
    async with gateway() as (url, _), client(url) as socket:
        await socket.send(message, text=True) if isinstance(message, list) else await socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
    assert closed.value.rcvd.code == code


async def test_too_many_messages_close_with_4101():
    async with gateway() as (url, _), client(url) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(3000):
                await socket.send('{"type":"bye"')
            while True:
                await socket.recv()
    assert closed.value.rcvd.code == 4101


async def test_a_bye_closes_with_1000_after_the_turns_have_ended():
    async with gateway(stream(*SHORT), stay=True) as (url, _), client(url) as socket:
        await say(socket, "turn.open", turn="a")
        await say(socket, "bye")
        heard = await hear(socket, set())
    assert heard.order == ["turn.accepted", "turn.cancelled"]
    assert heard.last("turn.cancelled")["reason"] == "session_end"
    assert socket.close_code == 1000


async def test_a_gateway_that_stops_says_so_and_closes_with_4200():
    async with gateway() as (url, _):
        socket = await connect(stream_url(url))
        heard = asyncio.create_task(hear(socket, set()))
        await say(socket, "ping")
    assert (await heard).order[-2:] == ["goaway", "error"]
    assert socket.close_code == 4200


async def test_a_lost_socket_stops_upstream():
    async with gateway(stream(*LONG)[:200_000], stay=True) as (url, upstream):
        async with client(url) as socket:
            await say(socket, "speak", turn="a", text="Hello.")
            await hear(socket, {"segment.started"})
            socket.transport.abort()
        await upstream.closed.wait()


async def test_health_is_told():
    async with gateway() as (url, _), httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(url + "/healthz")).text == "ok\n"
        assert (await http.get(url + "/readyz")).text == "ready\n"
