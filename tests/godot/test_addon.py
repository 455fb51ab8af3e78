"""The Godot addon in the official engine before a running gateway: what is mixed is compared to the sample."""

import base64
import json

import numpy as np
import pytest

from gateway.settings import Settings
from tests.browser.tab import Wave, sounding
from tests.conftest import serving
from tests.end_to_end.client import stream_url
from tests.proofs.wires import Cut, wires
from tests.reference import LONG, TEXT, assert_captions_were_shown_with_their_sound, logged, parted, vectors, wave

pytestmark = pytest.mark.asyncio(loop_scope="session")


def mixed(result: dict) -> Wave:
    """What the engine gave to its output; the test project mixes at the voice's rate."""
    left, right = np.frombuffer(base64.b64decode(result["mixed"]), "<f4").reshape(-1, 2).T
    assert np.array_equal(left, right)
    return left


async def test_frames_are_read_as_the_vectors_say(godot):
    given = vectors("frames")
    fields = [{key: value for key, value in each.items() if key not in {"name", "hex"}} for each in given["frames"]]
    assert await godot.ask("vectors.frames", [each["hex"] for each in given["frames"]]) == fields
    assert await godot.ask("vectors.frames", given["malformed"]) == [None] * len(given["malformed"])


async def test_messages_pass_the_engines_json_unchanged(godot):
    given = [each["message"] for side in ("client", "server") for each in vectors("messages")[side]]
    came = await godot.ask("vectors.messages", [json.dumps(each) for each in given])
    assert [json.loads(bytes.fromhex(each)) for each in came] == given


async def test_captions_mouth_and_marks_are_at_each_time_what_the_vectors_say(godot):
    given = vectors("cues")
    shown = await godot.ask("vectors.cues", given)
    assert shown == [[each["word"], each["level"], each["viseme"], each["marks"]] for each in given["asked"]]


@pytest.mark.parametrize("case", vectors("resume"), ids=lambda case: case["name"])
async def test_after_a_cut_what_did_not_arrive_is_sent_again(godot, case):
    done = await godot.ask("vectors.resume", case)
    assert done["hello"] == {"session": "s_1", "token": "r_1", "last_seq": case["last_seq"]}
    assert done["next"] == {**done["hello"], "token": "r_2"}
    assert done["again"] == case["again"]


async def test_close_codes_go_by_ranges(godot):
    given = vectors("closes")
    assert await godot.ask("vectors.closes", [each["code"] for each in given]) == [each["then"] for each in given]


async def test_what_is_mixed_is_to_the_sample_what_was_sent(godot, welcoming, compared):
    result = await godot.ask("live.speak", {"url": stream_url(welcoming), "text": TEXT})
    sent = await wave(welcoming, TEXT)
    assert np.array_equal(sounding(mixed(result)), sounding(sent))
    assert (result["finish"]["outcome"], result["finish"]["heard_ms"] * 24) == ("done", len(sent))
    assert (result["finish"]["heard"], result["finish"]["unheard"]) == (TEXT, "")
    compared(f"Godot {godot.version}", len(sent))


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
async def test_cuts_inside_a_turn_lose_and_repeat_nothing(godot, welcoming, reset, compared):
    """Nor do captions: the word that is shown is the one that sounds."""
    async with wires(welcoming, Cut(40_000, reset), Cut(400, reset), Cut(30_000, reset)) as cutting:
        result = await godot.ask("live.speak", {"url": stream_url(cutting.url), "text": TEXT})
    sent = await wave(welcoming, TEXT)
    assert np.array_equal(sounding(mixed(result)), sounding(sent))
    assert (result["finish"]["outcome"], result["finish"]["heard_ms"] * 24) == ("done", len(sent))
    assert len(logged(result, "resumed")) == 2
    assert_captions_were_shown_with_their_sound(result, TEXT)
    compared(f"Godot {godot.version}, cut three times", len(sent))


async def test_what_the_engine_drops_is_said_again(godot, welcoming):
    """Its inbound buffer holds less than what comes while a scene loads."""
    asked = {"url": stream_url(welcoming), "text": TEXT, "inbound_bytes": 1 << 14, "stall_ms": 1000}
    result = await godot.ask("live.speak", asked)
    assert any("Buffer payload full" in each for each in godot.tab.complaints)
    godot.tab.complaints.clear()
    assert np.array_equal(sounding(mixed(result)), sounding(await wave(welcoming, TEXT)))
    assert logged(result, "resumed") != []


