"""A voice's life from end to end: made, previewed, hidden, warned of, lost or kept; deleted; mixed."""

import asyncio
import base64
import logging
import re
from dataclasses import replace

import miniaudio
import pytest

from tests.end_to_end.client import speak
from tests.voices.stage import DAY_S, QUIET, Clock, emulated, staged


@pytest.fixture
async def stage(tmp_path):
    async with emulated() as emulator, staged(tmp_path, emulator) as stage:
        yield stage


def warnings(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "gateway.voices.news"]


async def test_a_clone_that_is_previewed_and_left_expires_on_the_seventh_day_with_warnings_before(stage, caplog):
    caplog.set_level(logging.INFO)
    answer = await stage.clone("left-alone-1", text="Just a preview.", model="speech-2.8-turbo")
    made = answer.json()
    assert answer.status_code == 201
    assert made["voice"]["state"] == "inactive"
    assert made["voice"]["expires_at"] == pytest.approx(stage.clock() + 7 * DAY_S, abs=5)
    assert made["fee"] == {"usd": 1.5, "due": "with the first synthesis"}
    assert made["billed_characters"] == len("Just a preview.")
    assert miniaudio.decode(base64.b64decode(made["preview"])).num_frames > 1000

    assert await stage.listed_upstream() == []
    assert (await stage.entry("left-alone-1", refresh="true"))["state"] == "inactive"
    for days, said in ((4.5, "expires in 60.0 h"), (1.6, "expires in 21.6 h"), (0.8, "expires in 2.4 h")):
        await stage.pass_time(days * DAY_S)
        assert said in warnings(caplog)[-1]
        before = len(warnings(caplog))
        await stage.pass_time(1)
        assert len(warnings(caplog)) == before
    assert await stage.entry("left-alone-1") is not None

    await stage.pass_time(0.1 * DAY_S)
    assert warnings(caplog)[-1] == "! voice left-alone-1 has expired: it never spoke"
    assert len(warnings(caplog)) == 4
    assert await stage.entry("left-alone-1") is None
    heard = await speak(stage.url, "Hello.", config={"voice": {"voice_id": "left-alone-1"}})
    assert heard.last("turn.failed")["error"]["code"] == "voice_not_found"


async def test_the_same_activated_once_lives(stage, caplog):
    caplog.set_level(logging.INFO)
    await stage.clone("activated-1")
    answer = (await stage.http.post("/v1/voices/activated-1/activate")).json()
    assert answer["fee"] == {"usd": 1.5}
    assert answer["billed_characters"] == 3
    assert answer["voice"]["state"] == "active"
    usage = (await stage.emulator.get("/emulator/usage")).json()
    assert usage["fees"] == [{"voice_id": "activated-1", "kind": "voice_cloning", "usd": 1.5}]
    assert len(usage["requests"]) == 1

    booked = (await stage.http.get("/v1/usage", params={"by": "voice"})).json()["rows"]
    assert [(row["voice"], row["cost_usd"], row["billed"]) for row in booked] == [("activated-1", 1.50018, 3)]
    again = (await stage.http.post("/v1/voices/activated-1/activate")).json()
    assert (again["fee"], again["billed_characters"]) == ({"usd": 0.0}, 0)
    await stage.pass_time(30 * DAY_S)
    entry = await stage.entry("activated-1")
    assert (entry["kind"], entry["state"], "expires_at" in entry) == ("cloned", "active", False)
    assert warnings(caplog) == ["= voice activated-1 is active"]
    assert (await speak(stage.url, "Hello.", config={"voice": {"voice_id": "activated-1"}})).last("turn.done")


async def test_a_turn_counts_and_so_does_a_voice_that_has_spoken_elsewhere(stage):
    await stage.clone("spoken-here")
    await stage.clone("spoken-elsewhere")
    await speak(stage.url, "Hello.", config={"voice": {"voice_id": "spoken-here"}})
    assert (await stage.entry("spoken-here"))["state"] == "active"

    order = {"model": "speech-2.8-turbo", "text": "Hi.", "voice_setting": {"voice_id": "spoken-elsewhere"}}
    await stage.emulator.post("/v1/t2a_v2", json=order)
    assert (await stage.entry("spoken-elsewhere"))["state"] == "inactive"
    assert (await stage.entry("spoken-elsewhere", refresh="true"))["state"] == "active"


async def test_a_voice_within_a_mixture_has_not_spoken(stage):
    mixture = [{"voice_id": "mixed-in-01", "weight": 50}, {"voice_id": "Wise_Woman", "weight": 50}]
    await stage.clone("mixed-in-01")
    await speak(stage.url, "Hello.", config={"voice": {"timbre_weights": mixture}})
    metrics = (await stage.http.get("/metrics")).text
    (left_s,) = re.findall(r"^voice_gateway_voice_deadline_seconds (\S+)", metrics, re.MULTILINE)
    assert "voice_gateway_voices_inactive 1.0" in metrics
    assert float(left_s) == pytest.approx(7 * DAY_S, abs=60)


