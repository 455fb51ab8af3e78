"""The client and `say` against the real gateway with its emulator."""

import asyncio
import contextlib
import io
import os
import re
import wave

import pytest
from voice_gateway_client import SyncVoiceClient, TurnCancelled, VoiceClient, VoiceError
from voice_gateway_client.portions import turns

from gateway.cli import main
from tests.client_python.packets import decoded


async def test_tokens_are_spoken_gapless(gateway):
    async def tokens():
        for token in ("Hel", "lo. ", "你", "好。"):
            yield token

    async with VoiceClient(gateway) as client:
        turn = await client.speak(tokens())
        frames = [frame async for frame in turn]
        assert [frame.position for frame in frames] == [
            sum(len(frame.data) for frame in frames[:count]) // 2 for count in range(len(frames))
        ]
        assert turn.result.bytes == sum(len(frame.data) for frame in frames)


async def test_cancelling_tells_what_was_not_heard(gateway):
    async with VoiceClient(gateway, config={"audio": {"lead_ms": 100}}) as client:
        turn = await client.speak("This sentence will be interrupted long before its end.")
        await anext(turn)
        result = await turn.cancel(played_ms=0, reason="barge_in")
        assert isinstance(result, TurnCancelled)
        assert (result.reason, result.heard.text) == ("barge_in", "")


async def test_what_was_heard_is_told_behind_the_last_byte_too(gateway):
    config = {"voice": {"voice_id": "test_tones"}, "captions": "words", "lip": True}
    async with VoiceClient(gateway, config=config) as client:
        turn = await client.speak("One two three four five.")
        async for _ in turn:
            pass
        played_ms = turn.words.all[2].from_ms + 30
        assert (turn.words.at(played_ms).text, turn.mouth.at(played_ms).level > 0.2) == ("three", True)
        result = await turn.cancel(played_ms=played_ms)
        assert (result.heard.text, result.unheard.text, result.heard.exact) == ("One two three", " four five.", True)


def test_without_async_it_is_the_same(gateway):
    with SyncVoiceClient(gateway) as client:
        turn = client.speak(iter(["Two ", "pieces."]))
        assert sum(len(frame.data) for frame in turn) == turn.result.bytes
        assert client.configure({"voice": {"speed": 1.5}}).config["voice"]["speed"] == 1.5
        with pytest.raises(VoiceError):
            list(client.speak("Hi.", voice="no_such_voice"))
    with pytest.raises(VoiceError):
        client.speak("Closed.")


def say(gateway, *arguments) -> int:
    return main(["say", "--url", gateway, *map(str, arguments)])


def test_say_writes_a_wav_with_true_sizes(gateway, tmp_path, capsys):
    file = tmp_path / "hello.wav"
    assert say(gateway, "Hello. 你好。", "-o", file, "--speed", "1.2", "--language", "en") == 0
    with wave.open(str(file)) as sound:
        assert sound.getnframes() * 2 + 44 == file.stat().st_size
        assert sound.getnframes() > 0
    assert "s of audio in 2 segments" in capsys.readouterr().err


def test_say_writes_mp3_ogg_and_raw(gateway, tmp_path):
    assert say(gateway, "Hello.", "-o", tmp_path / "a.ogg", "--voice", "test_tones") == 0
    assert decoded((tmp_path / "a.ogg").read_bytes())[0] > 0
    assert say(gateway, "Hello.", "-o", tmp_path / "a.mp3") == 0
    assert (tmp_path / "a.mp3").read_bytes()[0] == 0xFF
    assert say(gateway, "Hello.", "-o", tmp_path / "a.raw") == 0
    assert (tmp_path / "a.raw").stat().st_size % 2 == 0


@pytest.mark.parametrize(
    ("name", "cue"),
    [("a.srt", r"2\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\nThen another one\.\n"),
     ("a.vtt", r"\n00:00:0\d\.\d{3} --> 00:00:0\d\.\d{3}\nThen another one\.\n")],
)  # fmt: skip
def test_say_writes_captions_beside_the_sound(gateway, tmp_path, name, cue):
    arguments = ["First a sentence. Then another one.", "-o", tmp_path / "a.wav", "--voice", "test_tones"]
    assert say(gateway, *arguments, "--captions", tmp_path / name) == 0
    assert re.search(cue, (tmp_path / name).read_text())


def test_say_speaks_a_pipe_to_standard_output(gateway, monkeypatch, capfdbinary):
    reading, writing = os.pipe()
    os.write(writing, "Line one.\n第二行。\n".encode())
    os.close(writing)
    monkeypatch.setattr("gateway.say.INPUT", reading)
    assert say(gateway, "-", "-o", "-") == 0
    os.close(reading)
    with wave.open(io.BytesIO(capfdbinary.readouterr().out)) as sound:
        assert sound.getnframes() > 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["Hi", "-o", "x.flac"], 2, ".wav, .mp3, .pcm, .raw"),
        (["Hi", "-o", "x.mp3", "--play"], 2, "--play goes with"),
        (["Hi", "-o", "x.wav", "--captions", "x.txt"], 2, ".srt, .vtt"),
        (["Hi", "-o", "no/such/folder/x.wav"], 2, "No such file"),
        (["Hi", "-o", "x.wav", "--speed", "9"], 2, "voice.speed"),
        (["Hi", "-o", "x.wav", "--voice", "no_such_voice"], 1, "no such voice"),
        (["…", "-o", "x.wav"], 2, "nothing to speak"),
        (["Hi", "-o", "x.wav", "--url", "nowhere"], 2, "must look like"),
        (["Hi", "-o", "x.wav", "--url", "http://127.0.0.1:1"], 2, "voice-gateway serve"),
    ],
)
def test_say_tells_what_is_wrong(gateway, tmp_path, monkeypatch, capsys, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    assert say(gateway, *arguments) == code
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [1, 7, 4096, 30_000])
async def test_a_long_text_becomes_turns_that_fit(size):
    text = ("A line of some words.\n" * 30 + "x" * 11_000 + " and on ") * 2

    async def pieces():
        for at in range(0, len(text), size):
            yield text[at : at + size]

    said = [[piece async for piece in turn] async for turn in turns(pieces())]
    assert "".join(map("".join, said)) == text
    assert max(len("".join(turn)) for turn in said) <= 10_000


async def test_a_loudspeaker_plays_all_it_is_given():
    miniaudio = pytest.importorskip("miniaudio")
    from voice_gateway_client.loudspeaker import Loudspeaker
    from voice_gateway_client.messages import AudioFormat

    speaker = Loudspeaker(AudioFormat("pcm_s16le", 24000, 1, "samples"), backends=[miniaudio.Backend.NULL])
    with contextlib.closing(speaker):
        await speaker.play(bytes(4800))
        await asyncio.wait_for(speaker.drain(), 10)
        assert speaker.played_ms == 100
