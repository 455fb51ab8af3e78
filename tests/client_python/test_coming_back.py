"""What the client does when its connection is lost, move by move."""

import asyncio
import json
import random

import pytest
from voice_gateway_client import Gap, TurnCancelled, VoiceClient, VoiceError
from voice_gateway_client.errors import may_come_back
from voice_gateway_client.outbox import Outbox
from voice_gateway_client.returning import delay

from tests.client_python.desk import RESUMABLE, Desk, desk, one_after_the_other


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Chance lets nobody wait."""
    monkeypatch.setattr("random.random", lambda: 0.0)


def standing(turn: str, handle: int = 1, **more) -> dict:
    return {"turn": turn, "handle": handle, "track": "main", "state": "active", "received": 2, "position": 0, **more}


async def begun(here: Desk) -> str:
    """A turn's id, on a session that can be resumed."""
    await here.hear("hello")
    await here.say("welcome", **RESUMABLE)
    return (await here.hear("speak"))["turn"]


async def heard(turn) -> bytes:
    return b"".join([frame.data async for frame in turn])


@pytest.mark.parametrize(
    ("code", "attempt", "most"),
    [(None, 0, 0.1), (1006, 0, 0.1), (1006, 1, 2), (1012, 0, 1), (4100, 0, 1), (4101, 3, 8), (4200, 0, 3), (4203, 1, 2),
     (4100, 5, 30), (None, 900, 30)],
)  # fmt: skip
def test_the_wait_is_anywhere_below_what_its_close_code_allows(code, attempt, most):
    assert delay(code, attempt, 0.0) == 0
    assert delay(code, attempt, 1.0) == most


def test_codes_go_by_ranges():
    back = [code for code in (1000, 1002, 1003, 1006, 1009, 1012, 4001, 4007, 4008, 4099, 4100, 4299, 4300)
            if may_come_back(code)]  # fmt: skip
    assert back == [1000, 1006, 1012, 4100, 4299]


def test_what_has_not_arrived_is_sent_again_in_its_order_and_questions_anew():
    outbox = Outbox()
    for text in ("a", "b", "c"):
        outbox.put("turn.append", {"turn": "t", "text": text})
    outbox.put("configure", {"id": "q1", "config": {}})
    outbox.put("turn.commit", {"turn": "t"})
    outbox.arrived(2)
    assert list(outbox.again(4)) == [
        '{"type":"turn.commit","turn":"t","n":5}',
        '{"type":"configure","id":"q1","config":{},"n":6}',
    ]
    outbox.answered("q1")
    outbox.arrived(5)
    assert list(outbox.again(5)) == []


@pytest.mark.parametrize("seed", range(20))
def test_a_session_hears_each_message_once_and_in_order_however_often_it_is_cut(seed):
    chance = random.Random(seed)
    outbox, sent, got, last_n = Outbox(), [], [], 0
    for number in range(40):
        sent.append(outbox.put("turn.append", {"turn": "t", "text": str(number)}))
        on_the_way = [sent[-1]]
        while chance.random() < 0.4:
            on_the_way += outbox.again(last_n)
        for raw in on_the_way[: chance.randrange(len(on_the_way) + 1)]:
            message = json.loads(raw)
            if message["n"] == last_n + 1:
                last_n = message["n"]
                got.append(message["text"])
    got += [json.loads(raw)["text"] for raw in outbox.again(last_n)]
    assert got == [str(number) for number in range(40)]


async def test_a_turn_goes_on_where_it_was_cut_and_who_watches_is_told():
    told = []

    async def first(here: Desk):
        turn = await begun(here)
        await here.say("turn.accepted", seq=1, turn=turn, handle=1, state="active")
        await here.say("turn.started", seq=2, turn=turn, audio={"codec": "pcm_s16le", "rate": 24000, "channels": 1,
                                                                "unit": "samples"})  # fmt: skip
        here.seq = 2
        await here.frame(b"ab")
        here.socket.transport.abort()

    async def second(here: Desk):
        asked = await here.resume("r_2", last_n=1, to_seq=4, turns=[standing("t1")])
        assert asked == {"session": "s_1", "token": "r_1", "last_seq": 3}
        here.seq = 3
        await here.frame(b"cd", position=1)
        await here.done("t1", seq=5)
        await here.hear("ping")
        assert here.heard[-1]["last_seq"] == 5

    watch = {
        "on_reconnecting": lambda error, in_s: told.append((error.code, in_s <= 0.1)),
        "on_resumed": lambda answer: told.append(answer.resume_token),
    }
    async with desk(one_after_the_other(first, second), greet=False) as url, VoiceClient(url, **watch) as client:
        turn = await client.speak("Hi")
        assert await heard(turn) == b"abcd"
        assert (turn.gaps, told) == ([], [("connection_lost", True), "r_2"])


