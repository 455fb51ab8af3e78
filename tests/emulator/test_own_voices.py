"""Voices that are cloned and designed: what is asked of them, how long they live, what they cost."""

import io
import re
import time

import av
import httpx
import pytest

from gateway.emulator import Habits
from gateway.emulator.account import timbres
from tests.emulator.account import CLIENT, SUCCESS, advance, ask, cloned, code, sample, uploaded
from tests.emulator.served import KEY, decoded, order, pitch, post, served, spoken
from tests.emulator.talk import BIDI, CLASSIC, talking

HABITS = Habits(neural_english=False, workers=1)
WEEK_S = 168 * 3600


@pytest.fixture(scope="module")
def url():
    """One whose clock may be put forward."""
    with served(HABITS) as base:
        yield base


def voices(url, kind="voice_cloning"):
    return [voice["voice_id"] for voice in ask(url, "/v1/get_voice", {"voice_type": "all"})[kind]]


def designed(url, prompt="A calm man reads the news.", **more):
    return ask(url, "/v1/voice_design", {"prompt": prompt, "preview_text": "Hello there.", **more})


def usage(url):
    return CLIENT.get(f"{url}/emulator/usage").json()


def test_a_clone_is_told_of_once_it_has_spoken(url):
    answer = cloned(url, "my-voice_01")
    assert answer == {
        "input_sensitive": False,
        "input_sensitive_type": 0,
        "demo_audio": "",
        "base_resp": SUCCESS,
    }
    assert "my-voice_01" not in voices(url)
    assert spoken(url, order(voice="my-voice_01"))
    today = time.strftime("%Y-%m-%d", time.gmtime(CLIENT.get(f"{url}/emulator/clock").json()["now"]))
    listed = ask(url, "/v1/get_voice", {"voice_type": "voice_cloning"})
    assert listed["voice_cloning"] == [{"voice_id": "my-voice_01", "description": [], "created_time": today}]


def test_a_design_is_told_of_with_its_description(url):
    answer = designed(url)
    voice_id = answer["voice_id"]
    assert re.fullmatch(r"ttv-voice-\d{16}-[A-Za-z0-9]{8}", voice_id)
    assert list(answer) == ["trial_audio", "voice_id", "base_resp"]
    assert decoded(bytes.fromhex(answer["trial_audio"]))[1] == 32000
    assert voice_id not in voices(url, "voice_generation")
    spoken(url, order(voice=voice_id))
    (told,) = ask(url, "/v1/get_voice", {"voice_type": "voice_generation"})["voice_generation"]
    assert (told["voice_id"], told["description"]) == (voice_id, ["A calm man reads the news."])


def test_a_clone_is_as_high_as_its_sample(url):
    heights = {}
    for hz in (95, 130, 180, 240):
        cloned(url, f"voice-of-{hz}", sample(hz=hz))
        text = "We were away a year ago, all along the way."
        heights[hz] = pitch(spoken(url, order(text, voice=f"voice-of-{hz}")), 16000)
    assert list(heights.values()) == sorted(heights.values())
    assert all(0.8 < heard / hz < 1.25 for hz, heard in heights.items()), heights


def test_the_same_sample_and_the_same_prompt_give_the_same_timbre():
    assert timbres.of_sample(140.0, "one file") == timbres.of_sample(140.0, "one file")
    assert timbres.of_sample(140.0, "one file") != timbres.of_sample(140.0, "another file")
    assert timbres.of_sample(None, "a noise") == timbres.of_sample(None, "a noise")
    assert timbres.of_prompt("A calm man.") == timbres.of_prompt("A calm man.") != timbres.of_prompt("A loud man.")


@pytest.mark.parametrize(
    ("prompt", "gender"),
    [("A woman who tells of men", "female"), ("A man and a girl", "male"), ("温柔的女声", "female"), ("MALE", "male")],
)
def test_who_is_named_first_speaks(prompt, gender):
    assert timbres.of_prompt(prompt).gender == gender