@pytest.mark.parametrize(
    ("scenario", "text", "at_ms"), [("interrupt", LONG, 400), ("interrupt_before", TEXT, 1700)], ids=["", "at the door"]
)
async def test_after_an_interrupt_only_the_next_turn_sounds(godot, welcoming, scenario, text, at_ms):
    """Whole, also when the engine holds its beginning already."""
    asked = {"url": stream_url(welcoming), "text": text, "at_ms": at_ms, "next": "Another turn."}
    result = await godot.ask(f"live.{scenario}", asked)
    finish = result["first"]
    assert finish["outcome"] == "interrupted"
    assert finish["heard"] + finish["unheard"] == text
    assert finish["terminal"]["heard"]["by"] == "client"
    exact, faded = parted(sounding(mixed(result)), await wave(welcoming, text), await wave(welcoming, "Another turn."))
    assert at_ms * 24 * 0.7 < exact
    assert faded < 2048


@pytest.mark.parametrize("gone", [{"resume_window_ms": 0}, {"detached_sessions": 0}], ids=["no resume", "refused"])
async def test_a_lost_session_is_told_and_another_one_speaks(godot, site, gone):
    """What came of the turn is heard to its end, and nothing of it later."""
    with serving(Settings(port=0, upstream="emulator:", origins=(site,), **gone)) as url:
        async with wires(url, Cut(40_000, reset=False)) as cutting:
            asked = {"url": stream_url(cutting.url), "text": TEXT, "next": "Another turn."}
            result = await godot.ask("live.lose", asked)
        first, second = await wave(url, TEXT), await wave(url, "Another turn.")
    lost = result["first"]
    assert (lost["outcome"], lost["heard"] + lost["unheard"]) == ("lost", TEXT)
    assert lost["heard"].startswith("One two")
    came = first[: round(lost["heard_ms"] * 24)]
    assert np.array_equal(sounding(mixed(result)), sounding(came, second))
    assert (result["finish"]["outcome"], result["finish"]["heard_ms"] * 24) == ("done", len(second))


async def test_text_streams_in_with_marks_and_a_pause(godot, welcoming):
    pieces = ["One ", "two ", {"mark": "middle"}, "three.", {"pause": 300}, "四五。", {"mark": "end"}]
    result = await godot.ask("live.stream", {"url": stream_url(welcoming), "pieces": pieces})
    (middle, at_ms), (end, end_ms) = logged(result, "mark")
    assert (middle, end) == ("middle", "end")
    assert 300 <= at_ms < 400
    assert end_ms == result["finish"]["heard_ms"]
    assert result["finish"]["heard"] == "One two three.四五。"


async def test_a_character_in_space_is_heard_to_its_end(godot, welcoming):
    result = await godot.ask("live.in_space", {"url": stream_url(welcoming), "text": "Over here, traveller."})
    sent = await wave(welcoming, "Over here, traveller.")
    assert (result["finish"]["outcome"], result["finish"]["heard_ms"] * 24) == ("done", len(sent))
    assert np.sqrt(np.mean(mixed(result) ** 2)) > 0.005


async def test_a_failed_turn_says_why_and_a_wrong_token_closes(godot, site):
    with serving(Settings(port=0, upstream="emulator:", secret="s" * 32, origins=(site,))) as url:
        asked = {"url": stream_url(url), "text": "Hello.", "options": {"voice": "no_such_voice"}}
        failed = await godot.ask("live.speak", {**asked, "token": "s" * 32})
        closed = await godot.ask("live.speak", {**asked, "token": "wrong"})
    assert (failed["finish"]["outcome"], failed["finish"]["error"]["code"]) == ("failed", "voice_not_found")
    ((code, error),) = logged(closed, "closed")
    assert (closed["finish"]["outcome"], code, error["code"]) == ("lost", 4001, "unauthorized")


async def test_the_example_speaks_when_its_button_is_pressed(godot, welcoming):
    shown = await godot.ask("live.example", {"url": stream_url(welcoming)})
    assert shown.startswith("done: ")
