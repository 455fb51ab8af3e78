"""The Unity package's engine-free core on Mono before a running gateway: what is heard is compared to the sample."""

import json
import random

import numpy as np
import pytest

from tests.live import Live
from tests.reference import vectors


async def test_frames_are_read_as_the_vectors_say(ask):
    given = vectors("frames")
    fields = [{key: value for key, value in each.items() if key not in {"name", "hex"}} for each in given["frames"]]
    assert await ask("frames", [each["hex"] for each in given["frames"]]) == fields
    assert await ask("frames", given["malformed"]) == [None] * len(given["malformed"])


async def test_messages_pass_the_json_unchanged(ask):
    given = [each["message"] for side in ("client", "server") for each in vectors("messages")[side]]
    came = await ask("messages", [json.dumps(each, ensure_ascii=number % 2 == 0) for number, each in enumerate(given)])
    assert [json.loads(each) for each in came] == given


async def test_half_a_character_becomes_a_question_mark(ask):
    assert await ask("messages", ['"a\\ud83d"', '"\\ude00b"', '"\\ud83d\\ude00"']) == ['"a?"', '"?b"', '"😀"']


async def test_what_is_not_json_is_refused(ask):
    """Every beginning of a message, and messages with a character too much or another one."""
    chance = random.Random(1)
    whole = json.dumps(vectors("messages")["server"][2]["message"])
    broken = [whole[:length] for length in range(len(whole))] + [whole + "}", whole + "x", "[" * 65 + "]" * 65]
    broken += ['"\n"', '"\\x"', '"\\u12g4"', "[1,]", "{1:2}", '{"a" 1}', "nul", "+", "1e", "[1 2]", '{"a":1,}', ""]
    assert await ask("not_json", broken) == []
    changed = [whole[:at] + chance.choice('{}[]",:x\\') + whole[at + 1 :] for at in range(len(whole))]
    read = await ask("not_json", changed)
    assert [text for text in read if not is_json(text)] == []


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


async def test_captions_and_mouth_are_at_each_time_what_the_vectors_say(ask):
    given = vectors("cues")
    assert await ask("cues", given) == [[each["word"], each["level"], each["viseme"]] for each in given["asked"]]


@pytest.mark.parametrize("case", vectors("resume"), ids=lambda case: case["name"])
async def test_after_a_cut_what_did_not_arrive_is_sent_again(ask, case):
    done = await ask("resume", case)
    assert done["hello"] == {"session": "s_1", "token": "r_1", "last_seq": case["last_seq"]}
    assert done["next"] == {**done["hello"], "token": "r_2"}
    assert done["again"] == case["again"]


@pytest.mark.parametrize("case", vectors("leaving"), ids=lambda case: case["name"])
async def test_what_a_gateway_that_goes_away_does_not_take_is_said_to_the_next(ask, case):
    assert await ask("leaving", case) == case["said"]


async def test_close_codes_go_by_ranges(ask):
    given = vectors("closes")
    assert await ask("closes", [each["code"] for each in given]) == [each["then"] for each in given]


async def test_what_one_thread_writes_another_reads_once_and_in_order(ask):
    assert await ask("ring", 500_000) == 0


async def test_the_audio_thread_allocates_nothing(ask):
    assert await ask("allocations", 20_000) == 0


@pytest.mark.parametrize(("rate", "channels"), [(24000, 1), (44100, 1), (48000, 2), (48000, 6)])
async def test_a_tone_keeps_its_pitch_and_level_at_the_mixers_rate(ask, rate, channels):
    tone = np.array(await ask("tone", {"rate": rate, "channels": channels, "blocks": rate // 512}))
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(tone.size)))
    assert np.argmax(spectrum) * rate / tone.size == pytest.approx(440, abs=2)
    assert np.sqrt(np.mean(tone**2)) == pytest.approx(20000 / 32768 / np.sqrt(2), rel=0.01)


class TestLive(Live):
    """As every engine's client."""
