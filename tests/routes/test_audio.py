"""What was spoken can be fetched for a while, also when its turn failed or its client was cut."""

import asyncio
import io
import wave

import httpx
import miniaudio
import pytest
import soundfile

from gateway.protocol.config import Audio
from gateway.recordings import Recordings
from tests.connection import stage
from tests.connection.stage import hear, say, stream
from tests.end_to_end.client import TERMINALS
from tests.sessions.stage import greeted, until
from tests.upstreams.raw import TRACE, chunk, refusing, response, sse

SHORT = [bytes([index]) * 480 for index in range(1, 9)]
SOUND = b"".join(SHORT)


async def fetch(url: str, path: str, token: str | None = None) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(trust_env=False, base_url=url) as http:
        return await http.get(path, headers=headers)


def of_turn(welcome: dict, turn: str) -> str:
    return f"/v1/sessions/{welcome['session']}/turns/{turn}/audio"


def samples(answer: httpx.Response) -> bytes:
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
        return file.readframes(file.getnframes())


async def test_the_audio_of_a_turn_is_one_file_by_turn_and_by_trace_id():
    async with stage.gateway(stream(*SHORT)) as (url, _), greeted(url) as (socket, welcome):
        await say(socket, "speak", turn="a", text="Hello.")
        await hear(socket, TERMINALS)
        whole = await fetch(url, of_turn(welcome, "a"))
        traced = await fetch(url, f"/v1/traces/{TRACE}/audio")
        segment = await fetch(url, of_turn(welcome, "a") + "?segment=0")
    assert [samples(answer) for answer in (whole, traced, segment)] == [SOUND] * 3
    assert whole.headers["content-type"] == "audio/wav"


async def test_of_a_turn_that_failed_there_is_what_had_come():
    failing = response(sse(*map(chunk, SHORT), refusing(1026)))
    async with stage.gateway(failing) as (url, _), greeted(url) as (socket, welcome):
        await say(socket, "speak", turn="a", text="Hello.")
        heard = await hear(socket, TERMINALS)
        answer = await fetch(url, of_turn(welcome, "a"))
    assert heard.order[-1] == "turn.failed"
    assert samples(answer) == heard.audio != b""


async def test_of_a_turn_that_runs_there_is_what_has_come_also_while_its_client_is_cut():
    async with stage.gateway(stream(*SHORT)[:-5], stay=True) as (url, _):
        async with greeted(url) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            await until(socket, "segment.started")
            socket.transport.abort()
        answer = await fetch(url, of_turn(welcome, "a"))
    assert SOUND.startswith(samples(answer))


async def test_it_is_opened_by_the_secret_or_the_sessions_token_and_by_nothing_else():
    async with (
        stage.gateway(stream(*SHORT), secret="canary-secret") as (url, _),
        greeted(url, token="canary-secret") as (socket, welcome),
    ):
        await say(socket, "speak", turn="a", text="Hello.")
        await hear(socket, TERMINALS)
        path = of_turn(welcome, "a")
        tokens = [None, "wrong", "canary-secret", welcome["resume_token"]]
        statuses = [(await fetch(url, path, token)).status_code for token in tokens]
        in_url = await fetch(url, f"{path}?token=canary-secret")
        unknown = await fetch(url, path.replace("/a/", "/b/"), "canary-secret")
        guessed = await fetch(url, path.replace("/a/", "/b/"), welcome["resume_token"])
    assert statuses == [401, 401, 200, 200]
    assert in_url.status_code == guessed.status_code == 401
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_turn")


async def test_after_the_window_it_is_gone():
    async with stage.gateway(stream(*SHORT), resume_window_ms=1) as (url, _), greeted(url) as (socket, welcome):
        await say(socket, "speak", turn="a", text="Hello.")
        await hear(socket, TERMINALS)
        while (answer := await fetch(url, of_turn(welcome, "a"))).status_code == 200:
            pass
        traced = await fetch(url, f"/v1/traces/{TRACE}/audio")
    assert answer.status_code == traced.status_code == 404


