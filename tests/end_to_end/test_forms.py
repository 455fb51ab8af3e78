"""Every form that is offered, from text to a decoder that shares nothing with its encoder: each word whole, none lost.

The test voice says each word as tones of its own.
"""

import base64
import json
from itertools import groupby

import pytest
from websockets.asyncio.client import connect

from gateway.audio.formats import CODECS
from gateway.protocol.config import Audio
from tests.audio.decoders import sound, strictly_ms
from tests.audio.meter import lufs
from tests.audio.sounds import tone
from tests.connection import stage
from tests.connection.stage import numbers
from tests.end_to_end.client import TERMINALS, Heard, speak, stream_url
from tests.tones import heard as words_in
from tests.tones import ids, timed
from tests.upstreams.raw import chunk, refusing, response, sse

VOICE = {"voice_id": "test_tones"}
TEXT = "Alpha bravo, charlie. Delta echo."
BITRATES = {"mp3": 64000, "opus": 32000, "ogg_opus": 32000}
UNHURRIED = {"lookahead_ms": 120_000}
LATE_MS = {"mp3": 250, "opus": 27}
"""Longer than the sound: what encoder and decoder of mp3 put around it; what fills up the last packet."""


async def spoken(socket, audio: dict, number: int, text: str = TEXT) -> Heard:
    heard = Heard()
    await socket.send(json.dumps({"type": "speak", "turn": str(number), "text": text, "audio": audio}))
    async for message in socket:
        if heard.take(message) in TERMINALS:
            return heard
    raise AssertionError


def files(heard: Heard, audio: Audio) -> list[list[bytes]]:
    """The payloads of each file, or of the one stream."""
    if audio.file == "turn" or heard.frames[0][0] == 1:
        return [[frame[-1] for frame in heard.frames]]
    return [[frame[-1] for frame in frames] for _, frames in groupby(heard.frames, key=lambda frame: frame[2])]


