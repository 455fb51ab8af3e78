"""What a listener hears when upstream fails: the whole text, or a turn that says what was heard."""

import httpx
import pytest

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import speak
from tests.tones import heard, ids

TEXT = "Every word of this is heard once and only once."
CONFIG = {"voice": {"voice_id": "test_tones"}, "audio": {"rate": 8000}}


async def load(emulator: str, *faults: dict) -> None:
    async with httpx.AsyncClient(base_url=emulator, trust_env=False) as http:
        assert (await http.post("/emulator/faults", json=list(faults))).json() == {"loaded": len(faults)}


@pytest.mark.parametrize("scheme", ["t2a+http", "t2a+ws", "t2a-classic+ws"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut", "at": 9001},
        {"kind": "truncated", "at": 9001},
        {"kind": "bad_hex", "at": 9001},
        {"kind": "error", "code": 1000, "at": 9001},
        {"kind": "error", "code": 1002},
    ],
    ids=lambda fault: f"{fault['kind']}{fault.get('code', '')}",
)
async def test_a_segment_that_breaks_is_asked_again_and_no_word_is_said_twice(fault, scheme):
    async with emulating("127.0.0.1", 0) as emulator:
        await load(emulator, fault)
        upstream = scheme + emulator.removeprefix("http")
        async with running(Settings(port=0, upstream=upstream, api_key="canary-key")) as gateway:
            turn = await speak(gateway.url, TEXT, config=CONFIG)
    assert turn.order[-1] == "turn.done"
    assert heard(turn.audio, 8000) == ids(TEXT)
    assert turn.last("notice")["code"] == "upstream_retry"


@pytest.mark.parametrize("scheme", ["t2a+http", "t2a+ws", "t2a-classic+ws"])
@pytest.mark.parametrize(
    ("code", "named"), [(1026, "content_filtered"), (2054, "voice_not_found"), (1008, "upstream_balance")]
)
async def test_a_permanent_refusal_fails_the_turn_at_once(code, named, scheme):
    async with emulating("127.0.0.1", 0) as emulator:
        await load(emulator, {"kind": "error", "code": code, "times": None})
        async with running(
            Settings(port=0, upstream=scheme + emulator.removeprefix("http"), api_key="canary-key")
        ) as gateway:
            turn = await speak(gateway.url, TEXT, config=CONFIG)
    failed = turn.last("turn.failed")
    assert (failed["error"]["code"], failed["error"]["upstream"]["code"]) == (named, code)
    assert (failed["heard"]["text"], failed["unheard"]["text"], failed["sent_ms"]) == ("", TEXT, 0)
    assert "notice" not in turn.order


async def test_after_three_tries_the_turn_fails_and_says_what_was_heard():
    async with emulating("127.0.0.1", 0) as emulator:
        await load(emulator, {"kind": "cut", "at": 9001, "times": None})
        async with running(Settings(port=0, upstream="t2a+" + emulator, api_key="canary-key")) as gateway:
            turn = await speak(gateway.url, TEXT, config=CONFIG)
    failed = turn.last("turn.failed")
    assert failed["error"]["code"] == "upstream_unavailable"
    assert failed["heard"]["text"] + failed["unheard"]["text"] == TEXT
    assert failed["sent_ms"] == len(turn.audio) // 16
    assert turn.order.count("notice") == 2


async def test_the_next_upstream_of_the_list_speaks_when_the_first_cannot():
    async with emulating("127.0.0.1", 0) as first, emulating("127.0.0.1", 0) as second:
        await load(first, {"kind": "error", "code": 1008, "times": None})
        upstream = f"t2a+{first}, t2a+{second}#speech-02-turbo"
        async with running(Settings(port=0, upstream=upstream, api_key="canary-key")) as gateway:
            turn = await speak(gateway.url, TEXT, config=CONFIG)
        async with httpx.AsyncClient(base_url=second, trust_env=False) as http:
            [request] = (await http.get("/emulator/usage")).json()["requests"]
    assert turn.order[-1] == "turn.done"
    assert heard(turn.audio, 8000) == ids(TEXT)
    assert request["model"] == "speech-02-turbo"


async def test_a_pool_goes_on_with_its_other_key_when_one_is_refused():
    async with emulating("127.0.0.1", 0) as emulator:
        async with running(Settings(port=0, upstream="t2a+" + emulator, api_key="bad-key, canary-good-key")) as gateway:
            turns = [await speak(gateway.url, TEXT, config=CONFIG) for _ in range(3)]
        async with httpx.AsyncClient(base_url=emulator, trust_env=False) as http:
            outcomes = [each["outcome"] for each in (await http.get("/emulator/usage")).json()["requests"]]
    assert [heard(turn.audio, 8000) for turn in turns] == [ids(TEXT)] * 3
    assert sum(outcome != "done" for outcome in outcomes) <= 1


async def test_an_emotion_that_the_model_refuses_is_asked_once_without():
    refused = "invalid params, this model does not support emotion setting, model: speech-2.8"
    async with emulating("127.0.0.1", 0) as emulator:
        await load(emulator, {"kind": "error", "code": 2013, "message": refused})
        async with running(Settings(port=0, upstream="t2a+" + emulator, api_key="canary-key")) as gateway:
            turn = await speak(gateway.url, TEXT, config=CONFIG, voice={"emotion": "happy"})
    assert turn.order[-1] == "turn.done"
    assert turn.last("notice")["code"] == "upstream_retry"
