"""Refusals to the letter: status 200, compact JSON, nothing but `base_resp`, the trace in a header."""

import json
import re

import httpx
import pytest

from gateway.emulator import Habits
from tests.emulator.served import KEY, LOST_VOICE, VOICE, order, post, served, spoken

INVALID = "invalid params, invalid params: "
NO_EMOTION = "invalid params, this model does not support emotion setting, model: "
WEIGHT = {"voice_id": VOICE, "weight": 1}
MIXED = {"voice_setting": {"voice_id": ""}, "timbre_weights": [{"voice_id": LOST_VOICE, "weight": 1}]}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        (
            {},
            1004,
            "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
        ),
        ({"Authorization": "Bearer bad-key"}, 2049, "invalid api key"),
    ],
)
def test_a_missing_or_bad_key_is_refused(url, headers, code, message, stream):
    response = post(url, order(stream=stream), headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert re.fullmatch("[0-9a-f]{32}", response.headers["trace-id"])
    assert response.text == f'{{"base_resp":{{"status_code":{code},"status_msg":"{message}"}}}}'


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"model": "speech-9"}, 2013, "invalid params, method t2a-v2 not have model: speech-9"),
        ({"voice": LOST_VOICE}, 2054, "voice id not exist"),
        ({"voice": "moss_audio_not-a-uuid"}, 2054, "voice id not exist"),
        (MIXED, 2054, "voice id not exist"),
        ({"voice": ""}, 2013, f"{INVALID}voice_setting voice_id"),
        ({"language_boost": "ms"}, 2013, f"{INVALID}language_boost"),
        ({"language_boost": "Tamil", "model": "speech-02-hd"}, 2013, f"{INVALID}language_boost"),
        ({"setting": {"emotion": "auto"}}, 2013, f"{INVALID}voice_setting emotion"),
        ({"setting": {"emotion": "neutral"}}, 2013, f"{INVALID}voice_setting emotion"),
        (
            {"setting": {"emotion": "whisper"}},
            2013,
            "invalid params, this model does not support emotion setting, model: speech-2.8",
        ),
        ({"setting": {"speed": 2.1}}, 2013, f"{INVALID}voice_setting speed"),
        ({"setting": {"vol": 0}}, 2013, f"{INVALID}voice_setting vol"),
        ({"setting": {"pitch": 13}}, 2013, f"{INVALID}voice_setting pitch"),
        ({"audio": {"sample_rate": 48000}}, 2013, f"{INVALID}audio_setting sample_rate"),
        ({"audio": {"format": "aac"}}, 2013, f"{INVALID}audio_setting format"),
        ({"audio": {"format": "mp3", "bitrate": 192000}}, 2013, f"{INVALID}audio_setting bitrate"),
        ({"audio": {"channel": 3}}, 2013, f"{INVALID}audio_setting channel"),
        ({"voice_modify": {"pitch": 101}}, 2013, f"{INVALID}voice_modify pitch"),
        ({"voice_modify": {"sound_effects": "loud"}}, 2013, f"{INVALID}voice_modify sound_effects"),
        ({"voice_modify": {"pitch": 10}}, 2013, f"{INVALID}voice_modify"),
        ({"pronunciation_dict": {"tone": ["omg"]}}, 2013, "invalid params, glyph definition format error"),
        ({"output_format": "file"}, 2013, f"{INVALID}output_format"),
        ({"voice_modify": {"intensity": -101}}, 2013, f"{INVALID}voice_modify intensity"),
        ({"voice_modify": {"timbre": 101}}, 2013, f"{INVALID}voice_modify timbre"),
        ({"voice_modify": {"timbre": 1}, "audio": {"format": "wav"}, "stream": True}, 2013, f"{INVALID}voice_modify"),
        ({"voice_modify": {"timbre": 1}, "audio": {"format": "opus"}}, 2013, f"{INVALID}voice_modify"),
        ({"voice": "", "timbre_weights": [WEIGHT] * 5}, 2013, f"{INVALID}timbre_weights"),
        ({"voice": "", "timber_weights": [{**WEIGHT, "weight": 0}]}, 2013, f"{INVALID}timbre_weights weight"),
        ({"language_boost": "english"}, 2013, f"{INVALID}language_boost"),
        ({"setting": {"latex_read": True}, "language_boost": "Latin"}, 2013, f"{INVALID}language_boost"),
        ({"setting": {"emotion": "fluent"}, "model": "speech-02-hd"}, 2013, f"{NO_EMOTION}speech-02"),
    ],
)
def test_illegal_parameters_are_refused(url, changes, code, message):
    assert post(url, order(**changes)).json() == {"base_resp": {"status_code": code, "status_msg": message}}


def test_a_fractional_pitch_is_a_type_error_that_shows_where(url):
    body = '{"model":"speech-2.8-turbo","text":"Hi.","voice_setting":{"voice_id":"Wise_Woman","pitch":0.0}}'
    message = post(url, body).json()["base_resp"]["status_msg"]
    assert message.startswith(
        f'invalid params,Mismatch type int64 with value number "at index {body.index("0.0")}: '
        "mismatched type with value\n\n\t"
    )
    assert '"pitch":0.0' in message