@pytest.mark.parametrize("codec", CODECS)
async def test_every_rate_and_channel_decodes_to_every_word_and_the_right_length(codec: str, gateway):
    served = CODECS[codec]
    chosen = [
        {"codec": codec, "rate": rate, "channels": channels, "bitrate": BITRATES.get(codec, 128000), **UNHURRIED}
        for rate in served.rates
        for channels in served.channels
    ]
    async with connect(stream_url(gateway), max_size=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "v": 1, "config": {"voice": VOICE}}))
        await socket.recv()
        for number, audio in enumerate(chosen):
            audio["file"] = served.files[number // 2 % len(served.files)]
            heard = await spoken(socket, audio, number)
            form = Audio(**audio)
            sounds = [sound(form, payloads) for payloads in files(heard, form)]
            assert [word for pcm, rate in sounds for word in words_in(pcm, rate)] == ids(TEXT), audio
            length_ms = sum(len(pcm) / 2 / rate * 1000 for pcm, rate in sounds)
            strict_ms = sum(strictly_ms(form, payloads) for payloads in files(heard, form))
            for decoded_ms in (length_ms, strict_ms):
                assert -2 < decoded_ms - heard.last("turn.done")["duration_ms"] <= LATE_MS.get(codec, 2), audio
            assert heard.last("turn.done")["bytes"] == len(heard.audio)


async def test_packets_are_twenty_milliseconds_each_and_their_positions_without_a_gap(gateway):
    heard = await speak(gateway, TEXT, config={"profile": "discord.voice", "voice": VOICE})
    assert [frame[5] for frame in heard.frames] == [480 * number for number in range(len(heard.frames))]
    assert {packet_ms(frame[-1]) for frame in heard.frames} == {20}
    assert heard.last("turn.started")["audio"] == {
        "codec": "opus", "rate": 24000, "channels": 1, "unit": "samples", "bitrate": 32000, "frame_ms": 20,
    }  # fmt: skip
    length_ms = heard.last("turn.done")["duration_ms"]
    assert len(heard.frames) == -(-(length_ms + 6.5) // 20)


def packet_ms(packet: bytes) -> float:
    """RFC 6716 §3.1: the configuration stands in the first five bits; SILK, hybrid, CELT."""
    configuration, code = packet[0] >> 3, packet[0] & 3
    each = [10, 20, 40, 60] * 3 + [10, 20] * 2 + [2.5, 5, 10, 20] * 4
    return each[configuration] * (1 if code == 0 else 2 if code < 3 else packet[1] & 63)


@pytest.mark.parametrize(("profile", "size", "samples"), [("godot", 1920, 960), ("telephony", 160, 160)])
async def test_frames_are_exact_to_the_last_one(profile: str, size: int, samples: int, gateway):
    heard = await speak(gateway, TEXT, config={"profile": profile, "voice": VOICE})
    assert {len(frame[-1]) for frame in heard.frames} == {size}
    assert [frame[5] for frame in heard.frames] == [samples * number for number in range(len(heard.frames))]


@pytest.mark.parametrize("profile", ["discord.voice_message", "telegram.voice"])
async def test_a_voice_message_is_one_file_and_what_a_bot_has_to_say_of_it(profile: str, gateway):
    heard = await speak(gateway, TEXT, config={"profile": profile, "voice": VOICE, "captions": "words"})
    pcm, rate = sound(Audio(codec="ogg_opus", file="turn"), [frame[-1] for frame in heard.frames])
    assert words_in(pcm, rate) == ids(TEXT)
    done = heard.last("turn.done")
    told = done["file"]
    assert told["mime"] == "audio/ogg"
    assert abs(told["duration_secs"] - len(pcm) / 2 / rate) < 0.001
    assert 0 < len(base64.b64decode(told["waveform"])) <= 256
    assert {frame[0] for frame in heard.frames} == {2}
    assert sum(message["duration_ms"] for message in heard.messages if message["type"] == "segment.done") in {
        done["duration_ms"], done["duration_ms"] - 1, done["duration_ms"] + 1,
    }  # fmt: skip


@pytest.mark.parametrize("audio", [{"codec": "opus"}, {"codec": "ogg_opus", "file": "turn"}, {"frame_ms": 40}])
async def test_words_are_told_where_they_sound_also_when_payloads_are_cut_across_segments(audio: dict, gateway):
    text = "Alpha bravo. Charlie delta. Echo foxtrot. Golf hotel. India juliet kilo."
    async with connect(stream_url(gateway), max_size=None, compression=None) as socket:
        config = {"voice": VOICE, "captions": "words", "audio": {**audio, "rate": 8000}}
        await socket.send(json.dumps({"type": "hello", "v": 1, "config": config}))
        await socket.send(json.dumps({"type": "turn.open", "turn": "a"}))
        for sentence in text.split(". "):
            await socket.send(json.dumps({"type": "turn.append", "turn": "a", "text": sentence + ". "}))
            await socket.send(json.dumps({"type": "turn.flush", "turn": "a"}))
        await socket.send(json.dumps({"type": "turn.commit", "turn": "a"}))
        heard = Heard()
        async for message in socket:
            if heard.take(message) in TERMINALS:
                break
    exact = {m["segment"]: m["words"] for m in heard.messages if m["type"] == "captions" and m["exact"]}
    told = [word for _, words in sorted(exact.items()) for word in words]
    pcm, rate = sound(Audio(**audio, rate=8000), [frame[-1] for frame in heard.frames])
    sounding = timed(pcm, rate)
    assert len(told) == len(sounding) == 11
    for word, (_, start, end) in zip(told, sounding, strict=True):
        assert abs(word["from_ms"] - start) <= 8
        assert abs(word["to_ms"] - end) <= 8


@pytest.mark.parametrize("codec", ["opus", "ogg_opus", "wav"])
async def test_of_a_turn_that_fails_what_came_is_delivered_and_a_file_is_whole(codec: str):
    file = "segment" if codec == "opus" else "turn"
    pcm = tone(24000, seconds=1.234)
    pieces = [pcm[at : at + 4800] for at in range(0, len(pcm), 4800)]
    async with stage.gateway(response(sse(*map(chunk, pieces), refusing(1026)))) as (url, _):
        heard = await speak(url, "Hello.", config={"audio": {"codec": codec, "file": file}})
    assert heard.messages[-1]["error"]["code"] == "content_filtered"
    decoded, rate = sound(Audio(codec=codec, file=file), [frame[-1] for frame in heard.frames])
    assert -11 < len(decoded) / 2 / rate * 1000 - 1234 < 27  # what a retry would be joined to is kept back


VOICES = (
    *("English_Graceful_Lady", "English_expressive_narrator", "Wise_Woman", "Deep_Voice_Man", "French_MaleNarrator"),
    *("Japanese_KindLady", "female-shaonv", "male-qn-qingse", "Friendly_Person", "Calm_Woman"),
)
VOLUMES = (0.35, 0.4, 0.5, 0.7, 1.0, 1.3, 1.6, 2.0, 3.0, 5.0)


async def test_ten_voices_of_any_loudness_are_heard_within_one_unit_of_each_other(gateway):
    """What a voice said before tells how loud it is."""
    learnt, after = [], []
    for voice_id, vol in zip(VOICES, VOLUMES, strict=True):
        config = {"language": "es", "voice": {"voice_id": voice_id, "vol": vol}, "audio": {"loudness": -20}}
        first = await speak(gateway, "Hacía buen tiempo, y por eso salimos a pasear por la orilla.", config=config)
        second = await speak(gateway, "Nadie le había dicho al viejo capitán que zarpaba su barco.", config=config)
        learnt.append(lufs(first.audio, 24000))
        after.append(lufs(second.audio, 24000))
    assert max(learnt) - min(learnt) > 10
    assert max(after) - min(after) < 1
    assert abs(sum(after) / len(after) + 20) < 1


@pytest.mark.parametrize("audio", [{"codec": "opus"}, {"codec": "ogg_opus", "file": "turn"}, {"loudness": -20}])
async def test_after_a_cancel_nothing_comes_of_what_was_being_made(audio: dict, gateway):
    async with connect(stream_url(gateway), max_size=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "v": 1, "config": {"voice": VOICE, "audio": audio}}))
        heard = Heard()
        for turn in ("a", "b"):
            await socket.send(json.dumps({"type": "speak", "turn": turn, "text": "Alpha bravo charlie. " * 40}))
            async for message in socket:
                if heard.take(message) == "frame":
                    break
            await socket.send(json.dumps({"type": "turn.cancel", "turn": turn}))
            async for message in socket:
                if heard.take(message) in TERMINALS:
                    break
        await socket.send(json.dumps({"type": "speak", "turn": "c", "text": TEXT}))
        async for message in socket:
            if heard.take(message) == "turn.done":
                break
    assert numbers(heard) == list(range(1, numbers(heard)[-1] + 1))
    ends = {m["turn"]: m["seq"] for m in heard.messages if m["type"] in TERMINALS}
    assert all(frame[4] < ends["abc"[frame[3] - 1]] for frame in heard.frames)
    form = Audio(**audio)
    pcm, rate = sound(form, [frame[-1] for frame in heard.frames if frame[3] == 3])
    assert words_in(pcm, rate) == ids(TEXT)


async def test_a_voice_that_upstream_modifies_in_mp3_only_is_heard_in_what_is_made_here(gateway):
    voice = {**VOICE, "voice_modify": {"pitch": 10}}
    heard = await speak(gateway, TEXT, config={"profile": "discord.voice", "voice": voice})
    pcm, rate = sound(Audio(codec="opus"), [frame[-1] for frame in heard.frames])
    assert words_in(pcm, rate) == ids(TEXT)
