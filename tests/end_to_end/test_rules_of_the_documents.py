"""Every rule in upstream's documents for a request is kept here, and said, before upstream is asked.

The rules stand here as the documents have them, beside the gateway's own table.
"""

import json

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import stream_url

SIZES = ("hd", "turbo")
ALL = [f"speech-{family}-{size}" for family in ("2.8", "2.6", "02", "01") for size in SIZES]
ALL += [f"speech-2.5-{size}-preview" for size in SIZES]
LONG = "word " * 2000 + "w"


def of(family: str) -> list[str]:
    return [model for model in ALL if model.startswith(f"speech-{family}-")]


def but(*families: str) -> list[str]:
    return [model for model in ALL if model not in [each for family in families for each in of(family)]]


def voice(**fields) -> dict:
    return {"voice": fields}


def audio(**fields) -> dict:
    return {"audio": fields}


def mixture(*weights) -> dict:
    return voice(timbre_weights=[{"voice_id": "Wise_Woman", "weight": weight} for weight in weights])


def modified(codec: str, **fields) -> dict:
    return {**voice(voice_modify=fields), **audio(codec=codec)}


SETTINGS = [
    *((voice(model=name), "voice.model", "speech-2.8-hd") for name in ("speech-2.8", "speech-03-hd", "tts-1")),
    *((voice(speed=value), "voice.speed", "0.5 to 2") for value in (0.49, 2.01, "1")),
    *((voice(vol=value), "voice.vol", "above 0, up to 10") for value in (0, -1, 10.1)),
    *((voice(pitch=value), "voice.pitch", "whole number from -12 to 12") for value in (-13, 13, 0.5)),
    *((voice(emotion=name), "voice.emotion", "null or one of") for name in ("neutral", "auto", "joyful")),
    *(
        (voice(model=model, emotion=name), "voice.emotion", "speech-2.6-hd and speech-2.6-turbo know it")
        for model in but("2.6")
        for name in ("fluent", "whisper")
    ),
    *(
        (voice(model=model, continuous_sound=True), "voice.continuous_sound", "speech-2.8-hd and speech-2.8-turbo")
        for model in but("2.8")
    ),
    *(
        ({**voice(model=model), "language": tag}, "language", "speech-2.6-")
        for model in of("02") + of("01")
        for tag in ("fa", "fil", "ta")
    ),
    *(
        ({"voices": {tag: {"model": "speech-02-hd"}}}, f"voices.{tag}.model", "speech-2.6-hd does")
        for tag in ("fa", "fil", "ta")
    ),
    *(({"language": tag}, "language", "BCP-47") for tag in ("Malay", "xx", "tlh", "la")),
    *(({**voice(latex_read=True), "language": tag}, "voice.latex_read", "zh") for tag in ("en", "yue", "ja")),
    (mixture(1, 1, 1, 1, 1), "voice.timbre_weights", "1 to 4 items"),
    *((mixture(50, weight), "voice.timbre_weights.1.weight", "1 to 100") for weight in (0, 101, 1.5)),
    *(
        (voice(pronunciation_dict=[entry]), "voice.pronunciation_dict.0", "written/spoken")
        for entry in ("omg", "/oh my god", "omg/", "处理/(chu3", "处理/（chu3）")
    ),
    (voice(pronunciation_dict=["处理/(chu3)(li8)"]), "voice.pronunciation_dict.0", "tones 1 to 5"),
    (voice(pronunciation_dict=[{"tone": "omg", "text": "oh"}]), "voice.pronunciation_dict.0", "a string"),
    *(
        (modified("mp3", **{name: value}), f"voice.voice_modify.{name}", "-100 to 100")
        for name in ("pitch", "intensity", "timbre")
        for value in (-101, 101)
    ),
    (modified("mp3", sound_effects="cave"), "voice.voice_modify.sound_effects", "spacious_echo"),
    *((modified(codec, pitch=1), "voice.voice_modify", "mp3") for codec in ("pcm_s16le", "wav", "flac")),
    *(
        (audio(codec=codec, rate=rate), "audio.rate", "8000")
        for codec in ("pcm_s16le", "mp3", "wav", "flac", "opus", "ogg_opus", "mulaw")
        for rate in (7999, 11025, 96000)
    ),
    *((audio(codec="mp3", bitrate=rate), "audio.bitrate", "32000") for rate in (31999, 48000, 192000, 320000)),
    *((audio(channels=channels), "audio.channels", "1 to 2") for channels in (0, 3)),
    (audio(codec="mulaw", rate=8000, channels=2), "audio.channels", "1 with mulaw"),
    *((audio(codec=name), "audio.codec", "one of pcm_s16le") for name in ("pcm", "aac", "pcmu_raw")),
]
TEXTS = [
    (LONG, "text_too_long", "10000 characters"),
    *(
        (f"One, {pause} two.", "bad_request", "<#0.01#> to <#99.99#>")
        for pause in ("<#0#>", "<#0.009#>", "<#100#>", "<#1.005#>", "<#-1#>", "<##>", "<#one#>")
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked():
    """A gateway's URL, and what its emulator was asked."""
    async with emulating("127.0.0.1", 0) as emulator, httpx.AsyncClient(base_url=emulator, trust_env=False) as http:

        async def requests() -> list[dict]:
            return (await http.get("/emulator/usage")).json()["requests"]

        async with running(Settings(port=0, upstream="t2a+" + emulator, api_key="canary-key")) as gateway:
            yield gateway.url, requests


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("config", "field", "hint"), SETTINGS, ids=lambda value: json.dumps(value)[:60])
async def test_a_setting_that_upstream_would_not_take_is_refused_with_what_it_would(asked, config, field, hint):
    url, requests = asked
    own = [] if "voices" in config else [{"type": "speak", "turn": "a", "text": "Hello.", **config}]
    for said in [{"type": "hello", "config": config}, *own]:
        error = await answer(url, said)
        assert (error["type"], error["field"]) == ("error", field)
        assert error["code"] in {"bad_request", "unsupported_audio"}
        assert hint in error["message"]
    assert await requests() == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("text", "code", "hint"), TEXTS, ids=lambda value: value[:40])
@pytest.mark.parametrize("cut", [0, 7])
async def test_a_text_that_upstream_would_not_take_is_refused_also_when_it_comes_in_pieces(
    asked, text, code, hint, cut
):
    url, requests = asked
    turn = {"turn": "a", "text_rules": {"markup": "pass"}}
    if cut:
        begun = [{"type": "turn.open", **turn}, {"type": "turn.append", "turn": "a", "text": text[:cut]}]
        error = await answer(url, *begun, {"type": "turn.append", "turn": "a", "text": text[cut:]})
    else:
        error = await answer(url, {"type": "speak", "text": text, **turn})
    assert (error["type"], error["code"], error["field"]) == ("error", code, "text")
    assert hint in error["message"]
    assert await requests() == []


async def answer(url: str, *said: dict) -> dict:
    """The answer to the last message."""
    async with connect(stream_url(url), compression=None) as socket:
        for number, message in enumerate(said):
            await socket.send(json.dumps({**message, "id": str(number)}))
        while True:
            heard = json.loads(await socket.recv())
            if heard.get("re") == str(len(said) - 1):
                return heard
