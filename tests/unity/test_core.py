"""The Unity package's engine-free core on Mono before a running gateway: what is heard is compared to the sample."""

import base64
import json
import random

import numpy as np
import pytest

from gateway.settings import Settings
from tests.browser.tab import Wave, sounding
from tests.conftest import serving
from tests.end_to_end.client import stream_url
from tests.proofs.wires import Cut, wires
from tests.reference import LONG, TEXT, assert_captions_were_shown_with_their_sound, logged, parted, vectors, wave

FADE = 144


def heard(result: dict) -> Wave:
    return sounding(np.frombuffer(base64.b64decode(result["heard"]), "<f4"))


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


async def test_what_is_heard_is_to_the_sample_what_was_sent(ask, gateway, compared):
    result = await ask("speak", {"url": stream_url(gateway), "text": TEXT})
    sent = await wave(gateway, TEXT)
    assert np.array_equal(heard(result), sounding(sent))
    assert (result["finish"]["outcome"], result["finish"]["heard_ms"] * 24) == ("done", len(sent))
    assert (result["finish"]["heard"], result["finish"]["unheard"]) == (TEXT, "")
    compared(result["engine"], len(sent))


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
async def test_cuts_inside_a_turn_lose_and_repeat_nothing(ask, gateway, reset, compared):
    """Nor do captions: the word that is shown is the one that sounds."""
    async with wires(gateway, Cut(40_000, reset), Cut(400, reset), Cut(30_000, reset)) as cutting:
        result = await ask("speak", {"url": stream_url(cutting.url), "text": TEXT})
    sent = await wave(gateway, TEXT)
    assert np.array_equal(heard(result), sounding(sent))
    assert (result["finish"]["outcome"], result["finish"]["heard_ms"] * 24) == ("done", len(sent))
    assert len(logged(result, "resumed")) == 2
    assert_captions_were_shown_with_their_sound(result, TEXT)
    compared(f"{result['engine']}, cut three times", len(sent))


@pytest.mark.parametrize(
    ("scenario", "text", "at_ms"), [("interrupt", LONG, 400), ("interrupt_before", TEXT, 1700)], ids=["", "at the door"]
)
async def test_after_an_interrupt_only_the_next_turn_sounds(ask, gateway, scenario, text, at_ms):
    """Whole, also when it is in the ring already."""
    asked = {"url": stream_url(gateway), "text": text, "at_ms": at_ms, "next": "Another turn."}
    result = await ask(scenario, asked)
    finish = result["first"]
    assert finish["outcome"] == "interrupted"
    assert finish["heard"] + finish["unheard"] == text
    assert finish["terminal"]["heard"]["by"] == "client"
    exact, faded = parted(heard(result), await wave(gateway, text), await wave(gateway, "Another turn."))
    assert at_ms * 24 * 0.7 < exact
    assert faded <= FADE


@pytest.mark.parametrize("gone", [{"resume_window_ms": 0}, {"detached_sessions": 0}], ids=["no resume", "refused"])
async def test_a_lost_session_is_told_and_another_one_speaks(ask, gone):
    """What came of the turn is heard to its end, and nothing of it later."""
    with serving(Settings(port=0, upstream="emulator:", **gone)) as url:
        async with wires(url, Cut(40_000, reset=False)) as cutting:
            asked = {"url": stream_url(cutting.url), "text": TEXT, "next": "Another turn."}
            result = await ask("lose", asked)
        first, second = await wave(url, TEXT), await wave(url, "Another turn.")
    lost = result["first"]
    assert (lost["outcome"], lost["heard"] + lost["unheard"]) == ("lost", TEXT)
    assert lost["heard"].startswith("One two")
    came = first[: round(lost["heard_ms"] * 24)]
    assert np.array_equal(heard(result), sounding(came, second))
    assert (result["finish"]["outcome"], result["finish"]["heard_ms"] * 24) == ("done", len(second))


async def test_text_streams_in_with_marks_and_a_pause(ask, gateway):
    pieces = ["One ", "two ", {"mark": "middle"}, "three.", {"pause": 300}, "四五。", {"mark": "end"}]
    result = await ask("stream", {"url": stream_url(gateway), "pieces": pieces})
    (middle, heard_ms, at_ms), (end, end_ms, _) = logged(result, "mark")
    assert (middle, end) == ("middle", "end")
    assert at_ms <= heard_ms < at_ms + 100
    assert end_ms == result["finish"]["heard_ms"]
    assert result["finish"]["heard"] == "One two three.四五。"


async def test_a_failed_turn_says_why_and_a_wrong_token_closes(ask):
    with serving(Settings(port=0, upstream="emulator:", secret="s" * 32)) as url:
        asked = {"url": stream_url(url), "text": "Hello.", "options": {"voice": "no_such_voice"}}
        failed = await ask("speak", {**asked, "token": "s" * 32})
        closed = await ask("speak", {**asked, "token": "wrong"})
    assert (failed["finish"]["outcome"], failed["finish"]["error"]["code"]) == ("failed", "voice_not_found")
    ((code, error),) = logged(closed, "closed")
    assert (closed["finish"]["outcome"], code, error["code"]) == ("lost", 4001, "unauthorized")
