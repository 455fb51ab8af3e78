"""A mouth beside the sound it goes with."""

import numpy as np
import pytest

from tests.end_to_end.client import Heard, speak

TEXT = "Mama, we move. Papa bought fifty big balls."
VISEMES = {"sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou"}
HOP_MS = 20


def levels(heard: Heard) -> list[tuple[int, int]]:
    """(at_ms, level)"""
    told = [message for message in heard.messages if message["type"] == "lip"]
    return [(each["at_ms"] + k * each["hop_ms"], level) for each in told for k, level in enumerate(each["levels"])]


def visemes(heard: Heard) -> list[tuple[int, str]]:
    told = [message for message in heard.messages if message["type"] == "lip"]
    return [tuple(each) for message in told for each in message.get("visemes", [])]


async def test_levels_follow_the_sound_on_its_clock(gateway):
    heard = await speak(gateway, TEXT, config={"lip": True})
    samples = np.frombuffer(heard.audio, "<i2").astype(float)
    told = levels(heard)
    assert [at for at, _ in told] == sorted(at for at, _ in told)
    assert abs(told[-1][0] + HOP_MS - len(samples) / 24) <= HOP_MS
    loud = [np.sqrt(np.mean(samples[at * 24 : (at + HOP_MS) * 24] ** 2)) for at, _ in told]
    assert np.corrcoef(np.log(np.array(loud) + 30), [level for _, level in told])[0, 1] > 0.9
    assert {level for (_, level), rms in zip(told, loud, strict=True) if rms < 10} <= {0}


@pytest.mark.parametrize("codec", ["mulaw", "wav", "mp3", "flac"])
async def test_every_codec_has_a_mouth(gateway, codec):
    audio = {"codec": codec, "rate": 8000 if codec == "mulaw" else 24000}
    heard = await speak(gateway, TEXT, config={"lip": True, "audio": audio})
    duration = heard.last("turn.done")["duration_ms"]
    assert abs(levels(heard)[-1][0] + HOP_MS - duration) <= 3 * HOP_MS
    assert max(level for _, level in levels(heard)) > 60


async def test_visemes_go_with_the_words(gateway):
    heard = await speak(gateway, TEXT, config={"lip": True, "captions": "words"})
    told = visemes(heard)
    words = [
        word
        for message in heard.messages
        if message["type"] == "captions" and message["exact"]
        for word in message["words"]
    ]
    assert {name for _, name in told} <= VISEMES
    assert [at for at, _ in told] == sorted(at for at, _ in told)
    for word in words:
        if word["text"].lower().startswith(("m", "p", "b")):
            first = next(name for at, name in told if at >= word["from_ms"] - 2)
            assert first == "PP", word


async def test_all_of_a_mouth_stands_within_its_segment(gateway):
    heard = await speak(gateway, TEXT, config={"lip": True})
    depth = 0
    for kind in heard.order:
        depth += (kind == "segment.started") - (kind == "segment.done")
        assert kind != "lip" or depth == 1


async def test_without_being_asked_for_there_is_none(gateway):
    assert "lip" not in (await speak(gateway, TEXT)).order
