"""A session is served wherever its client comes, and goes on where its replica stops."""

import asyncio
import contextlib
import itertools
import json

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gateway.access.rights import Rights
from gateway.access.tokens import Tokens
from gateway.app import running
from gateway.protocol.config import Audio
from gateway.settings import BadSetting, Settings
from tests.audio.decoders import strictly_ms
from tests.connection.stage import hear, numbers, say, stream
from tests.connection.tenant import SECRET
from tests.end_to_end.client import TERMINALS, stream_url
from tests.redis_server import RedisServer
from tests.replicas.stage import pair
from tests.sessions.stage import greeted, last_seq, refusal, resuming, until
from tests.sessions.test_metrics import settled
from tests.upstreams.raw import _request, chunk, final, response, sse

SHORT = [bytes([index]) * 480 for index in range(1, 9)]
AUDIO = b"".join(SHORT)
MANY = [bytes([index]) * 24_000 for index in range(1, 100)]


async def test_a_client_that_comes_to_another_replica_misses_and_repeats_nothing(redis_server):
    async with pair(redis_server, stream(*SHORT)) as (here, there, upstream):
        async with greeted(here.url) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            before = await until(socket, "segment.started")
            socket.transport.abort()
        at = last_seq(before)
        async with greeted(there.url, resume=resuming(welcome, at)) as (socket, resumed):
            after = await hear(socket, TERMINALS)
            await say(socket, "speak", turn="b", text="Hello.", id="x", n=5)
            again = await hear(socket, TERMINALS)
            await say(socket, "ping", t=7)
            pong = await until(socket, "pong")
        assert len(upstream.requests) == 2
    assert (resumed["type"], resumed["from_seq"], "lost" in resumed) == ("resumed", at + 1, False)
    assert numbers(before) + numbers(after) + numbers(again) == list(range(1, last_seq(again) + 1))
    assert before.audio + after.audio == again.audio == AUDIO
    assert again.last("turn.accepted")["re"] == "x"
    assert (pong.last("pong")["t"], pong.last("pong")["last_n"]) == (7, 5)


async def test_who_waits_for_the_store_is_not_taken_for_a_peer_that_does_not_read(redis_server, monkeypatch):
    monkeypatch.setattr("gateway.reader.STALLED_S", 0.05)
    async with pair(redis_server, stream(*SHORT)) as (here, _, _), greeted(here.url) as (socket, _):
        for number in range(20):
            await say(socket, "speak", turn=f"t{number}", text="Hello.")
            await say(socket, "turn.cancel", turn=f"t{number}")
            await say(socket, "ping", t=number)
            assert (await until(socket, "pong")).last("pong")["t"] == number


async def test_an_interruption_reaches_the_replica_that_speaks(redis_server):
    async with pair(redis_server, stream(*MANY)) as (here, there, _):
        async with greeted(here.url, config={"audio": {"lead_ms": 100}}) as (socket, welcome):
            pass
        async with greeted(there.url, resume=resuming(welcome, 0)) as (socket, _):
            await say(socket, "speak", turn="a", text="Hello.")
            before = await until(socket, "segment.started")
            await say(socket, "turn.cancel", turn="a", reason="barge_in")
            after = await hear(socket, TERMINALS)
            await say(socket, "bye")
            rest = await hear(socket, set())
        assert await refusal(here.url, resuming(welcome, 0)) == 4008
    assert after.last("turn.cancelled")["reason"] == "barge_in"
    assert numbers(before) + numbers(after) == list(range(1, last_seq(after) + 1))
    assert len(before.audio + after.audio) < len(b"".join(MANY))
    assert rest.order == []


async def test_what_the_other_replica_refuses_is_refused_here(redis_server):
    async with pair(redis_server, stream(*SHORT)) as (here, there, _), greeted(here.url) as (_, welcome):
        resume = resuming(welcome, 0)
        assert await refusal(there.url, {**resume, "token": "guessed"}) == 4008
        assert await refusal(there.url, {**resume, "last_seq": 9}) == 4008
        assert await refusal(there.url, {**resume, "session": "s_unknown"}) == 4008
        async with greeted(there.url, resume=resume) as (socket, _):
            await say(socket, "speak", turn="a", text="x", colour="red", id="q")
            await say(socket, "turn.commit", turn="unknown")
            refused = await until(socket, "error")
            also = await until(socket, "error")
    assert (refused.last("error")["re"], refused.last("error")["field"]) == ("q", "colour")
    assert also.last("error")["code"] == "unknown_turn"


