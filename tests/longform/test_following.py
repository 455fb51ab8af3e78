"""A connection is told how jobs come on, from the disk alone."""

import asyncio

import pytest

from gateway.errors import Refused
from gateway.longform.following import MOST_FOLLOWED, Following
from gateway.longform.job import Chapter, Job, Part, ended, with_chapter, with_part
from gateway.longform.library import Library, new_id
from gateway.protocol.events import LongformProgress
from gateway.protocol.messages import LongformFollow


def job() -> Job:
    return Job(new_id(), "B", 0.0, {}, "mp3", "here", (Chapter("", 10),), (Part(0, (0, 10), 10),))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("gateway.longform.following.LOOK_S", 0.001)


async def test_each_change_is_told_once_and_the_end_is_the_last(tmp_path):
    library, told = Library(tmp_path), asyncio.Queue()
    mine = job()
    folder = library.begin(mine, ["text"])
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        following = Following(library, told.put_nowait, tasks)
        following.follow(LongformFollow(job=mine.id, id="f"))
        seen = [await told.get()]
        fetched = with_part(mine, 0, state="fetched")
        for then in (fetched, ended(with_chapter(fetched, 0, 1000.0))):
            folder.save(then)
            seen.append(await told.get())
    common = {"job": mine.id, "chapters": 1, "re": "f"}
    assert seen == [
        LongformProgress(state="running", progress=0.0, chapter=0, **common),
        LongformProgress(state="running", progress=0.9, chapter=0, **common),
        LongformProgress(state="done", progress=1.0, chapter=1, **common),
    ]
    assert told.empty()


async def test_a_connection_follows_so_many_and_who_asks_again_counts_once(tmp_path):
    library = Library(tmp_path)
    jobs = [job() for _ in range(MOST_FOLLOWED + 1)]
    for each in jobs:
        library.begin(each, ["text"])
    async with asyncio.TaskGroup() as tasks:
        following = Following(library, lambda _: None, tasks)
        for each in [*jobs[:-1], *jobs[:-1]]:
            following.follow(LongformFollow(job=each.id))
        with pytest.raises(Refused, match="rate_limited"):
            following.follow(LongformFollow(job=jobs[-1].id))
        following.close()
