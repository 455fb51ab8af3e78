"""What a stream left is found by its trace ids: its audio, its error, its settings, whatever broke it."""

import io
import json
import wave
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.app import running
from gateway.cli import main
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.connection import stage
from tests.connection.stage import hear, say, stream
from tests.end_to_end.client import TERMINALS
from tests.redis_server import RedisServer
from tests.sessions.stage import greeted, until
from tests.upstreams.raw import TRACE, chunk, refusing, response, sse

TEXT = "Every word of this is heard once and only once."
CONFIG = {"voice": {"voice_id": "test_tones"}, "audio": {"rate": 8000}}
JOINT_BYTES = 160
"""10 ms are held back, to join on what the next attempt says."""
SCHEMES = ["t2a+http", "t2a+ws", "t2a-classic+ws"]
SHORT = [bytes([index]) * 480 for index in range(1, 9)]


class Staged:
    """A gateway, and its emulator."""

    def __init__(self, url: str, emulator: str, http: httpx.AsyncClient) -> None:
        self.url, self._emulator, self._http = url, emulator, http

    async def fault(self, **fault) -> None:
        (await self._http.post(f"{self._emulator}/emulator/faults", json=[fault])).raise_for_status()

    async def asked(self) -> list[str]:
        """The trace ids of what the emulator was asked to say."""
        requests = (await self._http.get(f"{self._emulator}/emulator/usage")).json()["requests"]
        return [each["trace_id"] for each in requests]

    async def get(self, path: str, token: str | None = None) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self._http.get(self.url + path, headers=headers)


@asynccontextmanager
async def staged(scheme: str = "t2a+http", **settings):
    async with emulating("127.0.0.1", 0) as emulator, httpx.AsyncClient(trust_env=False) as http:
        upstream = scheme + emulator.removeprefix("http")
        async with running(Settings(port=0, upstream=upstream, api_key="canary-key", **settings)) as gateway:
            yield Staged(gateway.url, emulator, http)


def samples(answer: httpx.Response) -> bytes:
    with wave.open(io.BytesIO(answer.content)) as file:
        return file.readframes(file.getnframes())


@pytest.mark.parametrize(("fault", "scheme"), [*(("cut", scheme) for scheme in SCHEMES), ("error", SCHEMES[0])])
async def test_what_failed_is_found_with_its_audio_by_each_of_its_attempts(fault, scheme):
    async with staged(scheme) as it:
        await it.fault(kind=fault, at=9001, times=None)
        async with greeted(it.url, config=CONFIG) as (socket, _):
            await say(socket, "speak", turn="a", text=TEXT)
            heard = await hear(socket, TERMINALS)
        asked = await it.asked()
        found = [(await it.get(f"/v1/traces/{trace}")).json() for trace in asked]
        sounds = [samples(await it.get(f"/v1/traces/{trace}/audio")) for trace in asked]
    error = heard.last("turn.failed")["error"]
    assert len(asked) == 3
    assert error["upstream"]["trace_id"] == found[0]["trace_id"] == asked[-1]
    assert found[0]["attempts"] == [{"trace_id": trace, "code": "upstream_unavailable"} for trace in asked[:-1]]
    assert (found[0]["outcome"], found[0]["error"]["code"]) == ("failed", "upstream_unavailable")
    assert found == [found[0]] * 3
    assert sounds == [heard.audio] * 3
    assert found[0]["audio"]["bytes"] == len(heard.audio) > 8000


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_was_cancelled_in_the_middle_is_found_by_its_trace_id_before_and_after(scheme):
    async with staged(scheme) as it:
        await it.fault(kind="stall", at=9001)
        async with greeted(it.url, config=CONFIG) as (socket, _):
            await say(socket, "speak", turn="a", text=TEXT)
            await until(socket, "frame")
            [trace] = await it.asked()
            running = (await it.get(f"/v1/traces/{trace}")).json()
            await say(socket, "turn.cancel", turn="a")
            await until(socket, "turn.cancelled")
        while (found := (await it.get(f"/v1/traces/{trace}")).json())["outcome"] == "running":
            pass
        sound = samples(await it.get(found["audio"]["url"]))
    assert (running["outcome"], running["trace_id"]) == ("running", trace)
    assert (found["outcome"], found["error"], found["attempts"]) == ("cancelled", None, [])
    assert len(sound) == found["audio"]["bytes"] == 9000 - JOINT_BYTES


async def test_what_was_asked_again_and_then_whole_keeps_the_ids_of_what_broke():
    async with staged() as it:
        await it.fault(kind="cut", at=9001)
        async with greeted(it.url, config=CONFIG) as (socket, _):
            await say(socket, "speak", turn="a", text=TEXT)
            heard = await hear(socket, TERMINALS)
        broken, whole = await it.asked()
        found = (await it.get(f"/v1/traces/{broken}")).json()
        troubled = (await it.get("/v1/traces")).json()
    assert (found["outcome"], found["trace_id"]) == ("done", whole)
    assert found["attempts"] == [{"trace_id": broken, "code": "upstream_unavailable"}]
    assert found["audio"]["bytes"] == len(heard.audio)
    assert troubled == {"traces": [found]}


async def test_another_replica_tells_the_same(redis_server: RedisServer):
    async with staged(store=redis_server.url) as it:
        await it.fault(kind="error", code=1026, at=9001)
        async with greeted(it.url, config=CONFIG) as (socket, welcome):
            await say(socket, "speak", turn="a", text=TEXT)
            heard = await hear(socket, TERMINALS)
        other = Settings(port=0, upstream="emulator:", store=redis_server.url)
        path = f"/v1/sessions/{welcome['session']}/turns/a"
        here = (await it.get(path)).json()
        async with running(other) as replica:
            it.url = replica.url
            while (elsewhere := (await it.get(path)).json()).get("terminal") is None:
                pass
            sound = samples(await it.get(elsewhere["segments"][0]["audio"]["url"]))
    assert elsewhere == here
    assert sound == heard.audio != b""


