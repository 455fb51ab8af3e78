"""Captions, marks and heard text beside what really sounds: the test voice says each word as tones of its own."""

import json
import random

import pytest
from websockets.asyncio.client import connect

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import Heard, speak, stream_url
from tests.end_to_end.test_failing_upstreams import load
from tests.tones import ids, number, spoken_words, timed

RATE = 8000
VOICE = {"voice_id": "test_tones"}
PCM = {"codec": "pcm_s16le", "rate": RATE, "lookahead_ms": 120_000}
CONFIG = {"voice": VOICE, "audio": PCM, "captions": "words"}
TEXT = "One two three, four five! 你好吗？ Six seven eight nine ten eleven. The end of it all."
EDGE_MS = 3
"""A burst fades in and out: its edges are found within this."""


def captions(heard: Heard) -> dict[int, list[dict]]:
    """The last list of each segment, put together."""
    lists: dict[int, list[dict]] = {}
    going_on = False
    for message in heard.messages:
        if message["type"] == "captions":
            before = lists[message["segment"]] if going_on else []
            lists[message["segment"]] = before + message["words"]
            going_on = message.get("more", False)
    return lists


def words(heard: Heard) -> list[dict]:
    return [word for _, each in sorted(captions(heard).items()) for word in each]


def assert_on_their_tones(heard: Heard, text: str) -> None:
    sounding = timed(heard.audio, RATE)
    told = words(heard)
    assert [number(spoken_words(word["text"])[0]) for word in told] == [each for each, _, _ in sounding] == ids(text)
    for word, (_, start, end) in zip(told, sounding, strict=True):
        assert abs(word["from_ms"] - start) <= EDGE_MS
        assert abs(word["to_ms"] - end) <= EDGE_MS
        assert text[slice(*word["span"])] == word["text"]


@pytest.mark.parametrize("scheme", ["t2a+http", "t2a+ws", "t2a-classic+ws"])
async def test_words_are_told_where_they_sound_over_every_transport(scheme):
    async with emulating("127.0.0.1", 0) as emulator:
        url = emulator.replace("http", scheme)
        async with running(Settings(port=0, upstream=url, api_key="canary-key")) as gateway:
            heard = await speak(gateway.url, TEXT, config=CONFIG)
    assert_on_their_tones(heard, TEXT)
    assert {message["exact"] for message in heard.messages if message["type"] == "captions"} == {True, False}


async def test_the_first_captions_of_a_segment_stand_right_behind_its_start(gateway):
    order = (await speak(gateway, TEXT, config=CONFIG)).order
    starts = [at for at, kind in enumerate(order) if kind == "segment.started"]
    assert [order[at + 1] for at in starts] == ["captions"] * len(starts)


async def test_a_list_too_long_for_one_message_goes_on_in_the_next(gateway):
    text = "你好吗朋友" * 60
    heard = Heard()
    async with connect(stream_url(gateway), compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "v": 1, "max_frame_bytes": 4096, "config": CONFIG}))
        await socket.send(json.dumps({"type": "speak", "turn": "a", "text": text}))
        async for message in socket:
            assert len(message) <= 4096
            if heard.take(message) == "turn.done":
                break
    assert any(message.get("more") for message in heard.messages)
    assert_on_their_tones(heard, text)


async def test_captions_go_on_after_an_answer_that_broke_off():
    async with emulating("127.0.0.1", 0) as emulator:
        await load(emulator, {"kind": "cut", "at": 9000, "times": 1})
        upstream = emulator.replace("http", "t2a+http")
        async with running(Settings(port=0, upstream=upstream, api_key="canary-key")) as gateway:
            heard = await speak(gateway.url, TEXT, config=CONFIG)
    assert "notice" in heard.order
    assert_on_their_tones(heard, TEXT)


async def test_a_turn_that_fails_says_what_was_heard_by_the_words_that_had_sounded():
    async with emulating("127.0.0.1", 0) as emulator:
        await load(emulator, {"kind": "cut", "at": 12_000, "times": None})
        settings = Settings(port=0, upstream=emulator.replace("http", "t2a+http"), api_key="canary-key")
        async with running(settings) as gateway:
            plain = await speak(gateway.url, TEXT, config={**CONFIG, "captions": "none"})
            heard = await speak(gateway.url, TEXT, config=CONFIG)
    for each in (plain, heard):
        end = each.last("turn.failed")
        assert end["heard"]["text"] + end["unheard"]["text"] == TEXT
        assert abs(
            len(ids(end["heard"]["text"])) - sum(start < end["heard"]["ms"] for _, start, _ in timed(each.audio, RATE))
        ) <= (1 if each is heard else 6)


async def test_a_cached_line_has_its_captions(tmp_path):
    settings = Settings(port=0, upstream="emulator:", cache_bytes=1 << 20, cache_dir=str(tmp_path))
    async with running(settings) as gateway:
        first = await speak(gateway.url, TEXT, config={**CONFIG, "captions": "none"})
        heard = await speak(gateway.url, TEXT, config=CONFIG)
    assert first.last("turn.done")["usage"]["cached_characters"] == 0
    assert heard.last("turn.done")["usage"]["requests"] == 0
    assert_on_their_tones(heard, TEXT)


