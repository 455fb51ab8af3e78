"""A job comes to its end whatever happens on the way, and nothing is paid for twice."""

import asyncio
import dataclasses
import wave
from pathlib import Path

import orjson
import pytest

from gateway.access.quotas import Allowance, MemoryQuotas
from gateway.access.usage import MemoryUsage
from gateway.account import Books
from gateway.errors import Refused
from gateway.longform.book import Book, Chapter
from gateway.longform.job import Job
from gateway.longform.order import order
from gateway.metrics import Metrics
from gateway.protocol.casting import NO_ALIASES
from gateway.upstreams.t2a import offer
from tests.longform.stage import BOOK, begun, ended, opened
from tests.longform.upstream import RATE, speaking

TEXTS = [chapter.text for chapter in BOOK.chapters]


def sound(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE
        return file.readframes(file.getnframes())


def states(job: Job) -> list[str]:
    return [part.state for part in job.parts]


async def test_each_chapter_is_a_file_and_its_sentences_stand_where_they_sound(tmp_path):
    async with speaking(looks=["Processing", "processing"]) as upstream, opened(tmp_path, upstream) as (jobs, books):
        name = await begun(jobs)
        job = await ended(jobs, name)
        folder = jobs.library.folder(name)
        assert (job.state, job.progress, sorted(upstream.submitted)) == ("done", 1.0, sorted(TEXTS))
        for number, text in enumerate(TEXTS):
            pcm = sound(folder.audio(number, "wav"))
            sentences = orjson.loads(folder.timings(number).read_bytes())
            assert "".join(each["text"] for each in sentences) == text.replace("\n", "")
            for each in sentences:
                assert text[slice(*each["span"])] == each["text"]
                assert pcm[round(each["from_ms"] * 16) : round(each["to_ms"] * 16)].count(b"\x40") > 0
        whole = sound(folder.audio(None, "wav"))
        assert whole == b"".join(sound(folder.audio(number, "wav")) for number in range(2))
        assert "START=" in folder.audio(None, "ffmetadata").read_text()
        assert not (folder.path / "parts").exists()
        characters = sum(map(len, TEXTS))
        spent = {"turns": 0, "billed": characters, "heard": characters, "wasted": 0, "cached": 0, "unpriced": 0}
        booked = {**spent, "cost_usd": characters * 60 / 1e6}
        assert await books.usage.by("tenant") == [{"tenant": "", **booked}]
        assert await books.usage.by("model") == [{"model": "speech-2.8-turbo", **booked}]
        assert [row["voice"] for row in await books.usage.by("voice")] == ["English_Graceful_Lady"]
        assert [row["value"] for row in await books.usage.by("label")] == ["b"]


def test_a_book_may_choose_its_model_by_what_the_voice_asks():
    asked = {name: order({"voice": {"model": name, "emotion": "whisper"}}, NO_ALIASES) for name in ("fast", "best")}
    assert {name: each.voice.model for name, each in asked.items()} == {
        "fast": "speech-2.6-turbo",
        "best": "speech-2.6-hd",
    }
    assert order({"voice": {"model": "best"}}, NO_ALIASES).tags == offer.INTERJECTIONS


async def test_a_long_chapter_is_uploaded_and_one_over_the_limit_is_cut_and_joined(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.longform.asking.MOST_INLINE", 20)
    monkeypatch.setattr("gateway.longform.jobs.MOST_PART", 30)
    text = "The first of the sentences.\nThe second.\nAnd the third of all of them."
    async with speaking() as upstream, opened(tmp_path, upstream) as (jobs, _):
        name = await begun(jobs, Book("B", (Chapter("", text),)))
        job = await ended(jobs, name)
        folder = jobs.library.folder(name)
        assert (job.state, [part.span for part in job.parts]) == ("done", [(0, 28), (28, 40), (40, 69)])
        assert dict(zip(upstream.submitted, upstream.inline, strict=True)) == {
            text[:28]: False,
            text[28:40]: True,
            text[40:]: False,
        }
        sentences = orjson.loads(folder.timings(0).read_bytes())
        assert [text[slice(*each["span"])] for each in sentences] == [each["text"] for each in sentences]
        starts = [each["from_ms"] for each in sentences]
        assert starts == sorted(starts)
        assert sentences[-1]["to_ms"] == round(len(sound(folder.audio(0, "wav"))) / 16)


@pytest.mark.parametrize("refusals", [[1002, 1024], [1039]])
async def test_what_is_refused_for_now_is_asked_again_and_paid_once(tmp_path, refusals):
    async with speaking(refusals=refusals) as upstream, opened(tmp_path, upstream) as (jobs, _):
        job = await ended(jobs, await begun(jobs))
        assert (job.state, sorted(upstream.submitted)) == ("done", sorted(TEXTS))


async def test_a_refusal_for_good_fails_the_job_and_the_rest_goes_on_until_it_is_asked_again(tmp_path):
    async with speaking(refusals=[1008]) as upstream, opened(tmp_path, upstream) as (jobs, _):
        name = await begun(jobs)
        job = await ended(jobs, name)
        assert (job.state, sorted(states(job)), job.error.code) == ("failed", ["failed", "fetched"], "upstream_balance")
        await jobs.retry(name, unsure=False)
        job = await ended(jobs, name)
        assert (job.state, job.error, sorted(upstream.submitted)) == ("done", None, sorted(TEXTS))


async def test_whether_an_unanswered_part_was_taken_nobody_knows_and_only_who_says_so_pays_again(tmp_path):
    async with speaking(refusals=["cut"]) as upstream, opened(tmp_path, upstream) as (jobs, _):
        name = await begun(jobs)
        job = await ended(jobs, name)
        assert (job.state, sorted(states(job))) == ("failed", ["fetched", "unsure"])
        assert "Nobody knows" in job.error.message
        await jobs.retry(name, unsure=False)
        assert (await ended(jobs, name)).state == "failed"
        assert len(upstream.submitted) == 2
        await jobs.retry(name, unsure=True)
        assert (await ended(jobs, name)).state == "done"
        assert len(upstream.submitted) == 3


async def test_a_gateway_that_stops_waits_for_the_answer_of_what_it_has_asked(tmp_path):
    async with speaking() as upstream:
        upstream.gate.clear()
        async with opened(tmp_path, upstream) as (jobs, _):
            name = await begun(jobs)
            await upstream.arrived.wait()
            asyncio.get_running_loop().call_later(0.05, upstream.gate.set)
        before = list(upstream.submitted)
        assert set(states(jobs.library.folder(name).load())) <= {"submitted", "waiting"}
        async with opened(tmp_path, upstream) as (jobs, _):
            await jobs._look()
            job = await ended(jobs, name)
        assert (job.state, len(upstream.submitted)) == ("done", 2)
        assert upstream.submitted[: len(before)] == before


async def test_a_part_that_was_being_asked_for_when_the_process_died_is_unsure(tmp_path):
    async with speaking() as upstream:
        async with opened(tmp_path, upstream) as (jobs, _):
            upstream.gate.clear()
            name = await begun(jobs)
            await upstream.arrived.wait()
            folder = jobs.library.folder(name)
            died = folder.load()
            upstream.gate.set()
            await ended(jobs, name)
            asked = states(died).count("submitting")
            folder.save(died)
            (folder.path / "parts").mkdir()
            paid = len(upstream.submitted)
        async with opened(tmp_path, upstream) as (jobs, _):
            await jobs._look()
            job = await ended(jobs, name)
        assert asked > 0
        assert (job.state, states(job).count("unsure")) == ("failed", asked)
        assert len(upstream.submitted) == paid + len(TEXTS) - asked


async def test_a_voice_that_has_spoken_a_part_is_told(tmp_path):
    spoken: list[str] = []
    async with speaking() as upstream, opened(tmp_path, upstream, spoke=spoken.append) as (jobs, _):
        await ended(jobs, await begun(jobs))
    assert spoken == ["English_Graceful_Lady"] * 2


async def test_a_dead_link_is_renewed_and_a_torn_result_fetched_again(tmp_path):
    async with speaking(dead_links=1, torn=1) as upstream, opened(tmp_path, upstream) as (jobs, _):
        job = await ended(jobs, await begun(jobs))
        assert (job.state, len(upstream.submitted)) == ("done", 2)


@pytest.mark.parametrize("state", ["Failed", "Expired"])
async def test_a_part_that_upstream_gave_up_on_is_named(tmp_path, state):
    async with speaking(looks=[state]) as upstream, opened(tmp_path, upstream) as (jobs, _):
        job = await ended(jobs, await begun(jobs))
        assert (job.state, sorted(states(job))) == ("failed", ["failed", "fetched"])
        assert "failed at it" in job.error.message


async def test_who_has_the_folder_drives_the_job_and_no_other(tmp_path):
    async with speaking() as upstream:
        upstream.gate.clear()
        async with opened(tmp_path, upstream) as (jobs, _), opened(tmp_path, upstream) as (others, _):
            name = await begun(jobs)
            await upstream.arrived.wait()
            await others._look()
            assert [name in each._driven for each in (jobs, others)].count(True) == 1
            with pytest.raises(Refused):
                await others.retry(name, unsure=True)
            upstream.gate.set()
            await ended(jobs, name)
            assert (await ended(others, name)).state == "done"
        assert len(upstream.submitted) == 2


async def test_a_job_of_another_upstream_is_left_alone(tmp_path):
    async with speaking(refusals=[1008, 1008]) as upstream, opened(tmp_path, upstream) as (jobs, _):
        name = await begun(jobs)
        folder = jobs.library.folder(name)
        failed = await ended(jobs, name)
        async with opened(tmp_path, upstream, home="another") as (others, _):
            folder.save(dataclasses.replace(failed, state="running"))
            await others._look()
            assert not others._driven


async def test_a_deleted_job_is_gone_at_once_whoever_drives_it(tmp_path):
    async with speaking() as upstream:
        upstream.gate.clear()
        async with opened(tmp_path, upstream) as (jobs, _), opened(tmp_path, upstream) as (others, _):
            name = await begun(jobs)
            await upstream.arrived.wait()
            await others.delete(name)
            with pytest.raises(Refused, match="unknown_job"):
                jobs.library.folder(name).load()
            upstream.gate.set()
            async with asyncio.timeout(10):
                while driven := jobs._driven.get(name) or others._driven.get(name):
                    await asyncio.wait({driven})
        assert [entry.name for entry in tmp_path.iterdir()] == []


async def test_the_ceiling_of_the_day_makes_parts_wait_and_refuses_what_never_fits(tmp_path):
    now = [1000.0]
    books = Books(MemoryQuotas(lambda: now[0]), Allowance(day=35), MemoryUsage(), Metrics(), lambda: now[0])
    async with speaking() as upstream, opened(tmp_path, upstream, books) as (jobs, _):
        with pytest.raises(Refused, match="quota_exceeded"):
            await begun(jobs, Book("", (Chapter("", "x" * 36),)))
        name = await begun(jobs)
        folder = jobs.library.folder(name)
        async with asyncio.timeout(10):
            while folder.load().waiting_until is None:
                await asyncio.sleep(0)
        await upstream.arrived.wait()
        assert (len(upstream.submitted), folder.load().waiting_until) == (1, 86_400.0)
        now[0] = 86_401.0
        job = await ended(jobs, name)
        assert (job.state, job.waiting_until, len(upstream.submitted)) == ("done", None, 2)


async def test_progress_never_goes_back(tmp_path):
    seen = []
    async with speaking(looks=["Processing"] * 6 + ["Failed"]) as upstream, opened(tmp_path, upstream) as (jobs, _):
        name = await begun(jobs)
        folder = jobs.library.folder(name)
        for _ in range(2):
            while name in jobs._driven:
                seen.append(folder.load().progress)
                await asyncio.sleep(0)
            if folder.load().state == "failed":
                await jobs.retry(name, unsure=False)
        assert (await ended(jobs, name)).progress == 1.0
    assert seen == sorted(seen)
