"""What is wrong is refused before it costs anything, by a message that leads to a good value.

`wrong_values.json` has a row each: what is said, and the error's code, field and message.
"""

import json
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import stream_url

ROWS = json.loads((Path(__file__).parent / "wrong_values.json").read_text())


@pytest.fixture
async def asked():
    """A gateway's URL, and what its emulator was asked."""
    async with emulating("127.0.0.1", 0) as emulator, httpx.AsyncClient(base_url=emulator, trust_env=False) as http:

        async def requests() -> list[dict]:
            return (await http.get("/emulator/usage")).json()["requests"]

        async with running(Settings(port=0, upstream="t2a+" + emulator, api_key="canary-key")) as gateway:
            yield gateway.url, requests


async def test_each_wrong_value_is_refused_by_name_and_the_session_lives_on(asked):
    url, requests = asked
    async with connect(stream_url(url), compression=None) as socket:

        async def answer(message: dict) -> dict:
            await socket.send(json.dumps(message))
            return json.loads(await socket.recv())

        welcome = await answer({"type": "hello", "v": 1})
        assert (await answer({"type": "turn.open", "turn": "open"}))["type"] == "turn.accepted"
        for number, (said, code, field, text) in enumerate(ROWS):
            error = await answer({**said, "id": str(number)})
            told = {name: error.get(name) for name in ("type", "code", "field", "message", "re", "fatal")}
            assert told == {
                "type": "error", "code": code, "field": field, "message": text, "re": str(number), "fatal": False,
            }, said  # fmt: skip
        assert (await answer({"type": "configure", "config": {}}))["config"] == welcome["config"]
        assert await requests() == []
        assert (await answer({"type": "turn.append", "turn": "open", "text": "Still here."}))["type"] == "turn.started"
    assert [request["text"] for request in await requests()] == ["Still here."]


def test_there_are_many_rows_and_each_says_what_it_is_about():
    assert len(ROWS) > 150
    for said, _, field, text in ROWS:
        assert text.startswith(field) or said["type"] == "turn.append"


async def test_a_hello_is_held_to_the_same_and_may_be_said_again(asked):
    url, requests = asked
    async with connect(stream_url(url), compression=None) as socket:
        for said, code, field, text in ROWS:
            if set(said) == {"type", "config"}:
                await socket.send(json.dumps({"type": "hello", "config": said["config"]}))
                error = json.loads(await socket.recv())
                assert (error["code"], error["field"], error["message"]) == (code, field, text), said
        await socket.send(json.dumps({"type": "hello"}))
        assert json.loads(await socket.recv())["type"] == "welcome"
    assert await requests() == []
