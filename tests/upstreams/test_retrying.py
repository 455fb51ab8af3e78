import asyncio
import math
from dataclasses import replace

import pytest

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished, Format, Retried, Word, Words
from gateway.upstreams.governed import Governed, NotAsked
from gateway.upstreams.governor import Limits
from gateway.upstreams.retrying import Attempts, Retrying, jittered
from gateway.upstreams.t2a.codes import refusal
from tests.audio.sounds import mp3

from .raw import REQUEST, Ear, sound, spoken
from .scripted import Scripted, Step

DONE = Finished("t", 12)
LOST = UpstreamError("upstream_unavailable")
RATE = UpstreamError("upstream_rate_limited", upstream_code=1002)
WORDS = bytes(index % 251 for index in range(4800))
KEY_REFUSED = UpstreamError("upstream_auth", upstream_code=2049)
AGAIN = Retried("upstream_unavailable", "again")


def retrying(*scripts: list[Step]) -> tuple[Retrying, Scripted]:
    inner = Scripted(*scripts)
    return Retrying(inner, pause=lambda _: 0), inner


async def test_an_answer_is_passed_on():
    upstream, _ = retrying([Audio(WORDS, cached=True), DONE])
    events = await spoken(upstream)
    assert (sound(events), events[0], events[-1]) == (WORDS, Audio(WORDS[:-480], cached=True, samples=2160), DONE)


async def test_what_was_lost_is_asked_again_and_goes_on_where_it_was():
    upstream, inner = retrying([Audio(WORDS[:2001]), LOST], [Audio(WORDS[:9]), RATE], [Audio(WORDS), DONE])
    events = await spoken(upstream)
    assert (sound(events), events[-1], len(inner.asked)) == (WORDS, DONE, 3)
    assert [event for event in events if isinstance(event, Retried)] == [
        AGAIN,
        Retried("upstream_rate_limited", "again"),
    ]


async def test_an_answer_without_its_end_is_lost():
    upstream, inner = retrying([Audio(WORDS)], [Audio(WORDS), DONE])
    assert sound(await spoken(upstream)) == WORDS
    assert len(inner.asked) == 2


async def test_three_failures_are_enough():
    upstream, inner = retrying([LOST])
    with pytest.raises(UpstreamError) as error:
        await spoken(upstream)
    assert (error.value.code, len(inner.asked)) == ("upstream_unavailable", 3)


@pytest.mark.parametrize("code", [1004, 1008, 1026, 1042, 2013, 2042, 2054, 2056])
async def test_a_permanent_code_is_final(code: int):
    upstream, inner = retrying([refusal(code, "", None)])
    with pytest.raises(UpstreamError) as error:
        await spoken(upstream)
    assert (error.value.upstream_code, len(inner.asked)) == (code, 1)


async def test_what_was_not_even_asked_is_not_asked_again():
    inner = Scripted([KEY_REFUSED], [Audio(WORDS), DONE])
    upstream = Retrying(Governed([(inner, Limits(math.inf, math.inf))]), pause=lambda _: 0)
    for _ in range(2):
        with pytest.raises(UpstreamError) as error:
            await spoken(upstream)
        assert error.value.code == "upstream_auth"
    assert len(inner.asked) == 1
    assert Attempts(REQUEST).after(NotAsked("upstream_unavailable"), resumable=True) is None


async def test_lost_mp3_goes_on_where_it_was_too():
    whole = mp3(tags=True)
    upstream, inner = retrying([Audio(whole[:2001]), LOST], [Audio(whole), DONE])
    events = await spoken(upstream, replace(REQUEST, format=Format("mp3", 24000, 1, 64000)))
    assert (sound(events), events[-1], len(inner.asked)) == (mp3(), DONE, 2)


async def test_words_said_before_a_break_stay_and_the_others_move_with_their_sound():
    """The second attempt pauses later: it goes on 50 ms behind where it was broken off."""
    loud, pause, rest = bytes(b"\x00\x40" * 4800), bytes(9600), bytes(b"\x00\x20" * 4800)
    first = (Word("a", 0, 150), Word("b", 240, 300))
    second = (Word("a", 0, 160), Word("b", 290, 350))
    upstream, _ = retrying(
        [Words(first), Audio(loud + pause[:2400]), LOST],
        [Words(second), Audio(bytes(b"\x00\x40" * 6600) + pause + rest), DONE],
    )
    events = await spoken(upstream)
    told = [event.words for event in events if isinstance(event, Words)]
    assert told[0] == first
    assert told[-1][0] == first[0]
    shift = len(sound(events)) / 48 - len(bytes(13200) + pause + rest) / 48
    assert told[-1][1] == Word("b", pytest.approx(290 + shift), pytest.approx(350 + shift))
    assert shift < 0


async def test_a_begun_flac_is_final():
    upstream, inner = retrying([LOST], [Audio(b"x"), LOST], [Audio(b"x"), DONE])
    with pytest.raises(UpstreamError):
        await spoken(upstream, replace(REQUEST, format=Format("flac", 24000, 1, 0)))
    assert len(inner.asked) == 2


async def test_each_failure_is_logged_with_upstreams_code_and_trace(caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    upstream, _ = retrying([refusal(1002, "secret words", "trace-1")], [Audio(WORDS), DONE])
    await spoken(upstream)
    assert caplog.messages == ["« upstream_rate_limited, code 1002, trace 'trace-1'"]


def test_a_refused_emotion_is_left_out_once():
    happy = replace(REQUEST, voice=replace(REQUEST.voice, emotion="happy"))
    attempts = Attempts(happy)
    refused = refusal(2013, "this model does not support emotion setting", None)
    assert attempts.after(refused, resumable=True) == Retried("invalid_parameter", "without_emotion")
    assert attempts.request == REQUEST
    assert attempts.after(refused, resumable=True) is None
    assert Attempts(REQUEST).after(refused, resumable=True) is None


def test_the_pause_grows_up_to_a_second():
    assert all(0.1 <= jittered(1) <= 0.2 and 0.2 <= jittered(2) <= 0.4 and 0.5 <= jittered(9) <= 1 for _ in range(99))


async def test_cancelling_and_closing_reach_what_is_inside():
    upstream, inner = retrying([Audio(WORDS), asyncio.Event()])
    async with Ear(upstream) as ear:
        await ear.next()
        assert inner.running == 1
    await upstream.aclose()
    assert (inner.running, inner.closed) == (0, True)
