"""Voices by the operator's names, per session, per turn and per language: upstream hears its own ids."""

import json
import re
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import BadSetting, Settings
from tests.end_to_end.client import Heard, speak, stream_url

DOCUMENT = (Path(__file__).parent.parent.parent / "docs/voices.md").read_text()
FILE = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)[0]


@pytest.fixture
async def named(tmp_path):
    """A gateway with the document's aliases, and the voices its emulator was asked for, turn by turn."""
    file = tmp_path / "voices.toml"
    file.write_text(FILE)
    async with emulating("127.0.0.1", 0) as emulator, httpx.AsyncClient(base_url=emulator, trust_env=False) as http:

        async def voices() -> list[list[str]]:
            return [request["voices"] for request in (await http.get("/emulator/usage")).json()["requests"]]

        settings = Settings(port=0, upstream="t2a+" + emulator, api_key="canary-key", voices_file=str(file))
        async with running(settings) as gateway:
            yield gateway.url, voices


@pytest.mark.parametrize(
    ("config", "options", "known_as", "asked"),
    [
        ({"voice": {"voice_id": "narrator"}}, {}, "narrator", ["English_Graceful_Lady"]),
        ({"voice": {"voice_id": "narrator"}, "language": "ja"}, {}, "narrator", ["Japanese_KindLady"]),
        ({}, {"voice": "narrator", "language": "ja"}, "narrator", ["Japanese_KindLady"]),
        ({"voice": {"voice_id": "narrator"}}, {"voice": "ghost"}, "ghost", ["Wise_Woman", "Deep_Voice_Man"]),
        ({"voices": {"de-AT": {"voice_id": "ghost"}}, "language": "de"}, {}, "ghost", ["Wise_Woman", "Deep_Voice_Man"]),
        ({"voices": {"de": {"voice_id": "ghost"}}, "language": "fr"}, {"voice": "Abbess"}, "Abbess", ["Abbess"]),
        ({"voice": {"voice_id": "narrator"}}, {"voice": "Wise_Woman"}, "Wise_Woman", ["Wise_Woman"]),
    ],
)  # fmt: skip
async def test_upstream_is_asked_for_its_own_voice_and_the_client_hears_the_name(
    named, config, options, known_as, asked
):
    url, voices = named
    heard = await speak(url, "Hello.", config=config, **options)
    assert heard.last("segment.started")["voice_id"] == known_as
    assert await voices() == [asked]


async def test_the_effective_config_has_the_name_and_what_the_alias_sets(named):
    url, _ = named
    heard = Heard()
    async with connect(stream_url(url), compression=None) as socket:
        for message in (
            {"type": "hello", "config": {"voice": {"voice_id": "narrator", "pitch": 2}}},
            {"type": "configure", "config": {"voice": {"voice_id": "ghost"}}},
        ):
            await socket.send(json.dumps(message))
            heard.take(await socket.recv())
    welcome, configured = (message["config"]["voice"] for message in heard.messages)
    assert (welcome["voice_id"], welcome["speed"], welcome["pitch"]) == ("narrator", 0.9, 2)
    assert (configured["voice_id"], configured["emotion"], configured["speed"]) == ("ghost", "calm", 1.0)
    assert configured["timbre_weights"] is None


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("[narrator]\nvoice_id = 'v'\nspeed = 9", "narrator.speed must be a number from 0.5 to 2; 2 is the nearest."),
        ("[narrator", "must be TOML: "),
        ("\ud800", "must be TOML: "),
        (None, "cannot be read: No such file or directory."),
    ],
)
async def test_a_file_that_cannot_be_used_is_named_at_start(tmp_path, file, message):
    path = tmp_path / "voices.toml"
    if file is not None:
        path.write_bytes(file.encode("utf-8", "surrogatepass"))
    with pytest.raises(BadSetting) as bad:
        async with running(Settings(port=0, upstream="emulator:", voices_file=str(path))):
            pass
    assert str(bad.value).startswith(str(path))
    assert message in str(bad.value)
