"""`/v1/longform`, its following over a session's socket, and its command, in front of an upstream that a test plays."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.app import running
from gateway.longform.command import bar
from gateway.settings import Settings
from tests.connection.stage import client, say
from tests.longform.upstream import RATE, Upstream, speaking

CONFIG = {"audio": {"codec": "wav", "rate": RATE}}
TEXT = "Chapter 1\n\nOne is here. And more.\n\nChapter 2\n\nTwo. That is all.\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("gateway.longform.fetching.SOONEST_S", 0.01)
    monkeypatch.setattr("gateway.longform.following.LOOK_S", 0.01)


@asynccontextmanager
async def gateway(tmp_path, secret: str | None = None, **how) -> AsyncIterator[tuple[httpx.AsyncClient, Upstream]]:
    async with speaking(**how) as upstream:
        settings = Settings(port=0, upstream=upstream.url, api_key="canary-key", data_dir=str(tmp_path), secret=secret)
        async with running(settings) as serving, httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
            yield http, upstream


async def follow(url: str, job: str) -> list[dict]:
    """What is told of a job until it ends."""
    told = []
    async with client(url) as socket:
        await say(socket, "longform.follow", job=job, id="f")
        while not told or told[-1].get("state") == "running":
            told.append(json.loads(await socket.recv()))
    return told


async def test_a_book_is_posted_followed_fetched_and_deleted(tmp_path):
    async with gateway(tmp_path, looks=["Processing"] * 2) as (http, upstream):
        begun = await http.post("/v1/longform", json={"text": TEXT, "title": "Two", "config": CONFIG})
        job = begun.json()["id"]
        assert (begun.status_code, begun.headers["location"]) == (202, f"/v1/longform/{job}")
        told = await follow(str(http.base_url), job)
        assert [each["progress"] for each in told] == sorted(each["progress"] for each in told)
        assert told[-1] == {
            "type": "longform.progress",
            "job": job,
            "state": "done",
            "progress": 1.0,
            "chapter": 2,
            "chapters": 2,
            "re": "f",
        }
        view = (await http.get(f"/v1/longform/{job}")).json()
        assert (view["title"], view["billed_characters"]) == ("Two", sum(map(len, upstream.submitted)))
        assert [each["title"] for each in view["chapters"]] == ["Chapter 1", "Chapter 2"]
        assert bar(view).endswith("] 100%  2/2 chapters")
        audio = await http.get(f"/v1/longform/{job}/audio", headers={"Range": "bytes=0-3"})
        assert (audio.status_code, audio.content, audio.headers["content-type"]) == (206, b"RIFF", "audio/wav")
        timings = (await http.get(f"/v1/longform/{job}/timings")).json()
        first, second = timings["chapters"]
        assert second["sentences"][0]["whole_from_ms"] == first["duration_ms"] + second["sentences"][0]["from_ms"]
        text = (await http.get(f"/v1/longform/{job}/text?chapter=2")).text
        assert [text[slice(*each["span"])] for each in second["sentences"]] == ["Chapter 2", "Two.", " That is all."]
        assert (await http.get("/v1/longform")).json()["jobs"][0]["id"] == job
        deleted = await http.delete(f"/v1/longform/{job}")
        assert deleted.json() == {"id": job, "deleted": True, "billed_characters": view["billed_characters"]}
        gone = await http.get(f"/v1/longform/{job}")
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "unknown_job")
        metrics = (await http.get("/metrics")).text
        assert 'voice_gateway_longform_jobs_total{state="done"} 1.0' in metrics
        assert f"voice_gateway_longform_characters_total {float(view['billed_characters'])}" in metrics


def zipped(**members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return file.getvalue()


async def test_a_dry_run_tells_what_is_billed_and_begins_nothing(tmp_path):
    async with gateway(tmp_path) as (http, upstream):
        file = zipped(**{"10_txt": "Ten.", "2_txt": "二 two."})
        form = {"dry_run": "true", "config": json.dumps(CONFIG)}
        told = await http.post("/v1/longform", data=form, files={"file": ("b.zip", file)})
        assert told.json() == {
            "title": "b",
            "characters": 11,
            "parts": 2,
            "chapters": [{"title": "2", "characters": 7}, {"title": "10", "characters": 4}],
        }
        assert (upstream.submitted, list(tmp_path.iterdir())) == ([], [])


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 400, "bad_request", "text"),
        ({"text": " *** "}, 400, "bad_request", "text"),
        ({"text": "a", "config": {"voice": {"speed": 9}}}, 400, "bad_request", "voice.speed"),
        ({"text": "a", "config": {"voice": {"emotion": "whisper"}}}, 400, "bad_request", "voice.emotion"),
        ({"text": "a", "config": {"audio": {"codec": "opus"}}}, 400, "unsupported_audio", "audio.codec"),
        ({"text": "a", "config": {"audio": {"codec": "mp3", "rate": 48000}}}, 400, "unsupported_audio", "audio"),
        ({"text": "a", "config": {"captions": "words"}}, 400, "bad_request", "captions"),
        ({"text": "a", "config": {"voise": {}}}, 400, "bad_request", "voise"),
        ({"text": "a", "surprise": 1}, 400, "bad_request", "surprise"),
    ],
)
async def test_what_cannot_be_honoured_is_refused_before_it_costs_anything(tmp_path, body, status, code, field):
    async with gateway(tmp_path) as (http, upstream):
        answer = await http.post("/v1/longform", json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["field"]) == (status, code, field)
        assert not upstream.submitted


async def test_strangers_and_pages_of_other_hosts_are_refused(tmp_path):
    async with gateway(tmp_path, secret="s" * 32) as (http, _):
        assert (await http.post("/v1/longform", json={"text": "a"})).status_code == 401
        assert (await http.get("/v1/longform")).status_code == 401
    async with gateway(tmp_path) as (http, upstream):
        answer = await http.post("/v1/longform", json={"text": "a"}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert not upstream.submitted


async def test_what_is_not_there_yet_or_never_is_said_so(tmp_path):
    async with gateway(tmp_path) as (http, upstream):
        upstream.gate.clear()
        job = (await http.post("/v1/longform", json={"text": TEXT, "config": CONFIG})).json()["id"]
        answers = [
            (await http.get(f"/v1/longform/{job}/{what}")).status_code
            for what in ("audio", "timings?chapter=1", "audio?chapter=3", "smell", "text?chapter=1")
        ]
        assert answers == [409, 409, 400, 400, 200]
        assert (await http.post(f"/v1/longform/{job}/retry")).status_code == 400
        upstream.gate.set()
        assert (await follow(str(http.base_url), job))[-1]["state"] == "done"


async def test_a_job_that_nobody_knows_cannot_be_followed(tmp_path):
    async with gateway(tmp_path) as (http, _), client(str(http.base_url)) as socket:
        for job in ("0" * 32, "../../etc/passwd"):
            await say(socket, "longform.follow", job=job, id="f", n=7)
            told = json.loads(await socket.recv())
            assert (told["type"], told["code"], told["re"]) == ("error", "unknown_job", "f")
        await say(socket, "ping", n=1)
        assert json.loads(await socket.recv())["last_n"] == 1


async def test_an_unfinished_job_goes_on_at_the_next_start(tmp_path):
    async with speaking(looks=["Processing"] * 100_000) as upstream:
        settings = Settings(port=0, upstream=upstream.url, api_key="canary-key", data_dir=str(tmp_path))
        async with running(settings) as serving, httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
            job = (await http.post("/v1/longform", json={"text": TEXT, "config": CONFIG})).json()["id"]
            await upstream.arrived.wait()
        upstream.looks.clear()
        async with running(settings) as serving:
            assert (await follow(serving.url, job))[-1]["state"] == "done"
        assert len(upstream.submitted) == 2