async def test_what_the_gateway_did_not_keep_is_told_as_a_gap():
    async def first(here: Desk):
        turn = await begun(here)
        await here.start(turn)
        await here.frame(b"ab")
        here.socket.transport.abort()

    async def second(here: Desk):
        await here.resume("r_2", last_n=1, to_seq=4, lost=[2, 3], turns=[standing("t1", position=9)])
        await here.say("skipped", seq=2, to_seq=3, lost=True)
        here.seq = 3
        await here.frame(b"cd", position=9)
        await here.done("t1", seq=5, bytes=40)

    lost = []
    watch = {"on_resumed": lambda answer: lost.append(answer.lost)}
    async with desk(one_after_the_other(first, second), greet=False) as url, VoiceClient(url, **watch) as client:
        turn = await client.speak("Hi")
        events = [event async for event in turn.events()][2:]
        assert [getattr(event, "data", event) for event in events] == [b"ab", Gap(1, 8), b"cd", Gap(10, 14)]
        assert (turn.gaps, lost) == ([Gap(1, 8), Gap(10, 14)], [(2, 3)])


async def test_messages_that_did_not_arrive_are_sent_again_and_an_answer_that_was_lost_is_asked_for():
    async def first(here: Desk):
        turn = await begun(here)
        await here.start(turn)
        await here.hear("configure")
        await here.hear("turn.cancel")
        here.socket.transport.abort()

    async def second(here: Desk):
        await here.resume("r_2", last_n=2, turns=[standing("t1")])
        cancel = await here.hear("turn.cancel")
        assert (cancel["n"], cancel["turn"]) == (3, "t1")
        asked = await here.hear("configure")
        assert (asked["n"], asked["config"]) == (4, {"language": "en"})
        await here.cancelled(cancel)
        await here.say("configured", re=asked["id"], config={}, ignored=[], **{"from": "next_turn"})

    async with desk(one_after_the_other(first, second), greet=False) as url, VoiceClient(url) as client:
        turn = await client.speak("Hi")
        await anext(turn.events())
        async with asyncio.TaskGroup() as tasks:
            configured = tasks.create_task(client.configure({"language": "en"}))
            await asyncio.sleep(0)
            cancelled = tasks.create_task(turn.cancel())
        assert configured.result().from_ == "next_turn"
        assert isinstance(cancelled.result(), TurnCancelled)


async def test_a_turn_whose_end_is_not_kept_is_asked_for_it():
    async def first(here: Desk):
        await here.start(await begun(here))
        here.socket.transport.abort()

    async def second(here: Desk):
        await here.resume("r_2", last_n=1, to_seq=2, lost=[1, 2])
        await here.say("skipped", seq=1, to_seq=2, lost=True)
        cancel = await here.hear("turn.cancel")
        await here.done(cancel["turn"], repeated=True)

    async with desk(one_after_the_other(first, second), greet=False) as url, VoiceClient(url) as client:
        assert (await (await client.speak("Hi")).wait()).state == "done"


async def test_a_session_that_is_gone_fails_its_turns_and_another_goes_on_with_the_settings():
    restarted = []

    async def first(here: Desk):
        await begun(here)
        await here.hear("configure")
        await here.say("configured", re=here.heard[-1]["id"], config={}, ignored=[], **{"from": "next_turn"})
        here.socket.transport.abort()

    async def refusing(here: Desk):
        await here.hear("hello")
        await here.say("error", code="resume_refused", message="m", retryable=False, fatal=True, close_code=4008)
        await here.socket.close(4008)

    async def anew(here: Desk):
        hello = await here.hear("hello")
        assert hello["config"] == {"language": "fr", "voice": {"speed": 2}}
        await here.say("welcome", **RESUMABLE)
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn)
        await here.done(turn)

    scripts = one_after_the_other(first, refusing, anew)
    watch = {"on_restarted": restarted.append, "config": {"language": "en", "voice": {"speed": 2}}}
    async with desk(scripts, greet=False) as url, VoiceClient(url, **watch) as client:
        turn = await client.speak("Hi")
        await client.configure({"language": "fr"})
        with pytest.raises(VoiceError) as lost:
            await turn.wait()
        assert (lost.value.code, lost.value.retryable) == ("session_lost", True)
        assert (await (await client.speak("Again")).wait()).state == "done"
        assert len(restarted) == 1