def test_a_designed_man_is_deeper_than_a_designed_woman(url):
    text = "We were away a year ago, all along the way."
    man, woman = (
        pitch(spoken(url, order(text, voice=designed(url, prompt)["voice_id"])), 16000)
        for prompt in ("A man of forty, a storyteller.", "A woman of forty, a storyteller.")
    )
    assert man < woman


@pytest.mark.parametrize("path", [CLASSIC, BIDI])
def test_a_voice_is_active_after_it_spoke_on_a_socket(url, path):
    voice = f"spoke-on-{path[-4:]}"
    cloned(url, voice)
    with talking(url, path) as talk:
        talk.start(voice=voice)
        talk.say("task_continue", text="Hello there.")
        talk.say("task_finish")
        talk.hear_until("task_finished")
    assert voice in voices(url)


def test_a_voice_that_did_not_come_to_its_end_is_not_active(url):
    cloned(url, "cut-short-01")
    CLIENT.post(f"{url}/emulator/faults", json={"kind": "truncated", "at": 100})
    post(url, {**order(voice="cut-short-01"), "stream": True})
    assert "cut-short-01" not in voices(url)


def test_a_voice_that_never_spoke_is_gone_after_a_week_and_one_that_did_stays(url):
    cloned(url, "never-spoke")
    cloned(url, "once-spoke")
    cloned(url, "previewed", text="Hello.", model="speech-2.8-hd")
    spoken(url, order(voice="once-spoke"))
    advance(url, WEEK_S)
    assert [code(post(url, order(voice=name)).json()) for name in ("never-spoke", "previewed")] == [2054, 2054]
    assert spoken(url, order(voice="once-spoke"))


def test_a_voice_can_speak_to_the_end_of_its_week(url):
    cloned(url, "late-comer")
    advance(url, WEEK_S - 60)
    assert spoken(url, order(voice="late-comer"))
    advance(url, WEEK_S)
    assert spoken(url, order(voice="late-comer"))


def test_a_deleted_id_is_gone_for_good(url):
    cloned(url, "short-lived")
    spoken(url, order(voice="short-lived"))
    gone = ask(url, "/v1/delete_voice", {"voice_type": "voice_cloning", "voice_id": "short-lived"})
    assert (gone["voice_id"], gone["base_resp"]) == ("short-lived", SUCCESS)
    assert gone["created_time"].isdecimal()
    assert "short-lived" not in voices(url)
    assert code(post(url, order(voice="short-lived")).json()) == 2054
    assert code(cloned(url, "short-lived")) == 2039
    assert code(ask(url, "/v1/delete_voice", {"voice_type": "voice_cloning", "voice_id": "short-lived"})) == 2054


@pytest.mark.parametrize("body", [
    {"voice_type": "voice_generation", "voice_id": "of-the-other-kind"},
    {"voice_type": "voice_cloning", "voice_id": "Wise_Woman"},
])  # fmt: skip
def test_only_a_voice_of_its_kind_can_be_deleted(url, body):
    cloned(url, "of-the-other-kind")
    assert code(ask(url, "/v1/delete_voice", body)) == 2054


def test_system_voices_cannot_be_deleted(url):
    assert code(ask(url, "/v1/delete_voice", {"voice_type": "system", "voice_id": "Wise_Woman"})) == 2013


@pytest.mark.parametrize(
    "voice_id",
    [
        "short-1",
        "1starts-badly",
        "ends-badly-",
        "ends-badly_",
        "has a space",
        "has.a.dot",
        "a" * 257,
        "",
        "_bad-start",
    ],
)
def test_an_illegal_name_is_refused(url, voice_id):
    assert code(cloned(url, voice_id)) == 2013


@pytest.mark.parametrize("voice_id", ["a" * 8, "a" * 256, "A-b_c-d8"])
def test_a_legal_name_is_taken_once(url, voice_id):
    assert [code(cloned(url, voice_id)) for _ in range(2)] == [0, 2039]


