"""The Godot addon in the official engine before a running gateway: what is mixed is compared to the sample."""

import json

import numpy as np
import pytest

from tests.end_to_end.client import stream_url
from tests.live import Live, compare
from tests.reference import TEXT, logged, vectors, wave

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


@pytest.mark.parametrize("case", vectors("leaving"), ids=lambda case: case["name"])
async def test_what_a_gateway_that_goes_away_does_not_take_is_said_to_the_next(godot, case):
    assert await godot.ask("vectors.leaving", case) == case["said"]


async def test_close_codes_go_by_ranges(godot):
    given = vectors("closes")
    assert await godot.ask("vectors.closes", [each["code"] for each in given]) == [each["then"] for each in given]


class TestLive(Live):
    """As every engine's client."""


async def test_what_the_engine_drops_is_said_again(engine, godot):
    """Its inbound buffer holds less than what comes while a scene loads."""
    asked = {"url": stream_url(engine.gateway), "text": TEXT, "inbound_bytes": 1 << 14, "stall_ms": 1000}
    result = await engine.ask("speak", asked)
    assert any("Buffer payload full" in each for each in godot.tab.complaints)
    godot.tab.complaints.clear()
    compare(engine, result, await wave(engine.gateway, TEXT))
    assert logged(result, "resumed") != []


async def test_a_character_in_space_is_heard_to_its_end(engine):
    result = await engine.ask("in_space", {"url": stream_url(engine.gateway), "text": "Over here, traveller."})
    sent = await wave(engine.gateway, "Over here, traveller.")
    assert (result["finish"]["outcome"], result["finish"]["heard_ms"] * 24) == ("done", len(sent))
    assert np.sqrt(np.mean(engine.heard(result) ** 2)) > 0.005


async def test_the_example_speaks_when_its_button_is_pressed(engine):
    shown = await engine.ask("example", {"url": stream_url(engine.gateway)})
    assert shown.startswith("done: ")
