"""Refusals to the letter: status 200, compact JSON, nothing but `base_resp`, the trace in a header."""

import json
import re

import httpx
import pytest

from gateway.emulator import Habits
from tests.emulator.served import KEY, LOST_VOICE, order, post, served

INVALID = "invalid params, invalid params: "
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
