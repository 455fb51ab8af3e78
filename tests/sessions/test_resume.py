"""A session outlives its connection."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.connection.stage import gateway, hear, numbers, say, stream
from tests.end_to_end.client import TERMINALS, stream_url
from tests.sessions.stage import greeted, last_seq, refusal, resuming, until

SHORT = [bytes([index]) * 480 for index in range(1, 9)]
LONG = [bytes([index % 255]) * 30_000 for index in range(200)]


async def test_a_client_that_comes_back_hears_the_rest_and_nothing_twice():
    async with gateway(stream(*SHORT)) as (url, upstream):
        async with greeted(url) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            before = await until(socket, "segment.started")
            socket.transport.abort()
        at = last_seq(before)
        async with greeted(url, resume=resuming(welcome, at)) as (socket, resumed):
            after = await hear(socket, TERMINALS)
        assert len(upstream.requests) == 1
    assert (resumed["type"], resumed["from_seq"], "lost" in resumed) == ("resumed", at + 1, False)
    assert numbers(before) + numbers(after) == list(range(1, last_seq(after) + 1))
    assert before.audio + after.audio == b"".join(SHORT)
    assert after.last("turn.done")["bytes"] == len(b"".join(SHORT))


async def test_a_token_is_good_once_and_until_its_successor_is_used():
    async with gateway() as (url, _):
        async with greeted(url) as (_, welcome):
            pass
        first = resuming(welcome, 0)
        async with greeted(url, resume=first) as (_, again):
            pass
        async with greeted(url, resume=first) as (_, once_more):  # the answer was cut
            pass
        assert await refusal(url, resuming(again, 0)) == 4008
        async with greeted(url, resume=resuming(once_more, 0)) as (_, latest):
            pass
        assert await refusal(url, first) == 4008
        assert len({welcome["resume_token"], again["resume_token"], latest["resume_token"]}) == 3


async def test_a_token_of_another_session_opens_nothing():
    async with gateway() as (url, _), greeted(url) as (_, mine), greeted(url) as (_, other):
        assert await refusal(url, {**resuming(mine, 0), "token": other["resume_token"]}) == 4008
        assert await refusal(url, {**resuming(mine, 0), "session": "s_unknown"}) == 4008
        assert await refusal(url, resuming(mine, 1)) == 4008


async def test_a_second_socket_takes_the_session_over():
    async with (
        gateway(stream(*SHORT)) as (url, _),
        greeted(url) as (first, welcome),
        greeted(url, resume=resuming(welcome, 0)) as (second, _),
    ):
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await first.recv()
        await say(second, "speak", turn="a", text="Hello.")
        heard = await hear(second, TERMINALS)
    assert closed.value.rcvd.code == 4007
    assert heard.audio == b"".join(SHORT)


async def test_a_bye_ends_the_session_at_once():
    async with gateway() as (url, _):
        async with greeted(url) as (socket, welcome):
            await say(socket, "bye")
            await hear(socket, set())
        assert await refusal(url, resuming(welcome, 0)) == 4008


async def test_a_session_that_nobody_comes_back_to_ends_after_its_window():
    async with gateway(stream(*LONG)[:200_000], stay=True, resume_window_ms=50) as (url, upstream):
        async with greeted(url) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            await until(socket, "segment.started")
            socket.transport.abort()
        await upstream.closed.wait()
        assert await refusal(url, resuming(welcome, 0)) == 4008


async def test_without_a_window_a_session_ends_with_its_connection():
    async with gateway(stream(*LONG)[:200_000], stay=True, resume_window_ms=0) as (url, upstream):
        async with greeted(url) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            await until(socket, "segment.started")
            socket.transport.abort()
        await upstream.closed.wait()
    assert not {"resume_token", "resume_window_ms"} & set(welcome)


async def test_when_too_many_wait_the_one_that_waited_longest_ends():
    async with gateway(detached_sessions=1) as (url, _):
        answers = []
        for _ in range(2):
            async with greeted(url) as (_, welcome):
                answers.append(welcome)
        assert await refusal(url, resuming(answers[0], 0)) == 4008
        async with greeted(url, resume=resuming(answers[1], 0)) as (_, resumed):
            assert resumed["type"] == "resumed"


async def test_what_the_client_says_has_arrived_is_lost_to_who_comes_back_from_before():
    async with gateway(stream(*SHORT)) as (url, _):
        async with greeted(url) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            heard = await hear(socket, TERMINALS)
            end = last_seq(heard)
            await say(socket, "ping", last_seq=end - 1)
            await until(socket, "pong")
            socket.transport.abort()
        async with greeted(url, resume=resuming(welcome, 2)) as (socket, resumed):
            after = await hear(socket, TERMINALS)
    assert resumed["lost"] == [3, end - 1]
    assert after.messages[0] == {"type": "skipped", "seq": 3, "to_seq": end - 1, "lost": True}
    assert after.order == ["skipped", "turn.done"]


async def test_turns_go_on_while_nobody_hears():
    async with gateway(stream(*SHORT)) as (url, upstream):
        async with greeted(url) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            await say(socket, "speak", turn="b", text="Hello again.")
            await until(socket, "turn.accepted")
            socket.transport.abort()
        while len(upstream.requests) < 2:
            await asyncio.sleep(0)
        async with greeted(url, resume=resuming(welcome, 0)) as (socket, _):
            heard = await hear(socket, TERMINALS)
            heard = await hear(socket, TERMINALS)
    assert heard.last("turn.done")["turn"] == "b"


async def test_upstream_is_paused_when_half_a_minute_waits_and_goes_on_when_the_client_is_back():
    async with gateway(stream(*LONG)) as (url, _):
        async with greeted(url) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            before = await until(socket, "segment.started")
            socket.transport.abort()
        seen = [0, 1]
        while seen[-1] != seen[-2]:
            for _ in range(10):
                async with greeted(url, listen={"session": welcome["session"]}) as (_, listening):
                    pass
            seen.append(listening["to_seq"])
        async with greeted(url, resume=resuming(welcome, last_seq(before))) as (socket, resumed):
            after = await hear(socket, TERMINALS)
    waited = sum(len(frame[-1]) for frame in before.frames + after.frames if frame[4] <= resumed["to_seq"]) / 48
    assert 30_000 < waited < 40_000
    assert before.audio + after.audio == b"".join(LONG)


async def test_messages_are_counted_across_connections():
    async with gateway() as (url, _):
        async with greeted(url) as (socket, welcome):
            await say(socket, "turn.open", turn="a", n=1)
            await say(socket, "turn.append", turn="a", text="Hello", n=2)
            await say(socket, "ping", n=3)
            await until(socket, "pong")
        async with greeted(url, resume=resuming(welcome, 1)) as (socket, resumed):
            await say(socket, "turn.append", turn="a", text="Hello", n=2)
            await say(socket, "turn.append", turn="a", text=" you.", n=4)
            await say(socket, "turn.cancel", turn="a", n=5)
            heard = await until(socket, "turn.cancelled")
    assert resumed["last_n"] == 3
    assert [(turn["turn"], turn["received"]) for turn in resumed["turns"]] == [("a", 5)]
    assert heard.last("turn.cancelled")["unheard"]["text"] == "Hello you."


async def test_a_hello_that_resumes_brings_no_settings_and_takes_messages_as_large_as_they_are():
    async with gateway() as (url, _), greeted(url) as (_, welcome):
        async with connect(stream_url(url), compression=None) as socket:
            await say(socket, "hello", resume=resuming(welcome, 0), config={})
            assert json.loads(await socket.recv())["field"] == "config"
            await say(socket, "hello", resume=resuming(welcome, 0), max_frame_bytes=4096)
            assert json.loads(await socket.recv())["close_code"] == 4000
        async with greeted(url, resume=resuming(welcome, 0), framing="json") as (_, resumed):
            assert resumed["limits"]["max_frame_bytes"] == 32_768


async def test_heard_text_counts_what_arrived_after_the_cut():
    hello = {"config": {"audio": {"rate": 24000}}}
    async with gateway(stream(*SHORT)) as (url, _):
        async with greeted(url, **hello) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            before = await until(socket, "segment.started")
            socket.transport.abort()
        async with greeted(url, resume=resuming(welcome, last_seq(before))) as (socket, _):
            await hear(socket, TERMINALS)
            await say(socket, "turn.cancel", turn="a", played_ms=10_000)
            again = await until(socket, "turn.done")
    done = again.last("turn.done")
    assert done["repeated"]
    assert done.get("heard", {"ms": 80})["ms"] == 80


async def test_who_comes_back_to_a_paced_turn_hears_it_to_its_end():
    """What waits for the client to catch up goes on when one look at the socket was enough for that."""
    hello = {"config": {"audio": {"rate": 8000, "lead_ms": 100}}}
    async with gateway(stream(*(bytes([index]) * 1600 for index in range(8)))) as (url, _):
        async with greeted(url, **hello) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            before = await until(socket, "frame")
            socket.transport.abort()
        async with asyncio.timeout(10), greeted(url, resume=resuming(welcome, 0)) as (socket, _):
            after = await hear(socket, TERMINALS)
    assert before.frames == after.frames[: len(before.frames)]
    assert after.last("turn.done")["bytes"] == len(after.audio) == 8 * 1600


async def test_what_is_lost_keeps_no_turn_waiting():
    async with gateway(stream(*LONG[:7]), journal_bytes=0) as (url, upstream):
        async with greeted(url, config={"audio": {"lookahead_ms": 500}}) as (socket, welcome):
            await say(socket, "turn.open", turn="a")
            await say(socket, "turn.append", turn="a", text="Hello there. ")
            await say(socket, "turn.flush", turn="a")
            await say(socket, "turn.append", turn="a", text="And again.")
            await say(socket, "turn.commit", turn="a")
            before = await until(socket, "segment.started")
            await upstream.closed.wait()
            socket.transport.abort()
        async with greeted(url, resume=resuming(welcome, last_seq(before))) as (socket, resumed):
            async with asyncio.timeout(20):
                after = await hear(socket, TERMINALS)
        assert len(upstream.requests) == 2
    assert "lost" in resumed
    assert after.order[-1] == "turn.done"