@pytest.mark.parametrize("framing", ["binary", "json"])
async def test_listeners_hear_a_session_of_another_replica(redis_server, framing):
    async with pair(redis_server, stream(*SHORT)) as (here, there, upstream), greeted(here.url) as (owner, welcome):
        listen = {"session": welcome["session"]}
        async with (
            greeted(there.url, listen=listen, framing=framing) as (first, listening),
            greeted(there.url, listen=listen) as (second, _),
        ):
            await say(owner, "speak", turn="a", text="Hello.")
            mine = await hear(owner, TERMINALS)
            theirs, also = await hear(first, TERMINALS), await hear(second, TERMINALS)
            await settled(here.url, sessions=1, listeners=2)
            await say(first, "speak", turn="b", text="No.")
            error = (await until(first, "error")).last("error")
            await say(owner, "bye")
            await hear(second, set())
        assert len(upstream.requests) == 1
    assert (listening["type"], error["code"]) == ("listening", "bad_request")
    assert also.frames == mine.frames
    assert [each for each in also.messages if "seq" in each] == [each for each in mine.messages if "seq" in each]
    if framing == "json":
        assert {each["turn"] for each in theirs.messages if each["type"] == "audio"} == {"a"}
    else:
        assert theirs.frames == mine.frames


@pytest.mark.parametrize("where", ["its own", "another"])
async def test_listeners_hear_how_a_session_ended(where, redis_server):
    async with pair(redis_server) as (here, there, _), greeted(here.url) as (owner, welcome):
        url = (here if where == "its own" else there).url
        async with greeted(url, listen={"session": welcome["session"]}) as (listener, _), asyncio.timeout(5):
            await say(owner, "turn.open", turn="a")
            await say(owner, "bye")
            heard = await hear(listener, set())
        async with Redis.from_url(redis_server.url) as store:
            left = await store.keys(f"vg:{{{welcome['session']}}}:*")
    assert (heard.order, listener.close_code) == (["turn.accepted", "turn.cancelled"], 1000)
    assert left == [f"vg:{{{welcome['session']}}}:j".encode()]


async def test_what_one_replica_cannot_read_is_the_trouble_of_nobody_else(redis_server):
    async with (
        pair(redis_server, stream(*SHORT)) as (here, there, _),
        Redis.from_url(redis_server.url) as store,
        greeted(here.url) as (owner, welcome),
        greeted(here.url) as (_, other),
        greeted(there.url, listen={"session": other["session"]}),
    ):
        for lease in await store.keys("vg:replica:*"):
            await store.publish(lease.replace(b"replica", b"to"), "{")
        await store.xadd(f"vg:{{{other['session']}}}:j", {"h": "?", "p": ""}, id="1-0")
        async with greeted(there.url, listen={"session": welcome["session"]}) as (listener, listening):
            await say(owner, "speak", turn="a", text="Hello.")
            async with asyncio.timeout(10):
                heard = await hear(listener, TERMINALS)
    assert (listening["type"], heard.audio) == ("listening", AUDIO)


async def test_the_credential_of_a_listener_is_in_no_letter(redis_server):
    token, _ = Tokens(SECRET).mint(Rights(listen=True), 600)
    async with (
        pair(redis_server, secret=SECRET) as (here, there, _),
        greeted(here.url, token=token) as (_, welcome),
        Redis.from_url(redis_server.url) as redis,
        redis.pubsub() as letters,
    ):
        await letters.psubscribe("vg:to:*")
        async with greeted(there.url, listen={"session": welcome["session"], "token": token}) as (_, listening):
            pass
        read = [letter async for letter in _until_gone(letters)]
    assert listening["type"] == "listening"
    assert read
    assert not [letter for letter in read if token.encode() in letter]


async def _until_gone(letters):
    async for message in letters.listen():
        if message["type"] == "pmessage":
            yield message["data"]
            if b'"kind":"gone"' in message["data"]:
                return