async def test_what_failed_is_kept_beyond_the_window():
    recordings = Recordings(0.001, 10**6)
    for turn, error in (("good", None), ("bad", {"code": "upstream_timeout"})):
        recording = recordings.begin("s", str.isdigit, turn, Audio())
        recordings.end(recording)
        recording.take(0).error = error
        recordings.finish(recording, recording.take(0))
    while await recordings.find("s", "good"):
        await asyncio.sleep(0)
    assert [take.error for _, take in recordings.troubled(9)] == [{"code": "upstream_timeout"}]
    recordings.close()


@pytest.mark.parametrize(("window_s", "most"), [(0, 10**6), (60, 4)])
async def test_a_turn_that_still_plays_holds_no_audio_that_is_not_kept(window_s, most):
    recordings = Recordings(window_s, most)
    recording = recordings.begin("s", str.isdigit, "t", Audio())
    for segment in range(1, 4):
        take = recording.take(segment)
        take.parts.append(b"sound")
        recordings.finish(recording, take)
    assert [take.parts for take in recording.takes.values()] == [[], [], []]
    assert await recordings.find("s", "t") is None


@pytest.mark.parametrize(("codec", "rate"), [("pcm_s16le", 24000), ("wav", 24000), ("mulaw", 8000), ("mp3", 24000)])
async def test_every_codec_gives_a_file_that_a_player_opens(codec, rate, gateway):
    config = {"audio": {"codec": codec, "rate": rate}}
    async with greeted(gateway, config=config) as (socket, welcome):
        await say(socket, "turn.open", turn="a")
        await say(socket, "turn.append", turn="a", text="Hello there.")
        await say(socket, "turn.append", turn="a", pause_ms=100)
        await say(socket, "turn.append", turn="a", text="And again.")
        await say(socket, "turn.commit", turn="a")
        heard = await hear(socket, TERMINALS)
        answer = await fetch(gateway, of_turn(welcome, "a"))
    sound = miniaudio.decode(answer.content)
    assert abs(sound.num_frames / sound.sample_rate * 1000 - heard.last("turn.done")["duration_ms"]) < 60


@pytest.mark.parametrize(
    ("codec", "file"), [("opus", "segment"), ("ogg_opus", "turn"), ("wav", "turn"), ("flac", "turn")]
)
async def test_packets_are_fetched_as_ogg_and_one_file_a_turn_as_it_is(codec, file, gateway):
    async with greeted(gateway, config={"audio": {"codec": codec, "file": file}}) as (socket, welcome):
        await say(socket, "turn.open", turn="a")
        await say(socket, "turn.append", turn="a", text="Hello there.")
        await say(socket, "turn.append", turn="a", pause_ms=100)
        await say(socket, "turn.commit", turn="a")
        heard = await hear(socket, TERMINALS)
        whole = await fetch(gateway, of_turn(welcome, "a"))
        first = await fetch(gateway, of_turn(welcome, "a") + "?segment=0")
    samples, rate = soundfile.read(io.BytesIO(whole.content))
    assert -1 < len(samples) / rate * 1000 - heard.last("turn.done")["duration_ms"] < 27
    if file == "turn":
        assert whole.content == heard.audio
        assert (first.status_code, first.json()["field"]) == (400, "segment")
    else:
        assert first.content[:4] == b"OggS"


async def test_flac_is_a_file_a_segment(gateway):
    async with greeted(gateway, config={"audio": {"codec": "flac"}}) as (socket, welcome):
        await say(socket, "turn.open", turn="a")
        await say(socket, "turn.append", turn="a", text="Hello there.")
        await say(socket, "turn.append", turn="a", pause_ms=100)
        await say(socket, "turn.commit", turn="a")
        await hear(socket, TERMINALS)
        whole = await fetch(gateway, of_turn(welcome, "a"))
        first = await fetch(gateway, of_turn(welcome, "a") + "?segment=0")
    assert (whole.status_code, whole.json()["field"]) == (400, "segment")
    assert first.content[:4] == b"fLaC"
