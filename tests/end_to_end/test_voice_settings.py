"""Every setting of a voice arrives upstream, by the right name and of the right JSON type, over each transport."""

import httpx
import orjson
import pytest

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import speak

SCHEMES = {"http": "t2a+http", "bidi": "t2a+ws", "classic": "t2a-classic+ws"}

MIXED = {
    "config": {
        "voice": {
            "model": "speech-2.6-hd",
            "speed": 2,
            "vol": 3,
            "pitch": -4.0,
            "emotion": "whisper",
            "timber_weights": [
                {"voice_id": "Wise_Woman", "weight": 30},
                {"voice_id": "Deep_Voice_Man", "weight": 70.0},
            ],
            "english_normalization": True,
            "pronunciation_dict": ["omg/oh my god", "危险/dangerous"],
            "voice_modify": {"pitch": 10, "intensity": -20, "timbre": 30, "sound_effects": "robotic"},
        },
        "language": "en-GB",
        "audio": {"codec": "mp3", "rate": 32000, "channels": 2, "bitrate": 64000},
    },
    "asked": {
        "model": "speech-2.6-hd",
        "voice_setting": {
            "voice_id": "",
            "speed": 2.0,
            "vol": 3.0,
            "pitch": -4,
            "emotion": "whisper",
            "text_normalization": True,
        },
        "audio_setting": {"sample_rate": 32000, "format": "mp3", "channel": 2, "bitrate": 64000, "force_cbr": True},
        "language_boost": "English",
        "timbre_weights": [{"voice_id": "Wise_Woman", "weight": 30}, {"voice_id": "Deep_Voice_Man", "weight": 70}],
        "timber_weights": [{"voice_id": "Wise_Woman", "weight": 30}, {"voice_id": "Deep_Voice_Man", "weight": 70}],
        "pronunciation_dict": {"tone": ["omg/oh my god", "危险/dangerous"]},
        "voice_modify": {"pitch": 10, "intensity": -20, "timbre": 30, "sound_effects": "robotic"},
    },
}
FORMULAS = {
    "config": {
        "voice": {"voice_id": "female-shaonv", "latex_read": True, "continuous_sound": True},
        "language": "zh-CN",
        "audio": {"rate": 8000},
    },
    "asked": {
        "model": "speech-2.8-turbo",
        "voice_setting": {"voice_id": "female-shaonv", "speed": 1.0, "vol": 1.0, "pitch": 0, "latex_read": True},
        "audio_setting": {"sample_rate": 8000, "format": "pcm", "channel": 1},
        "language_boost": "Chinese",
        "continuous_sound": True,
    },
}
TEXT = "One two three."


def on(transport: str, asked: dict) -> dict:
    """What the transport adds to the settings that all have in common."""
    if transport == "http":
        return {"text": TEXT, **asked, "stream": True, "stream_options": {"exclude_aggregated_audio": True}}
    setting = asked["voice_setting"]
    if "text_normalization" in setting:
        setting = {**setting, "english_normalization": True}
    return {"event": "task_start", "text": TEXT, **asked, "voice_setting": setting}


def exactly(value: dict) -> str:
    """As JSON, where 1, 1.0 and true are three."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode()


@pytest.mark.parametrize("case", [MIXED, FORMULAS], ids=["mixed", "formulas"])
@pytest.mark.parametrize("transport", SCHEMES)
async def test_every_setting_arrives_by_its_name_and_of_its_type(transport: str, case: dict):
    async with emulating("127.0.0.1", 0) as emulator, httpx.AsyncClient(base_url=emulator, trust_env=False) as http:
        url = SCHEMES[transport] + emulator.removeprefix("http")
        async with running(Settings(port=0, upstream=url, api_key="canary-key")) as gateway:
            heard = await speak(gateway.url, TEXT, config=case["config"])
        asked = (await http.get("/emulator/usage")).json()["requests"]
    assert [exactly(each["request"]) for each in asked] == [exactly(on(transport, case["asked"]))]
    assert heard.order[-1] == "turn.done"
    assert heard.audio