async def test_a_session_goes_on_where_its_replica_stops(redis_server):
    async with pair(redis_server, stream(*SHORT)) as (here, there, upstream):
        async with greeted(here.url, config={"language": "de"}) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hallo.", n=1)
            before = await hear(socket, TERMINALS)
            await here.stop()
            told = await hear(socket, set())
        assert told.last("error")["code"] == "draining"
        async with greeted(there.url, resume=resuming(welcome, last_seq(before))) as (socket, resumed):
            await say(socket, "speak", turn="a", text="Hallo.")
            await say(socket, "speak", turn="b", text="Hallo.")
            after = await hear(socket, {"turn.cancelled", "turn.failed"} | {"turn.done"})
            again = await hear(socket, TERMINALS)
        assert len(upstream.requests) == 2
    assert (resumed["config"]["language"], resumed["last_n"], resumed["turns"]) == ("de", 1, [])
    repeated = before.last("turn.done") | {"repeated": True}
    del repeated["seq"]
    assert after.last("turn.done") == repeated
    assert numbers(again) == list(range(last_seq(before) + 1, last_seq(again) + 1))
    assert again.audio == AUDIO


async def test_a_session_is_taken_over_once_by_however_many_it_is_resumed(redis_server, caplog):
    async with pair(redis_server, stream(*SHORT)) as (here, there, _), Redis.from_url(redis_server.url) as store:
        async with greeted(here.url) as (_, welcome):
            await here.stop()
        unknown = resuming(welcome, 0) | {"session": "s_unknown"}
        await asyncio.gather(*(refusal(there.url, unknown) for _ in range(5)))  # connections to the store are there
        async with opened(there.url) as first, opened(there.url) as second:
            for socket in (first, second):
                await say(socket, "hello", resume=resuming(welcome, 0))
            answers = [json.loads(await socket.recv())["type"] for socket in (first, second)]
            fence = await store.hget(f"vg:{{{welcome['session']}}}:s", "fence")
            told = [await _heard_to_its_end(socket) for socket in (first, second)]
    assert (answers, fence) == (["resumed", "resumed"], b"2")
    assert sorted(told) == ["taken_over", "turn.done"]
    assert "a session broke" not in caplog.text


async def test_a_session_that_may_not_live_where_it_was_taken_over_is_given_back(redis_server):
    token, _ = Tokens(SECRET).mint(Rights(sessions=1), 600)
    async with pair(redis_server, secret=SECRET) as (here, there, _), Redis.from_url(redis_server.url) as store:
        async with greeted(here.url, token=token) as (_, welcome):
            await here.stop()
        async with greeted(there.url, token=token), opened(there.url) as socket:
            await say(socket, "hello", token=token, resume=resuming(welcome, 0))
            refused = json.loads(await socket.recv())
            await hear(socket, set())
            async with asyncio.timeout(5):
                while await store.hget(f"vg:{{{welcome['session']}}}:s", "owner"):
                    await asyncio.sleep(0)
    assert refused["code"] == "quota_exceeded"


async def test_a_session_whose_record_cannot_be_told_again_is_given_back(redis_server):
    async with pair(redis_server) as (here, there, _), Redis.from_url(redis_server.url) as store:
        async with greeted(here.url) as (_, welcome):
            await here.stop()
        record = f"vg:{{{welcome['session']}}}:s"
        await store.hset(record, "rest", "{}")
        assert await refusal(there.url, resuming(welcome, 0)) == 4008
        assert await store.hmget(record, "fence", "owner") == [b"2", b""]


def opened(url):
    return connect(stream_url(url), max_size=None, compression=None)


async def _heard_to_its_end(socket):
    """A turn's end; where another connection has taken the session over, that."""
    with contextlib.suppress(ConnectionClosed):
        await say(socket, "speak", turn="a", text="Hello.")
    told = (await hear(socket, {*TERMINALS, "error"})).messages[-1]
    return told.get("code", told["type"])


async def test_a_turn_that_is_open_goes_on_where_its_replica_stops(redis_server):
    async with pair(redis_server, stream(*SHORT), drain_s=3.0) as (here, there, upstream):
        async with greeted(here.url) as (socket, welcome):
            await say(socket, "turn.open", turn="a")
            await say(socket, "turn.append", turn="a", text="Hello **ther", n=1)
            await say(socket, "ping", t=1)
            before = await until(socket, "pong")
            await here.stop()
            told = await hear(socket, set())
        assert {"turn.cancelled", "turn.failed"}.isdisjoint(told.order)
        async with greeted(there.url, resume=resuming(welcome, last_seq(before))) as (socket, resumed):
            await say(socket, "turn.append", turn="a", text="e**.", n=2)
            await say(socket, "turn.commit", turn="a", n=3)
            after = await hear(socket, TERMINALS)
        assert upstream.body()["text"] == "Hello there."
    [standing] = resumed["turns"]
    assert (standing["turn"], standing["received"], resumed["last_n"]) == ("a", 12, 1)
    assert after.audio == AUDIO
    assert after.last("segment.started")["span"] == [0, 16]


