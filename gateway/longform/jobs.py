"""The jobs of this gateway: begun, found after a restart, driven, asked again, deleted."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable
from typing import Any, Self

from gateway.errors import Refused
from gateway.longform.book import Book
from gateway.longform.cutting import spans
from gateway.longform.driver import Means, drive
from gateway.longform.job import Chapter, Job, Part, retried
from gateway.longform.library import Folder, Library, new_id
from gateway.longform.order import Order
from gateway.longform.record import Record
from gateway.protocol.merge import Patch
from gateway.text.billing import billable

MOST_PART = 1_000_000
"""Characters, as upstream counts them, that it takes at once."""
AT_ONCE = 8
"""Parts under way in all: each is looked at once a second at most, and upstream allows ten looks."""
WATCH_S = 10.0

"""So often a process looks for jobs that nobody drives."""
AGAIN_S = 60.0
"""A job that broke is left alone so long."""

log = logging.getLogger(__name__)


def parts(book: Book) -> tuple[Part, ...]:
    return tuple(
        Part(number, span, billable(chapter.text[slice(*span)]))
        for number, chapter in enumerate(book.chapters)
        for span in spans(chapter.text, MOST_PART)
    )


class Jobs:
    """Drives what it finds, until it is left."""

    def __init__(self, library: Library, means: Means, clock: Callable[[], float] = time.time) -> None:
        self.library = library
        self._means = means
        self._clock = clock
        self._tasks = asyncio.TaskGroup()
        self._closing = asyncio.Event()
        self._looking = asyncio.Lock()
        self._driven: dict[str, asyncio.Task[None]] = {}
        self._passed: dict[str, tuple[int | None, float]] = {}
        """Jobs to leave alone: as long as they do not change, or until then."""

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._watching = self._tasks.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._watching
        for driven in self._driven.values():
            driven.cancel()
        await self._tasks.__aexit__(None, None, None)

    async def begin(self, book: Book, order: Order, config: Patch) -> Job:
        """Raises `Refused` where a day's ceiling is lower than a part."""
        wanted = parts(book)
        ceiling = self._means.books.allowance.day
        if ceiling and max(part.characters for part in wanted) > ceiling:
            raise Refused("quota_exceeded", "The ceiling of a day is lower than a chapter of this text.", field="text")
        chapters = tuple(Chapter(each.title, billable(each.text)) for each in book.chapters)
        job = Job(
            new_id(),
            book.title,
            self._clock(),
            config,
            order.codec,
            self._means.home,
            chapters,
            wanted,
            labels=order.labels,
        )
        await asyncio.to_thread(self.library.begin, job, [chapter.text for chapter in book.chapters])
        self._means.books.metrics.longform("begun")
        await self._look()
        return job

    async def retry(self, name: str, *, unsure: bool) -> Job:
        """Raises `Refused` for a job that has not failed."""
        folder = self.library.folder(name)
        lock = await asyncio.to_thread(folder.claim)
        try:
            job = await asyncio.to_thread(folder.load)
            if lock is None or job.state != "failed":
                raise Refused("bad_request", "Only a job that has failed is asked again.", field="id")
            job = retried(job, unsure=unsure)
            await asyncio.to_thread(folder.save, job)
        finally:
            if lock is not None:
                os.close(lock)
        await self._look()
        return job

    async def delete(self, name: str) -> Job:
        """For good, whoever drives it: a driver finds that the folder is gone. Raises `Refused`."""
        folder = self.library.folder(name)
        job = await asyncio.to_thread(folder.load)
        driven = self._driven.get(name)
        if driven is not None:
            driven.cancel()
        await asyncio.to_thread(self.library.delete, folder)
        self._means.books.metrics.longform("deleted")
        return job

    async def _watch(self) -> None:
        await asyncio.to_thread(self.library.sweep)
        while not self._closing.is_set():
            await self._look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WATCH_S):
                    await self._closing.wait()

    async def _look(self) -> None:
        """Drive what nobody drives. Who looks next finds what was claimed among what is driven."""
        async with self._looking:
            with contextlib.suppress(OSError):
                for record, lock in await asyncio.to_thread(self._claimed):
                    self._driven[record.job.id] = self._tasks.create_task(self._drive(record, lock))

    def _claimed(self) -> list[tuple[Record, int]]:
        found = ((folder, self._claim(folder)) for folder in self.library.folders())
        return [claimed for folder, claimed in found if claimed is not None]

    def _claim(self, folder: Folder) -> tuple[Record, int] | None:
        changed, (passed, until) = folder.changed(), self._passed.get(folder.id, (None, 0.0))
        if folder.id in self._driven or (changed == passed and self._clock() < until):
            return None
        lock = folder.claim()
        if lock is None:
            return None
        with contextlib.suppress(Refused):
            job = folder.load()
            if job.state == "running" and job.home == self._means.home:
                return Record(folder, job), lock
            self._passed[folder.id] = changed, float("inf")
        os.close(lock)
        return None

    async def _drive(self, record: Record, lock: int) -> None:
        name = record.job.id
        try:
            await drive(record, self._means)
        except* FileNotFoundError:
            log.info("= long text %s deleted", name)
        except* Exception:
            log.exception("! a long text broke: %s", name)
            self._passed[name] = record.folder.changed(), self._clock() + AGAIN_S
        else:
            self._told(record.job)
        finally:
            os.close(lock)
            del self._driven[name]

    def _told(self, job: Job) -> None:
        self._means.books.metrics.longform(job.state)
        extra: dict[str, Any] = {"labels": dict(job.labels), "billed": job.billed}
        extra["code"] = None if job.error is None else job.error.code
        log.info("= long text %s %s", job.id, job.state, extra=extra)
