"""The whole request can be asked for afterwards: each setting by its name and JSON type."""

import json

import httpx
import pytest

from gateway.emulator import Habits
from gateway.emulator.ledger import Ledger
from tests.emulator.served import order, post, served
from tests.emulator.talk import BIDI, CLASSIC, talking

SETTINGS = {
    "model": "speech-2.8-hd",
    "voice_setting": {
        "voice_id": "test_tones",
        "speed": 1,
        "vol": 1.0,
        "pitch": 0,
        "emotion": "calm",
        "text_normalization": True,
        "english_normalization": False,
        "latex_read": False,
    },
    "audio_setting": {"format": "mp3", "sample_rate": 32000, "bitrate": 128000, "channel": 1, "force_cbr": True},
    "pronunciation_dict": {"tone": ["omg/oh my god"]},
    "timbre_weights": [],
    "language_boost": None,
    "voice_modify": {"pitch": 1, "intensity": -1, "timbre": 0, "sound_effects": "robotic"},
    "subtitle_enable": True,
    "subtitle_type": "word",
    "aigc_watermark": False,
    "continuous_sound": True,
    "an_unknown_key": {"deep": [1, 2.0, "three", None]},
}


@pytest.fixture(scope="module")
def base():
    with served(Habits(neural_english=False, workers=1)) as url:
        yield url


def recorded(url):
    """As text, so that 1 and 1.0 differ."""
    entries = httpx.get(f"{url}/emulator/usage").json()["requests"]
    return [json.dumps(entry["request"]) for entry in entries]


@pytest.fixture(autouse=True)
def _forgotten(base):
    httpx.delete(f"{base}/emulator/usage")


def test_a_request_is_kept_as_it_was_received(base):
    body = {**SETTINGS, "text": "omg", "stream": True, "stream_options": {"exclude_aggregated_audio": True}}
    assert post(base, body).text.startswith("data: ")
    assert recorded(base) == [json.dumps(body)]


def test_a_refused_request_is_kept_too(base):
    body = order(voice="No_Such_Voice")
    post(base, body)
    assert recorded(base) == [json.dumps(body)]


@pytest.mark.parametrize("path", [CLASSIC, BIDI])
def test_a_socket_keeps_its_start_with_each_text(base, path):
    with talking(base, path) as talk:
        talk.say("task_start", **SETTINGS)
        for text in ("One.", "Two."):
            talk.say("task_continue", text=text)
        talk.say("task_finish")
        talk.hear_all()
    assert recorded(base) == [
        json.dumps({"event": "task_start", **SETTINGS, "text": text}) for text in ("One.", "Two.")
    ]


def test_no_key_is_kept(base):
    post(base, order())
    assert "a-long-enough-key" not in httpx.get(f"{base}/emulator/usage").text


def test_long_requests_and_those_of_long_ago_are_not_kept():
    ledger = Ledger()
    ledger.open("http", "key", "0").record({"text": "long"}, 70_000)
    for number in range(1001):
        ledger.open("http", "key", str(number)).record({"text": str(number)}, 10)
    kept = [entry["request"] for entry in ledger.report()["requests"]]
    assert kept == [None, None, *({"text": str(number)} for number in range(1, 1001))]