@pytest.mark.parametrize(
    "changes",
    [
        {"setting": {"latex_read": "yes"}},
        {"setting": {"text_normalization": 1}},
        {"setting": {"english_normalization": "true"}},
        {"setting": {"speed": "1"}},
        {"setting": {"pitch": 1.0}},
        {"audio": {"force_cbr": 1}},
        {"audio": {"sample_rate": "16000"}},
        {"voice_modify": {"pitch": 1.5}},
        {"voice_modify": []},
        {"aigc_watermark": "no"},
        {"continuous_sound": 0},
        {"subtitle_enable": "true"},
        {"subtitle_type": True},
        {"pronunciation_dict": {"tone": [{"text": "omg"}]}},
        {"stream_options": {"exclude_aggregated_audio": "true"}},
    ],
)
def test_a_setting_of_the_wrong_type_is_refused(url, changes):
    refusal = post(url, order(**changes)).json()["base_resp"]
    assert refusal["status_code"] == 2013
    assert refusal["status_msg"].startswith("invalid params,Mismatch type ")


@pytest.mark.parametrize(
    "changes",
    [
        {"setting": {"text_normalization": True, "english_normalization": True, "latex_read": False}},
        {"text_normalization": "at the top it is one more unknown key"},
        {"continuous_sound": True},
        {"aigc_watermark": True},
        {"audio": {"format": "mp3", "force_cbr": True}},
        {"voice_modify": {"pitch": -100, "intensity": 100, "timbre": 0}, "audio": {"format": "flac"}},
        {"voice_modify": {"pitch": 100}, "audio": {"format": "mp3"}, "stream": True},
        {"voice": "", "timber_weights": [WEIGHT, {"voice_id": "Deep_Voice_Man", "weight": 100}]},
        {"setting": {"emotion": "whisper"}, "model": "speech-2.6-hd"},
        {"setting": {"emotion": "calm"}, "model": "speech-01-hd"},
        {"subtitle_enable": True, "subtitle_type": "word_streaming", "stream": True},
        {"setting": {"speed": 2, "vol": 10, "pitch": -12}},
        {"language_boost": "Chinese,Yue"},
    ],
)
def test_what_the_documents_allow_is_taken(url, changes):
    assert '"status_code":0' in post(url, order("One.", **changes)).text


def test_formulas_are_read_in_chinese_whatever_was_asked_for(url):
    text, french = "2 + 2 = 4", {"voice": "test_tones", "language_boost": "French"}
    told = spoken(url, order(text, **french, setting={"latex_read": True}))
    assert told == spoken(url, order(text, "test_tones", language_boost="Chinese"))
    assert told != spoken(url, order(text, **french))


def test_the_old_spelling_of_weights_may_be_unknown():
    with served(Habits(neural_english=False, old_timbre_spelling=False)) as base:
        refused = post(base, order(voice="", timber_weights=[WEIGHT])).json()["base_resp"]
    assert refused == {"status_code": 2013, "status_msg": f"{INVALID}voice_setting voice_id"}


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"model":1}', '{"stream":"yes"}'])
def test_what_is_not_the_expected_json_is_refused(url, body):
    assert post(url, body).json()["base_resp"]["status_code"] == 2013


def test_ten_thousand_characters_are_the_most(url):
    assert post(url, order(" " * 9999 + "a", voice="test_tones")).json()["base_resp"]["status_code"] == 0
    assert post(url, order(" " * 10000 + "a")).json()["base_resp"]["status_code"] == 2013


def test_too_many_invisible_characters_are_refused(url):
    assert post(url, order("ab\u200b\u200b")).json()["base_resp"]["status_code"] == 1042


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/t2a_v2"), ("GET", "/"), ("POST", "/v2/t2a")])
def test_unknown_paths_are_answered_as_by_the_service(url, method, path):
    response = httpx.request(method, url + path, headers=KEY)
    assert (response.status_code, response.text) == (404, "404 page not found")
    assert response.headers["trace-id"]


def test_some_models_may_refuse_every_emotion():
    habits = Habits(neural_english=False, emotion_refused_by=("speech-2.8",), emotion_refusal_names_model=False)
    with served(habits) as base:
        refused = post(base, order(setting={"emotion": "happy"})).json()
        taken = post(base, order(setting={"emotion": "happy"}, model="speech-02-hd")).json()
    message = "invalid params, this model does not support emotion setting"
    assert refused == {"base_resp": {"status_code": 2013, "status_msg": message}}
    assert taken["base_resp"]["status_code"] == 0


def test_trace_ids_count_seconds_since_2023(url):
    first, second = (json.loads(post(url, order()).text)["trace_id"] for _ in range(2))
    assert first != second
    assert 0 <= int(second[:8], 16) - int(first[:8], 16) <= 60