async def test_who_comes_while_a_session_is_given_back_is_resumed(redis_server, monkeypatch):
    """A page is under way to a store that is slow: what gives the session back goes behind it."""
    monkeypatch.setattr("gateway.store.ANSWER_S", 10.0)
    async with pair(redis_server) as (here, there, _), greeted(here.url) as (socket, welcome):

        async def moved() -> str:
            await hear(socket, set())
            async with greeted(there.url, resume=resuming(welcome, 0)) as (_, answer):
                return answer["type"], answer.get("code")

        async with Redis.from_url(redis_server.url) as store:
            slow = asyncio.create_task(store.eval("for _ = 1, 2e7 do end", 0))
            await say(socket, "configure", config={"language": "de"})
            moving = asyncio.create_task(moved())
            await here.stop()
            assert await moving == ("resumed", None)
            await slow


async def test_a_replica_whose_connections_are_gone_is_not_waited_for(redis_server):
    async with pair(redis_server) as (here, there, _), greeted(here.url) as (_, welcome):
        await own(redis_server, welcome["session"])
        async with greeted(there.url, resume=resuming(welcome, 0)) as (_, resumed):
            assert resumed["type"] == "resumed"


async def test_a_replica_that_stands_still_is_waited_for_until_its_lease_has_run_out(redis_server, monkeypatch):
    monkeypatch.setattr("gateway.relay.ANSWER_S", 3600)
    async with (
        pair(redis_server) as (here, there, _),
        greeted(here.url) as (_, welcome),
        standing_still(redis_server, welcome["session"], lease_ms=300),
        greeted(there.url, resume=resuming(welcome, 0)) as (_, resumed),
    ):
        assert resumed["type"] == "resumed"


