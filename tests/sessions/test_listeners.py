"""Any number hear one session."""

import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.connection.stage import gateway, hear, numbers, say, stream
from tests.end_to_end.client import TERMINALS, stream_url
from tests.sessions.stage import greeted, last_seq, until

SHORT = [bytes([index]) * 480 for index in range(1, 9)]
BEGUN = stream(*[bytes([index]) * 4800 for index in range(20)])[:60_000]


async def test_a_listener_hears_what_the_owner_hears():
    async with gateway(stream(*SHORT)) as (url, upstream), greeted(url) as (owner, welcome):
        listen = {"session": welcome["session"], "from": "now"}
        async with greeted(url, listen=listen) as (listener, listening):
            await say(owner, "speak", turn="a", text="Hello.")
            mine, theirs = await hear(owner, TERMINALS), await hear(listener, TERMINALS)
        assert len(upstream.requests) == 1
    assert (mine.order, mine.messages, mine.frames) == (theirs.order, theirs.messages, theirs.frames)
    assert (listening["type"], listening["from_seq"], listening["to_seq"], listening["turns"]) == (
        "listening",
        1,
        0,
        [],
    )


@pytest.mark.parametrize("framing", ["binary", "json"])
async def test_who_comes_late_begins_at_the_running_turns_start_though_all_of_it_has_arrived(framing):
    async with gateway(BEGUN, stay=True) as (url, _), greeted(url) as (owner, welcome):
        await say(owner, "speak", turn="a", text="Hello.")
        mine = await until(owner, "frame")
        await say(owner, "ping", last_seq=last_seq(mine))
        await until(owner, "pong")
        listen = {"session": welcome["session"], "from": "turn"}
        async with greeted(url, listen=listen, framing=framing) as (listener, listening):
            theirs = await until(listener, "segment.started")
            await say(owner, "bye")
            theirs_after = await hear(listener, set())
    assert listening["turns"] == [
        {"turn": "a", "handle": 1, "track": "main", "state": "active", "received": 6, "position": 0, "segment": 0}
        | {"audio": {"codec": "pcm_s16le", "rate": 24000, "channels": 1, "unit": "samples"}}
    ]
    assert numbers(theirs) + numbers(theirs_after) == list(range(2, last_seq(theirs_after) + 1))
    assert theirs_after.order[-1] == "turn.cancelled"
    assert listener.close_code == 1000


async def test_who_comes_late_and_wants_the_present_is_told_where_the_turn_is():
    async with gateway(BEGUN, stay=True) as (url, _), greeted(url) as (owner, welcome):
        await say(owner, "speak", turn="a", text="Hello.")
        await until(owner, "segment.started")
        async with greeted(url, listen={"session": welcome["session"]}) as (_, listening):
            [turn] = listening["turns"]
        await say(owner, "bye")
        heard = await hear(owner, set())
    before = [frame for frame in heard.frames if frame[4] < listening["from_seq"]]
    assert turn["position"] == sum(len(frame[-1]) for frame in before) // 2


async def test_a_listener_may_ask_for_nothing():
    async with (
        gateway() as (url, _),
        greeted(url) as (_, welcome),
        greeted(url, listen={"session": welcome["session"]}) as (listener, _),
    ):
        await say(listener, "speak", turn="a", text="Hello.", id="x")
        assert (await until(listener, "error")).last("error")["re"] == "x"
        await say(listener, "ping", t=1)
        assert (await until(listener, "pong")).last("pong")["t"] == 1
        await say(listener, "bye")
        await hear(listener, set())
    assert listener.close_code == 1000


async def test_a_listener_that_leaves_does_not_end_the_session():
    async with gateway(stream(*SHORT)) as (url, _), greeted(url) as (owner, welcome):
        async with greeted(url, listen={"session": welcome["session"]}):
            pass
        await say(owner, "speak", turn="a", text="Hello.")
        heard = await hear(owner, TERMINALS)
    assert heard.audio == b"".join(SHORT)


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ({"listen": {"session": "s_unknown"}, "token": "canary-secret"}, 4008),
        ({"listen": {"session": "s_unknown"}}, 4001),
    ],
)
async def test_who_may_not_listen_is_refused(hello, code):
    async with gateway(secret="canary-secret") as (url, _), connect(stream_url(url), compression=None) as socket:
        await say(socket, "hello", **hello)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
    assert closed.value.rcvd.code == code


async def test_the_secret_may_stand_where_a_listener_says_whom_it_hears():
    async with gateway(secret="canary-secret") as (url, _), greeted(url, token="canary-secret") as (_, welcome):
        listen = {"session": welcome["session"], "token": "canary-secret"}
        async with greeted(url, listen=listen) as (_, listening):
            assert listening["type"] == "listening"


@pytest.mark.parametrize("listen", [{}, {"session": "s", "from": "then"}, {"session": "s", "from_": "turn"}])
async def test_a_malformed_wish_to_listen_names_its_field(listen):
    async with gateway() as (url, _), connect(stream_url(url), compression=None) as socket:
        await say(socket, "hello", listen=listen)
        assert json.loads(await socket.recv())["field"].startswith("listen.")