async def test_a_design_is_hidden_and_shown_and_costs_its_fee_when_it_first_speaks(stage):
    order = {"prompt": "An old sailor, hoarse and kind.", "preview_text": "Ahoy.", "language": "en"}
    made = (await stage.http.post("/v1/voices/design", json=order)).json()
    name = made["voice"]["voice_id"]
    assert name.startswith("ttv-voice-")
    assert (made["fee"]["usd"], made["billed_characters"]) == (3.0, 5)
    assert miniaudio.decode(base64.b64decode(made["preview"])).num_frames > 1000
    entry = await stage.entry(name)
    assert (entry["kind"], entry["language"], entry["description"]) == ("designed", "en", order["prompt"])
    assert (entry["state"], entry["fee_usd"]) == ("inactive", 3.0)
    activated = (await stage.http.post(f"/v1/voices/{name}/activate", json={"model": "speech-2.8-hd"})).json()
    assert activated["fee"] == {"usd": 3.0}


async def test_a_mixture_becomes_a_voice_of_its_own(stage):
    order = {
        "voice_id": "for-ever-mixed",
        "timbre_weights": [{"voice_id": "Wise_Woman", "weight": 30}, {"voice_id": "Deep_Voice_Man", "weight": 70}],
        "language": "de",
    }
    made = (await stage.http.post("/v1/voices/mix", json=order)).json()
    assert made["voice"]["description"] == "Mixed: Wise_Woman 30, Deep_Voice_Man 70."
    assert (made["voice"]["kind"], made["voice"]["language"]) == ("cloned", "de")
    (request,) = (await stage.emulator.get("/emulator/usage")).json()["requests"]
    assert request["voices"] == ["Wise_Woman", "Deep_Voice_Man"]
    assert request["billed"] == made["billed_characters"] >= 200
    assert (await stage.http.post("/v1/voices/for-ever-mixed/activate")).status_code == 200


async def test_a_voice_is_deleted_for_good(stage):
    await stage.clone("to-be-deleted")
    await stage.http.post("/v1/voices/to-be-deleted/activate")
    assert await stage.listed_upstream() == ["to-be-deleted"]
    assert (await stage.http.delete("/v1/voices/to-be-deleted")).status_code == 204
    assert await stage.listed_upstream() == []
    assert await stage.entry("to-be-deleted") is None
    assert (await stage.http.delete("/v1/voices/to-be-deleted")).status_code == 404
    again = (await stage.clone("to-be-deleted")).json()["error"]
    assert (again["code"], again["field"]) == ("voice_exists", "voice_id")
    assert "never takes it again" in again["message"]


async def test_the_record_outlives_the_gateway_and_is_shared_by_the_next_one(tmp_path, caplog):
    clock = Clock()
    async with emulated() as emulator:
        async with staged(tmp_path, emulator, clock) as stage:
            await stage.clone("remembered-1")
            await stage.pass_time(5 * DAY_S)
        async with staged(tmp_path, emulator, clock) as one, staged(tmp_path, emulator, clock) as other:
            assert (await one.entry("remembered-1"))["state"] == "inactive"
            await other.clone("made-by-other")
            assert (await one.entry("made-by-other"))["state"] == "inactive"
            await speak(one.url, "Hello.", config={"voice": {"voice_id": "made-by-other"}})
            assert [(await each.entry("made-by-other"))["state"] for each in (one, other)] == ["active", "active"]
            await asyncio.gather(one.pass_time(1.5 * DAY_S), other.pass_time(0))
    said = [line for line in warnings(caplog) if "remembered-1" in line]
    assert ["48.0 h" in said[0], "12.0 h" in said[1], len(said)] == [True, True, 2]


async def test_a_preview_comes_as_hex_or_as_a_link(tmp_path):
    async with emulated(replace(QUIET, demo_audio="hex")) as emulator, staged(tmp_path, emulator) as stage:
        made = (await stage.clone(text="Hello there.", model="speech-02-hd")).json()
    assert miniaudio.decode(base64.b64decode(made["preview"])).num_frames > 1000
    assert made["warnings"] == []


async def test_what_upstream_refuses_leaves_no_record_and_may_be_asked_again(stage):
    await stage.emulator.post("/emulator/faults", json={"kind": "error", "code": 1043, "endpoint": "clone"})
    refused = await stage.clone("second-try-1")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "sample_refused")
    assert await stage.entry("second-try-1") is None
    assert (await stage.clone("second-try-1")).status_code == 201


@pytest.mark.parametrize(("fault", "made"), [("cut", True), ("http", False)])
async def test_what_may_have_been_made_is_remembered_until_it_speaks_or_is_found_missing(stage, fault, made):
    await stage.emulator.post("/emulator/faults", json={"kind": fault, "endpoint": "clone"})
    lost = await stage.clone("perhaps-made")
    assert (lost.status_code, "may be there all the same" in lost.json()["error"]["message"]) == (502, True)
    assert (await stage.entry("perhaps-made"))["state"] == "inactive"
    activated = await stage.http.post("/v1/voices/perhaps-made/activate")
    assert activated.status_code == (200 if made else 404)
    assert (await stage.entry("perhaps-made") is not None) == made
    assert (await stage.clone("perhaps-made")).status_code == (409 if made else 201)