def test_a_name_of_the_service_is_not_free(url):
    assert code(cloned(url, "Wise_Woman")) == 2039
    assert code(designed(url, voice_id="Wise_Woman")) == 2039


@pytest.mark.parametrize(("seconds", "expected"), [(9.9, 2037), (10, 0), (300, 0), (300.5, 2037)])
def test_a_sample_lasts_ten_seconds_to_five_minutes(url, seconds, expected):
    assert code(cloned(url, f"lasting-{round(10 * seconds)}", sample(seconds))) == expected


@pytest.mark.parametrize(("name", "container", "codec"), [("mp3", "mp3", "libmp3lame"), ("m4a", "ipod", "aac")])
def test_a_sample_may_be_compressed(url, name, container, codec):
    written = io.BytesIO()
    with av.open(io.BytesIO(sample())) as source, av.open(written, "w", format=container) as target:
        track = target.add_stream(codec, rate=8000, layout="mono")
        for frame in source.decode(audio=0):
            target.mux(track.encode(frame))
        target.mux(track.encode(None))
    file_id = uploaded(url, written.getvalue(), name=f"a.{name}")
    assert code(ask(url, "/v1/voice_clone", {"file_id": file_id, "voice_id": f"sampled-{name}"})) == 0


def test_a_sample_has_to_be_sound_of_the_right_purpose(url):
    assert code(cloned(url, "not-a-sound", b"RIFF but not a wav")) == 1000
    prompt = uploaded(url, sample(5), "prompt_audio")
    for file_id in (prompt, 12):
        assert code(ask(url, "/v1/voice_clone", {"file_id": file_id, "voice_id": "of-wrong-file"})) == 20132


@pytest.mark.parametrize(("seconds", "expected"), [(7.9, 0), (8, 2048)])
def test_a_prompt_is_shorter_than_eight_seconds(url, seconds, expected):
    prompt = {"prompt_audio": uploaded(url, sample(seconds), "prompt_audio"), "prompt_text": "What is said."}
    assert code(cloned(url, f"prompted-{round(10 * seconds)}", clone_prompt=prompt)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"file_id": "12"},
        {"file_id": 0},
        {"clone_prompt": {"prompt_audio": 12}},
        {"clone_prompt": {"prompt_text": "Hello."}},
        {"text": "Hello."},
        {"text": "Hello.", "model": "speech-9"},
        {"text": "a" * 1001, "model": "speech-2.8-hd"},
        {"language_boost": "Klingon"},
        {"need_noise_reduction": "yes"},
        {"text_validation": "a" * 201},
        {"text_validation": "Hello.", "accuracy": 1.5},
    ],
)
def test_what_a_clone_may_not_ask_is_refused(url, changes):
    assert code(cloned(url, "never-cloned", **changes)) == 2013


@pytest.mark.parametrize(
    "changes", [{"prompt": ""}, {"preview_text": ""}, {"preview_text": "a" * 501}, {"voice_id": "short"}]
)
def test_what_a_design_may_not_ask_is_refused(url, changes):
    assert code(designed(url, **{"prompt": "A man.", **changes})) == 2013


def test_a_preview_is_billed_and_makes_no_voice_active(url):
    CLIENT.delete(f"{url}/emulator/usage")
    answer = cloned(url, "with-preview", text="你好 you", model="speech-2.8-turbo", language_boost="auto")
    assert answer["extra_info"]["usage_characters"] == 8
    assert len(CLIENT.get(answer["demo_audio"]).content) == answer["extra_info"]["audio_size"]
    designed(url, voice_id="with-preview-too")
    report = usage(url)
    assert [(each["endpoint"], each["billed"], each["usd"]) for each in report["requests"]] == [
        ("clone", 8, 0.00048),
        ("design", 12, 0.00036),
    ]
    assert report["fees"] == []
    assert {"with-preview", "with-preview-too"}.isdisjoint(voices(url) + voices(url, "voice_generation"))