async def test_a_gateway_that_goes_away_ends_its_turns_and_new_ones_wait_for_the_next():
    async def leaving(here: Desk):
        turn = await begun(here)
        await here.say("goaway", reason="drain", in_ms=5000)
        await here.start(turn)
        await here.frame(b"ab")
        await here.done(turn)
        await here.socket.close(4200)

    async def next_one(here: Desk):
        await here.resume("r_2", last_n=1)
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn)
        await here.frame(b"cd")
        await here.done(turn)

    scripts = one_after_the_other(leaving, next_one)
    async with desk(scripts, greet=False) as url, VoiceClient(url) as client:
        assert await heard(await client.speak("One")) == b"ab"
        assert await heard(await client.speak("Two")) == b"cd"


async def test_a_token_is_asked_for_again_before_it_expires_and_when_it_has():
    tokens = iter(["first", "second", "third"])

    async def token() -> str:
        return next(tokens)

    async def first(here: Desk):
        assert here.socket.request.headers["Authorization"] == "Bearer first"
        await here.hear("hello")
        await here.say("welcome", **{**RESUMABLE, "limits": {"token_ms": 50}})
        assert (await here.hear("configure"))["token"] == "second"
        await here.say("error", code="token_expired", message="m", retryable=False, fatal=True, close_code=4002)
        await here.socket.close(4002)

    async def second(here: Desk):
        assert here.socket.request.headers["Authorization"] == "Bearer third"
        await here.resume("r_2")
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn)
        await here.done(turn)

    back = asyncio.Event()
    watch = {"on_resumed": lambda _: back.set(), "token": token}
    async with desk(one_after_the_other(first, second), greet=False) as url, VoiceClient(url, **watch) as client:
        await back.wait()
        assert (await (await client.speak("Hi")).wait()).state == "done"


async def test_a_token_that_could_not_be_had_is_asked_for_again_before_the_old_one_expires():
    asked = []

    def token() -> str:
        asked.append(None)
        if len(asked) in {2, 3}:
            raise OSError
        return f"token {len(asked)}"

    async def script(here: Desk):
        await here.hear("hello")
        await here.say("welcome", **{**RESUMABLE, "limits": {"token_ms": 400}})
        assert (await here.hear("configure"))["token"] == "token 4"
        renewed.set()

    renewed = asyncio.Event()
    async with desk(script, greet=False) as url, VoiceClient(url, token=token):
        await renewed.wait()


async def test_who_is_greeted_and_cut_each_time_comes_back_later_and_later(monkeypatch):
    waits = []
    monkeypatch.setattr("voice_gateway_client.link.delay", lambda _, attempt, __: waits.append(attempt) or 0.0)

    async def greeted(here: Desk):
        await here.hear("hello")
        await here.say("welcome", **RESUMABLE)
        here.socket.transport.abort()

    async def resumed(here: Desk):
        await here.resume("r_2")
        here.socket.transport.abort()

    async def used(here: Desk):
        await here.resume("r_3")
        await here.say("pong", t=1, last_n=0)
        here.socket.transport.abort()

    async def done(here: Desk):
        await here.resume("r_4")
        back.set()

    back = asyncio.Event()
    scripts = one_after_the_other(greeted, resumed, used, done)
    async with desk(scripts, greet=False) as url, VoiceClient(url):
        await back.wait()
    assert waits == [0, 1, 0]


@pytest.mark.parametrize("code", [1009, 4001, 4002, 4007, 4008])
async def test_where_it_may_not_come_back_it_says_so_once_and_for_all(code):
    async def script(here: Desk):
        await begun(here)
        await here.socket.close(code)

    closed = []
    async with desk(script, greet=False) as url, VoiceClient(url, on_closed=closed.append) as client:
        with pytest.raises(VoiceError):
            await (await client.speak("Hi")).wait()
        with pytest.raises(VoiceError):
            await client.speak("More")
        assert client.closed
        assert [(error.code, error.close_code) for error in closed] == [("connection_lost", code)]


async def test_closing_while_the_gateway_is_looked_for_ends_at_once():
    asked = asyncio.Event()

    async def first(here: Desk):
        await begun(here)
        here.socket.transport.abort()

    async def silent(here: Desk):
        await here.hear("hello")
        asked.set()

    async with desk(one_after_the_other(first, silent), greet=False) as url:
        client = VoiceClient(url)
        await client.connect()
        turn = await client.speak("Hi")
        await asked.wait()
        await client.aclose()
        with pytest.raises(VoiceError) as closed:
            await turn.wait()
    assert closed.value.code == "closed"