async def test_who_took_a_turn_over_settles_and_books_it_and_who_had_it_does_not(redis_server):
    """The rest came in while the replica stood still: it goes on from there before it learns that it has lost."""
    rest = asyncio.Event()
    whole = response(sse(*map(chunk, SHORT), final(b"")))

    async def upstream(reader, writer):
        if await _request(reader):
            writer.write(whole[: len(whole) // 2])
            await writer.drain()
            await rest.wait()
            writer.write(whole[len(whole) // 2 :])
        writer.close()

    token, _ = Tokens(SECRET).mint(Rights(tenant="acme", day_characters=1000), 600)
    async with (
        await asyncio.start_server(upstream, "127.0.0.1", 0) as server,
        Redis.from_url(redis_server.url) as redis,
    ):
        await redis.flushall()
        url = f"t2a+http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        given = Settings(port=0, upstream=url, api_key="canary-key", secret=SECRET, store=redis_server.url)
        async with running(given) as here, running(given) as there:
            async with greeted(here.url, token=token) as (socket, welcome):
                await say(socket, "speak", turn="a", text="Hello.")
                before = await until(socket, "segment.started")
                key = f"vg:{{{welcome['session']}}}:s"
                await redis.hset(key, "owner", "")
                await redis.hincrby(key, "fence", 1)
                rest.set()
                await hear(socket, set())
            async with greeted(there.url, token=token, resume=resuming(welcome, last_seq(before))) as (socket, _):
                billed = (await hear(socket, TERMINALS)).last("turn.done")["usage"]["billed_characters"]
        counted = [int(await redis.get(name)) async for name in redis.scan_iter("vg:{quotas}:count:*")]
        turns, booked, *_ = map(int, (await redis.hget("vg:{usage}:tenant", "acme")).split())
    assert (turns, booked, counted) == (1, billed, [billed])


async def test_a_replica_that_stands_still_keeps_its_sessions_while_its_lease_lasts(redis_server, monkeypatch):
    monkeypatch.setattr("gateway.relay.PATIENCE_S", 0.6)
    monkeypatch.setattr("gateway.relay.ANSWER_S", 0.1)
    async with (
        pair(redis_server) as (here, there, _),
        greeted(here.url) as (_, welcome),
        standing_still(redis_server, welcome["session"], lease_ms=60_000),
    ):
        assert await refusal(there.url, resuming(welcome, 0)) == 4100


PACED = {"config": {"audio": {"lead_ms": 100}}}


async def test_a_replica_that_drains_leaves_a_session_to_the_one_that_has_it(redis_server):
    async with pair(redis_server, stream(*MANY[:4]), drain_s=15.0) as (here, there, upstream):
        async with greeted(here.url, **PACED) as (_, welcome):
            pass
        async with greeted(there.url, resume=resuming(welcome, 0)) as (socket, resumed):
            await say(socket, "speak", turn="a", text="Hello.")
            before = await until(socket, "segment.started")
            there.leave()
            after = await hear(socket, set())
        at = max(last_seq(before), last_seq(after))
        async with greeted(here.url, resume=resuming(resumed, at)) as (socket, again):
            await say(socket, "speak", turn="b", text="Hello.", n=9)
            more = await hear(socket, TERMINALS)
        assert len(upstream.requests) == 2
    assert before.audio + after.audio == more.audio == b"".join(MANY[:4])
    assert [kind for kind in after.order if kind in {"goaway", *TERMINALS, "error"}] == ["goaway", "turn.done", "error"]
    assert (after.last("error")["close_code"], again["type"]) == (4200, "resumed")


async def test_a_store_that_stands_still_makes_nobody_give_a_session_up():
    with RedisServer() as redis:
        async with pair(redis, stream(*MANY[:6])) as (here, there, upstream):
            async with greeted(here.url, **PACED) as (_, welcome):
                pass
            async with greeted(there.url, resume=resuming(welcome, 0)) as (socket, resumed):
                await say(socket, "speak", turn="a", text="Hello.")
                before = await until(socket, "segment.started")
                redis.freeze()
                await say(socket, "ping", t=1)
                heard = await until(socket, "nothing more")
                redis.thaw()
            at = max(last_seq(before), last_seq(heard))
            async with greeted(there.url, resume=resuming(resumed, at)) as (socket, _):
                rest = await hear(socket, TERMINALS)
            assert len(upstream.requests) == 1
    assert before.audio + heard.audio + rest.audio == b"".join(MANY[:6])


@pytest.mark.parametrize("journal_bytes", [64 << 20, 0])
async def test_what_the_journal_has_forgotten_of_a_turn_is_not_said_again(journal_bytes, redis_server):
    async with pair(redis_server, stream(*MANY[:8]), journal_bytes=journal_bytes, drain_s=0.5) as (here, there, _):
        async with greeted(here.url, **PACED) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            before = await until(socket, "segment.started")
            while len(before.audio) < 120_000:
                before.take(await socket.recv())
            socket.transport.abort()
        await here.stop()
        async with greeted(there.url, resume=resuming(welcome, last_seq(before))) as (socket, _):
            after = await hear(socket, TERMINALS)
    assert before.audio + after.audio == b"".join(MANY[:8])


@contextlib.asynccontextmanager
async def standing_still(server, session, lease_ms):
    """A replica that has the session, hears and does not answer."""
    async with Redis.from_url(server.url) as redis, redis.pubsub() as letters:
        await letters.subscribe("vg:to:ghost")
        await letters.get_message(timeout=5)
        await own(server, session, px=lease_ms)
        yield


async def own(server, session, **lease):
    """Have the store say that another replica has the session, with a lease of its own."""
    async with Redis.from_url(server.url) as redis:
        await redis.hset(f"vg:{{{session}}}:s", "owner", "ghost")
        await redis.set("vg:replica:ghost", "1", **lease)


async def test_a_store_that_is_not_there_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr("gateway.journal.ledger.PATIENCE_S", 0.0)
    with pytest.raises(BadSetting, match="VOICE_GATEWAY_STORE names a Redis that does not answer"):
        async with running(Settings(port=0, upstream="emulator:", store="redis://127.0.0.1:9/0")):
            pass


async def test_without_the_store_what_is_spoken_is_heard_and_nothing_new_is_taken():
    with RedisServer() as redis:
        async with pair(redis, stream(*SHORT)) as (here, _, _), greeted(here.url) as (socket, _):
            await say(socket, "speak", turn="a", text="Hello.")
            before = await until(socket, "segment.started")
            redis.kill()
            after = await hear(socket, TERMINALS)
            async with connect(stream_url(here.url), compression=None) as other:
                await say(other, "hello")
                refused = json.loads(await other.recv())
            await say(socket, "speak", turn="b", text="Hello.", id="q")
            error = (await until(socket, "error")).last("error")
    assert before.audio + after.audio == AUDIO
    assert (error["code"], error["re"], error["turn"], error["retryable"]) == ("store_unavailable", "q", "b", True)
    assert (refused["code"], refused["close_code"]) == ("store_unavailable", 4102)


async def test_who_hears_by_way_of_another_replica_is_let_go_where_the_store_has_lost_the_session(redis_server):
    async with pair(redis_server, stream(*SHORT)) as (here, there, _):
        async with greeted(here.url) as (_, welcome):
            pass
        async with greeted(there.url, resume=resuming(welcome, 0)) as (socket, answer), asyncio.timeout(10):
            await lost(redis_server, welcome["session"])
            await say(socket, "configure", config={"language": "de"})
            told = await hear(socket, set())
        assert (told.last("error")["code"], socket.close_code) == ("store_unavailable", 4102)
        async with asyncio.timeout(10):
            while (code := await refusal(there.url, resuming(answer, 0))) == 4102:
                continue  # until its own replica has seen to the record
        async with greeted(here.url, resume=resuming(answer, 0)) as (socket, resumed):
            await say(socket, "speak", turn="a", text="Hello.")
            heard = await hear(socket, TERMINALS)
    assert (code, resumed["config"]["language"], heard.audio) == (4008, "de", AUDIO)


async def lost(server, session):
    """Have the store come back without what it was told last."""
    async with Redis.from_url(server.url) as redis:
        await redis.hset(f"vg:{{{session}}}:s", "batch", -1)


MADE = {
    "packets": ({"codec": "opus"}, "turn.done"),
    "exact frames": ({"frame_ms": 20}, "turn.done"),
    "one file": ({"codec": "ogg_opus", "file": "turn"}, "turn.done"),
    "files": ({"codec": "ogg_opus"}, "turn.done"),
    "one file that leaves at its end": ({"codec": "wav", "file": "turn"}, "turn.failed"),
}


@pytest.mark.parametrize("more", ["And again.", ""])
@pytest.mark.parametrize("form", MADE)
async def test_what_is_made_here_goes_on_there_but_for_one_file_that_tells_its_length_first(form, more, redis_server):
    audio, end = MADE[form]
    async with pair(redis_server, stream(*SHORT), drain_s=0.5) as (here, there, _):
        async with greeted(here.url, config={"audio": audio}) as (socket, welcome):
            await say(socket, "turn.open", turn="a")
            await say(socket, "turn.append", turn="a", text="Hello. ")
            await say(socket, "turn.flush", turn="a")
            before = await until(socket, "turn.flushed")
            await here.stop()
            told = await hear(socket, set())
        assert set(TERMINALS).isdisjoint(told.order)
        async with greeted(there.url, resume=resuming(welcome, last_seq(before))) as (socket, _):
            if more:
                await say(socket, "turn.append", turn="a", text=more)
            await say(socket, "turn.commit", turn="a")
            after = await hear(socket, TERMINALS)
    assert after.order[-1] == end
    frames = before.frames + after.frames
    if end == "turn.failed":
        assert after.messages[-1]["error"]["code"] == "upstream_unavailable"
    elif audio.get("codec") == "ogg_opus":
        check_files(audio, frames, after.messages[-1], segments=1 + bool(more))
    else:
        positions = [frame[5] for frame in frames]
        assert positions == [480 * number for number in range(len(positions))]
        assert len(positions) in ((8, 9, 10) if more else (4, 5))


def check_files(audio, frames, done, segments):
    """Each opens, and is as long as what was said, but for what the replica that is gone had not given out."""
    each_ms, payloads = len(AUDIO) / 48, [frame[-1] for frame in frames]
    assert [frame[5] for frame in frames] == list(itertools.accumulate(map(len, payloads), initial=0))[:-1]
    if audio.get("file") == "turn":
        assert strictly_ms(Audio(**audio), payloads) == pytest.approx(segments * each_ms, abs=30)
        assert done["file"]["duration_secs"] == pytest.approx(segments * each_ms / 1000, abs=0.03)
        return
    assert {frame[2] for frame in frames} == {*range(segments)}
    for segment in range(segments):
        file = [frame[-1] for frame in frames if frame[2] == segment]
        assert strictly_ms(Audio(**audio), file) == pytest.approx(each_ms)