def test_a_voice_is_paid_when_it_first_speaks(url):
    cloned(url, "paid-for-once")
    designed(url, voice_id="paid-for-too")
    CLIENT.delete(f"{url}/emulator/usage")
    for voice in ("paid-for-once", "paid-for-too", "paid-for-once"):
        spoken(url, order("Hello.", voice=voice))
    report = usage(url)
    assert report["fees"] == [
        {"voice_id": "paid-for-once", "kind": "voice_cloning", "usd": 1.5},
        {"voice_id": "paid-for-too", "kind": "voice_generation", "usd": 3.0},
    ]
    assert report["totals"]["usd"] == pytest.approx(4.5 + 3 * 6 * 60 / 1e6)


def test_a_mix_uses_all_of_its_voices(url):
    cloned(url, "part-of-a-mix")
    weights = [{"voice_id": "part-of-a-mix", "weight": 10}, {"voice_id": "Wise_Woman", "weight": 90}]
    assert spoken(url, order(voice="", timbre_weights=weights))
    assert "part-of-a-mix" in voices(url)


def test_a_call_may_fail_on_purpose_where_it_is_named(url):
    faults = [{"kind": "error", "code": 1043, "endpoint": "clone"}, {"kind": "cut", "endpoint": "design"}]
    CLIENT.post(f"{url}/emulator/faults", json=[*faults, {"kind": "http", "status": 503, "endpoint": "get_voice"}])
    assert code(cloned(url, "failed-once")) == 1043
    assert code(cloned(url, "failed-once")) == 0
    with pytest.raises(httpx.HTTPError):
        designed(url, voice_id="made-but-untold")
    assert code(designed(url, voice_id="made-but-untold")) == 2039
    assert CLIENT.post(f"{url}/v1/get_voice", json={}, headers=KEY).status_code == 503


def test_the_account_may_have_other_habits():
    habits = Habits(
        neural_english=False,
        workers=1,
        music_group=True,
        heard_in_samples="Good morning to all of you",
        demo_audio="hex",
        input_sensitive_object=True,
        design_preview_per_million=60.0,
        deleted_created_time="date",
        lost_voice_code=20132,
        clones_per_minute=5,
        designs_per_minute=1,
    )
    with served(habits) as url:
        assert ask(url, "/v1/get_voice", {"voice_type": "music_generation"})["music_generation"] == []
        told = {"text_validation": "good morning to all of us"}
        assert code(cloned(url, "strictly-heard", **told, accuracy=0.95)) == 1043
        prompt = {"prompt_audio": uploaded(url, sample(5), "prompt_audio"), "prompt_text": "Something else was said."}
        assert code(cloned(url, "prompted-else", clone_prompt=prompt)) == 1044
        answer = cloned(url, "loosely-heard", **told, text="Hello.", model="speech-2.8-hd")
        assert answer["input_sensitive"] == {"type": 0}
        assert decoded(bytes.fromhex(answer["demo_audio"]))[1] == 32000
        body = {"voice_type": "voice_cloning", "voice_id": "loosely-heard"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", ask(url, "/v1/delete_voice", body)["created_time"])
        assert code(ask(url, "/v1/delete_voice", body)) == 20132
        assert [code(cloned(url, f"one-of-many-{n}")) for n in range(3)] == [0, 0, 1002]
        assert [code(designed(url)) for _ in range(2)] == [0, 1002]
        assert usage(url)["totals"]["usd"] == pytest.approx((6 * 100 + 12 * 60) / 1e6)


def test_an_account_may_not_be_allowed_to_clone_nor_know_the_list():
    habits = Habits(neural_english=False, workers=1, may_clone=False, get_voice_missing=True)
    with served(habits) as url:
        assert code(cloned(url, "not-allowed")) == 2038
        assert CLIENT.post(f"{url}/v1/get_voice", json={"voice_type": "all"}, headers=KEY).status_code == 404
