import asyncio

import pytest
from voice_gateway_client import SegmentDone, TurnCancelled, TurnDone, VoiceClient, VoiceError

from gateway.say import Saying
from tests.client_python.desk import USAGE, Desk, desk


async def heard(turn) -> bytes:
    return b"".join([frame.data async for frame in turn])


async def test_a_turn_is_heard_in_order_and_ends_with_its_result():
    async def script(here: Desk):
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn)
        await here.frame(b"ab")
        await here.say("segment.done", turn=turn, segment=0, bytes=4, duration_ms=1, trace_id="x")
        await here.frame(b"cd", position=1)
        await here.done(turn)

    async with desk(script) as url, VoiceClient(url) as client:
        turn = await client.speak("Hi")
        events = [event async for event in turn.events()]
        assert [type(event).__name__ for event in events] == [
            "TurnAccepted", "TurnStarted", "AudioFrame", "SegmentDone", "AudioFrame",
        ]  # fmt: skip
        assert events[3] == SegmentDone(turn.id, 0, 4, 1, "x")
        assert turn.audio.rate == 24000
        assert isinstance(turn.result, TurnDone)


@pytest.mark.parametrize("asynchronous", [True, False])
async def test_text_in_pieces_is_sent_whole_and_committed(asynchronous):
    pieces = ["Wait ", "for", "", " it. " * 2000]

    async def later():
        for piece in pieces:
            yield piece

    async def script(here: Desk):
        turn = (await here.hear("turn.open"))["turn"]
        await here.hear("turn.commit")
        texts = [message["text"] for message in here.heard if message["type"] == "turn.append"]
        assert "".join(texts) == "".join(pieces)
        assert max(map(len, texts)) <= 4000
        await here.start(turn)
        await here.done(turn)

    async with desk(script) as url, VoiceClient(url) as client:
        turn = await client.speak(later() if asynchronous else (piece for piece in pieces))
        assert (await turn.wait()).state == "done"


async def test_what_the_source_raises_is_raised_and_the_turn_withdrawn():
    withdrawn = asyncio.Event()

    async def source():
        yield "Half a"
        raise LookupError("the model broke")

    async def script(here: Desk):
        turn = (await here.hear("turn.open"))["turn"]
        await here.accept(turn)
        await here.cancelled(await here.hear("turn.cancel"))
        withdrawn.set()

    async with desk(script) as url, VoiceClient(url) as client:
        with pytest.raises(LookupError):
            await heard(await client.speak(source()))
        await withdrawn.wait()


async def test_cancelling_ends_the_frames_and_closes_the_source():
    closed = asyncio.Event()

    async def source():
        try:
            yield "One"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def script(here: Desk):
        turn = (await here.hear("turn.append"))["turn"]
        await here.start(turn)
        await here.frame(b"ab")
        cancel = await here.hear("turn.cancel")
        assert (cancel["turn"], cancel["played_ms"]) == (turn, 40)
        await here.frame(b"late")
        await here.cancelled(cancel)

    async with desk(script) as url, VoiceClient(url) as client:
        turn = await client.speak(source())
        assert (await anext(turn)).data == b"ab"
        result = await turn.cancel(played_ms=40)
        assert isinstance(result, TurnCancelled)
        assert await heard(turn) == b""
        await closed.wait()


async def test_without_patience_a_socket_lost_in_mid_turn_is_an_error_that_may_be_retried():
    async def script(here: Desk):
        await here.start((await here.hear("speak"))["turn"])
        await here.frame(b"ab")
        here.socket.transport.abort()

    async with desk(script) as url, VoiceClient(url, patience_s=0) as client:
        turn = await client.speak("Hi")
        assert (await anext(turn)).data == b"ab"
        with pytest.raises(VoiceError) as lost:
            await heard(turn)
        assert (lost.value.code, lost.value.retryable) == ("connection_lost", True)
        with pytest.raises(VoiceError):
            await client.speak("More")


@pytest.mark.parametrize(("code", "retryable"), [(4001, False), (4200, True), (1009, False)])
async def test_a_close_code_says_whether_to_come_back(code, retryable):
    async def script(here: Desk):
        await here.hear("speak")
        await here.socket.close(code)

    async with desk(script) as url, VoiceClient(url) as client:
        with pytest.raises(VoiceError) as lost:
            await (await client.speak("Hi")).wait()
        assert lost.value.retryable is retryable


async def test_a_fatal_error_is_the_reason_of_the_close_after_it():
    async def script(here: Desk):
        await here.hear("speak")
        await here.say("error", code="draining", message="m", retryable=True, fatal=True, close_code=4200)
        await here.socket.close(4200)

    async with desk(script) as url, VoiceClient(url) as client:
        with pytest.raises(VoiceError) as lost:
            await (await client.speak("Hi")).wait()
        assert (lost.value.code, lost.value.retryable) == ("draining", True)


async def test_a_failed_turn_raises_after_its_audio_and_the_client_lives_on():
    async def script(here: Desk):
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn)
        await here.frame(b"ab")
        part = {"span": [0, 2], "text": "Hi"}
        error = {"code": "upstream_timeout", "message": "m", "retryable": True}
        await here.say(
            "turn.failed", turn=turn, error=error, heard=part, unheard=part, sent_ms=0, usage=USAGE
        )  # fmt: skip
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn, 2)
        await here.done(turn)

    async with desk(script) as url, VoiceClient(url) as client:
        turn = await client.speak("Hi")
        assert (await anext(turn)).data == b"ab"
        with pytest.raises(VoiceError) as failed:
            await anext(turn)
        assert (failed.value.code, turn.result.state) == ("upstream_timeout", "failed")
        assert (await (await client.speak("Hi")).wait()).state == "done"