async def test_a_turn_is_told_with_all_its_segments_and_its_terminal_and_without_its_text():
    failing = response(sse(*map(chunk, SHORT), refusing(1026)))
    async with stage.gateway(failing) as (url, _), greeted(url, config=CONFIG) as (socket, welcome):
        await say(socket, "turn.open", turn="a")
        await say(socket, "turn.append", turn="a", pause_ms=100)
        await say(socket, "turn.append", turn="a", text="Hello.")
        await say(socket, "turn.commit", turn="a")
        heard = await hear(socket, TERMINALS)
        async with httpx.AsyncClient(trust_env=False, base_url=url) as http:
            answer = await http.get(f"/v1/sessions/{welcome['session']}/turns/a")
    told = answer.json()
    pause, segment = told.pop("segments")
    ids = {"session": welcome["session"], "turn": "a"}
    terminal = json.loads(json.dumps(heard.last("turn.failed")), object_hook=without("text", "seq"))
    assert "Hello" not in answer.text
    assert told == {
        **ids,
        "terminal": terminal,
        "audio": {
            "codec": "pcm_s16le",
            "bytes": 1600 + 3840 - JOINT_BYTES,
            "duration_ms": 100 + 230,
            "url": f"/v1/sessions/{welcome['session']}/turns/a/audio",
        },
    }
    assert (pause["request"], pause["outcome"], pause["audio"]["duration_ms"]) == (None, "done", 100)
    assert segment.pop("at") >= pause["at"]
    assert segment.pop("first_byte_ms") >= 0
    assert segment == {
        **ids,
        "trace_id": TRACE,
        "segment": 1,
        "outcome": "failed",
        "error": terminal["error"] | {"field": None},
        "attempts": [],
        "request": {
            "model": "speech-2.8-turbo",
            "voice": {"voice_id": "test_tones", "speed": 1.0, "vol": 1.0, "pitch": 0},
            "language": "en",
            "audio": {"codec": "pcm", "rate": 8000, "channels": 1, "bitrate": 128000},
            "words": False,
        },
        "characters": 6,
        "span": [0, 6],
        "cached": False,
        "audio": {"bytes": 3840 - JOINT_BYTES, "duration_ms": 230, "url": f"/v1/traces/{TRACE}/audio"},
    }


def without(*names: str):
    return lambda fields: {name: value for name, value in fields.items() if name not in names}


async def test_it_opens_as_its_audio_does_and_the_list_to_the_secret_only():
    async with (
        stage.gateway(stream(*SHORT), secret="canary-secret") as (url, _),
        greeted(url, token="canary-secret") as (socket, welcome),
        httpx.AsyncClient(trust_env=False, base_url=url) as http,
    ):
        await say(socket, "speak", turn="a", text="Hello.")
        await hear(socket, TERMINALS)

        async def statuses(path: str) -> list[int]:
            tokens = ["wrong", "canary-secret", welcome["resume_token"]]
            answers = [await http.get(path, headers={"Authorization": f"Bearer {token}"}) for token in tokens]
            return [answer.status_code for answer in [await http.get(path), *answers]]

        assert await statuses(f"/v1/traces/{TRACE}") == [401, 401, 200, 200]
        assert await statuses(f"/v1/sessions/{welcome['session']}/turns/a") == [401, 401, 200, 200]
        assert await statuses(f"/v1/sessions/{welcome['session']}/turns/b") == [401, 401, 404, 401]
        assert await statuses("/v1/traces/unknown") == [401, 401, 404, 401]
        assert await statuses("/v1/traces") == [401, 401, 200, 401]


async def test_a_response_without_a_header_is_named_by_its_first_event():
    async with stage.gateway(stream(*SHORT)[:-9], stay=True) as (url, _), greeted(url) as (socket, _):
        await say(socket, "speak", turn="a", text="Hello.")
        await until(socket, "frame")
        async with httpx.AsyncClient(trust_env=False, base_url=url) as http:
            assert (await http.get(f"/v1/traces/{TRACE}")).json()["outcome"] == "running"


def test_the_command_tells_it_and_saves_its_audio(gateway, tmp_path, capsys, monkeypatch):
    saved = tmp_path / "what.wav"
    session, trace = spoken(gateway)
    assert main(["trace", trace, "--url", gateway, "-o", str(saved)]) == 0
    told = capsys.readouterr().out.splitlines()
    with wave.open(str(saved)) as file:
        seconds = file.getnframes() / file.getframerate()
    assert [line.split()[0] for line in told] == ["segment", "trace", "outcome", "at", "asked", "text", "audio"]
    assert told[1] == f"trace    {trace}"
    assert told[-1].startswith(f"audio    {seconds:.2f} s, ")
    assert main(["trace", f"{session}/a", "--url", gateway]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "ended    done"
    assert main(["trace", "nothing", "--url", gateway]) == 1
    assert capsys.readouterr().err == "voice-gateway: Nothing of this is kept.\n"


def spoken(url: str) -> tuple[str, str]:
    """A turn's session and trace id."""
    import asyncio

    async def speak() -> tuple[str, str]:
        async with greeted(url, config=CONFIG) as (socket, welcome):
            await say(socket, "speak", turn="a", text=TEXT)
            heard = await hear(socket, TERMINALS)
        return welcome["session"], heard.last("segment.done")["trace_id"]

    return asyncio.run(speak())