async def told(url: str, *appends: dict, config=CONFIG) -> Heard:
    heard = Heard()
    async with connect(stream_url(url), compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "v": 1, "config": config}))
        await socket.send(json.dumps({"type": "turn.open", "turn": "a"}))
        for append in appends:
            await socket.send(json.dumps({"type": "turn.append", "turn": "a", **append}))
        await socket.send(json.dumps({"type": "turn.commit", "turn": "a"}))
        async for message in socket:
            if heard.take(message) == "turn.done":
                return heard
    raise AssertionError


async def test_marks_are_told_where_the_next_word_sounds_and_before_it_is_sent(gateway):
    heard = await told(
        gateway,
        {"text": "one two "},
        {"mark": "m"},
        {"text": "three four. five"},
        {"mark": "e"},
        config={**CONFIG, "captions": "none"},
    )
    sounding = timed(heard.audio, RATE)
    marks = {message["name"]: message["at_ms"] for message in heard.messages if message["type"] == "mark"}
    assert abs(marks["m"] - sounding[2][1]) <= EDGE_MS
    assert marks["e"] == heard.last("turn.done")["duration_ms"]


@pytest.mark.parametrize("lead_ms", [None, 0])
async def test_a_mark_comes_before_the_frame_that_holds_its_time(gateway, lead_ms):
    config = {**CONFIG, "audio": {**PCM, "lead_ms": lead_ms}}
    heard = await told(gateway, {"text": "one two three "}, {"mark": "m"}, {"text": "four five six."}, config=config)
    place = heard.order.index("mark")
    before = sum(kind == "frame" for kind in heard.order[:place])
    sent = sum(len(frame[-1]) for frame in heard.frames[:before]) / 2 / RATE * 1000
    assert sent <= heard.last("mark")["at_ms"]


@pytest.mark.parametrize("codec", ["pcm_s16le", "mulaw", "wav", "mp3", "flac"])
async def test_a_pause_is_silence_of_its_length_in_every_codec(gateway, codec):
    rate = RATE if codec == "mulaw" else 24000
    config = {"voice": VOICE, "audio": {"codec": codec, "rate": rate}}
    heard = await told(gateway, {"text": "one"}, {"pause_ms": 700}, {"text": "two."}, config=config)
    done = [message for message in heard.messages if message["type"] == "segment.done"]
    assert [each["segment"] for each in done] == [0, 1, 2]
    assert 700 <= done[1]["duration_ms"] <= 700 + (1152 / 24 if codec == "mp3" else 0)
    assert heard.last("turn.done")["duration_ms"] == pytest.approx(sum(each["duration_ms"] for each in done), abs=2)
    pause = [message for message in heard.messages if message["type"] == "segment.started"][1]
    assert (pause["text"], pause.get("voice_id"), pause.get("language")) == ("", None, None)


def vocabulary(chance: random.Random) -> str:
    syllables = [
        "ka",
        "lo",
        "mi",
        "ne",
        "tu",
        "ra",
        "si",
        "do",
        "**ve**",
        "pa",
        "zu",
        "你",
        "好",
        "שלום",
        "`bi`",
        "(x)",
    ]
    marks = [" ", " ", " ", ", ", ". ", "\n\n", "! ", " — "]
    return "".join(chance.choice(syllables) + chance.choice(marks) for _ in range(chance.randrange(8, 60)))


@pytest.mark.parametrize("seed", range(20))
async def test_heard_ends_within_a_word_of_the_audio_position(gateway, seed):
    chance = random.Random(seed)
    for number_ in range(10):
        text = vocabulary(chance)
        heard = await speak_and_cancel(gateway, text, chance, f"{seed}-{number_}")
        end = [message for message in heard.messages if "heard" in message][-1]
        assert end["heard"]["text"] + end["unheard"]["text"] == text
        assert end["heard"]["span"] + end["unheard"]["span"] == [0, *[len(end["heard"]["text"])] * 2, len(text)]
        begun = sum(start < end["heard"]["ms"] for _, start, _ in timed(heard.audio, RATE))
        assert abs(len(ids(end["heard"]["text"])) - begun) <= 1
        assert end["heard"]["by"] == "client"
        assert end["heard"]["exact"] or "turn.done" not in heard.order


async def speak_and_cancel(url: str, text: str, chance: random.Random, turn: str) -> Heard:
    """Cancelled at a random instant, the place given by the client."""
    heard = Heard()
    async with connect(stream_url(url), compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "v": 1, "config": CONFIG}))
        await socket.send(json.dumps({"type": "speak", "turn": turn, "text": text}))
        frames = chance.randrange(1, 30)
        async for message in socket:
            kind = heard.take(message)
            if kind == "turn.done" or (kind == "frame" and len(heard.frames) == frames):
                break
        played = chance.random() * len(heard.audio) / 2 / RATE * 1000
        await socket.send(json.dumps({"type": "turn.cancel", "turn": turn, "played_ms": played}))
        async for message in socket:
            heard.take(message)
            if "heard" in heard.messages[-1]:
                return heard
    raise AssertionError