async def test_a_refused_turn_raises_where_it_is_heard_and_a_refused_text_withdraws_it():
    async def script(here: Desk):
        turn = (await here.hear("speak"))["turn"]
        await here.say("error", code="bad_request", message="m", field="voice", retryable=False, turn=turn)
        turn = (await here.hear("turn.append"))["turn"]
        await here.accept(turn)
        await here.say("error", code="text_too_long", message="m", field="text", retryable=False, turn=turn)
        assert (await here.hear("turn.cancel"))["turn"] == turn

    async with desk(script) as url, VoiceClient(url) as client:
        with pytest.raises(VoiceError) as refused:
            await heard(await client.speak("Hi", voice="x"))
        assert (refused.value.code, refused.value.field) == ("bad_request", "voice")
        turn = await client.open()
        await turn.append("too much")
        with pytest.raises(VoiceError) as refused:
            await turn.wait()
        assert refused.value.code == "text_too_long"


async def test_settings_are_answered_or_refused():
    async def script(here: Desk):
        asked = await here.hear("configure")
        fields = {"config": asked["config"], "from": "next_turn", "ignored": []}
        await here.say("configured", re=asked["id"], **fields)
        asked = await here.hear("configure")
        await here.say("error", re=asked["id"], code="bad_request", message="m", field="voice.speed", retryable=False)

    async with desk(script) as url, VoiceClient(url) as client:
        assert (await client.configure({"language": "en"})).from_ == "next_turn"
        with pytest.raises(VoiceError) as refused:
            await client.configure({"voice": {"speed": 9}})
        assert refused.value.field == "voice.speed"


async def test_a_slow_consumer_slows_the_gateway_and_not_its_own_memory():
    limit, frames = 64_000, 1000
    stuck = asyncio.Event()

    async def script(here: Desk):
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn)
        for _ in range(frames):
            if here.socket.transport.get_write_buffer_size() > 0:
                stuck.set()
            await here.frame(bytes(20_000))
        await here.done(turn)

    async with desk(script) as url, VoiceClient(url, buffer=limit) as client:
        turn = await client.speak("Hi")
        await stuck.wait()
        most = 0
        async for _ in turn:
            frames -= 1
            most = max(most, client._room.held)
        assert frames == 0
        assert most < limit + 20_100


async def test_turns_are_heard_at_the_same_time():
    async def script(here: Desk):
        first, second = (await here.hear("speak"))["turn"], (await here.hear("speak"))["turn"]
        await here.start(first, 1)
        await here.accept(second, 2)
        await here.frame(b"ab", 1)
        await here.done(first)
        await here.say(
            "turn.started", turn=second, handle=2, audio={"codec": "mp3", "rate": 1, "channels": 1, "unit": "bytes"}
        )
        await here.frame(b"cd", 2)
        await here.done(second)

    async with desk(script) as url, VoiceClient(url) as client:
        turns = [await client.speak("One"), await client.speak("Two")]
        assert await asyncio.gather(*map(heard, turns)) == [b"ab", b"cd"]


@pytest.mark.parametrize("nonsense", ['{"type":"turn.flushed"}', b"\1\2", "no json"])
async def test_nonsense_ends_the_connection_with_an_error(nonsense):
    async def script(here: Desk):
        await here.hear("speak")
        await here.socket.send(nonsense)

    async with desk(script) as url, VoiceClient(url) as client:
        with pytest.raises(VoiceError) as broken:
            await (await client.speak("Hi")).wait()
        assert broken.value.code == "bad_answer"


async def test_a_hello_may_be_refused():
    async def script(here: Desk):
        assert (await here.hear("hello"))["config"] == {"voice": {"speed": 9}}
        assert here.socket.request.headers["Authorization"] == "Bearer secret"
        await here.say("error", code="bad_request", message="m", field="voice.speed", retryable=False)

    async with desk(script, greet=False) as url:
        with pytest.raises(VoiceError) as refused:
            await VoiceClient(url, token="secret", config={"voice": {"speed": 9}}).connect()
        assert refused.value.field == "voice.speed"


async def test_nobody_there_is_an_error_that_may_be_retried():
    async with desk(lambda _: asyncio.sleep(0)) as url:
        pass
    with pytest.raises(VoiceError) as refused:
        await VoiceClient(url).connect()
    assert (refused.value.code, refused.value.retryable) == ("cannot_connect", True)


async def test_closing_ends_what_runs_and_what_is_too_large_is_refused_here():
    async def script(here: Desk):
        await here.hear("bye")

    async with desk(script) as url:
        async with VoiceClient(url) as client:
            with pytest.raises(VoiceError) as refused:
                await client.speak("x" * 70_000)
            assert refused.value.code == "text_too_long"
            turn = await client.speak("Hi")
        with pytest.raises(VoiceError) as closed:
            await heard(turn)
        assert closed.value.code == "closed"


async def test_say_cancels_its_turn_when_it_is_interrupted():
    began = asyncio.Event()

    class Written:
        codec = "pcm_s16le"

        def write(self, data, audio):
            began.set()

        def close(self): ...

    async def script(here: Desk):
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn)
        await here.frame(b"ab")
        cancel = await here.hear("turn.cancel")
        assert cancel["turn"] == turn
        await here.cancelled(cancel)

    async with desk(script) as url, VoiceClient(url) as client:
        turn = await client.speak("Hi")
        hearing = asyncio.create_task(Saying(Written(), play=False).hear(turn))
        await began.wait()
        hearing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hearing
        assert turn.result.state == "cancelled"
