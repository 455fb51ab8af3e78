"""Drive one job to its end: chapters side by side, as many parts under way as the slots allow."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.account import Books
from gateway.errors import Refused
from gateway.longform import job as jobs
from gateway.longform.asking import Asking, Sleep
from gateway.longform.binding import Binding
from gateway.longform.fetching import Fetching
from gateway.longform.order import order
from gateway.longform.record import Record
from gateway.protocol.casting import Aliases
from gateway.protocol.events import fault
from gateway.upstreams.management.account import UpstreamAccount


@dataclass(frozen=True, slots=True)
class Means:
    """What all jobs of a process share."""

    home: str
    """What names the upstream, the same after a restart."""
    account: UpstreamAccount
    books: Books
    aliases: Aliases
    slots: asyncio.Semaphore
    spoke: Callable[[str], None]
    """Told the voice's id when it has spoken a part: one that was made a while ago lives on."""
    sleep: Sleep = asyncio.sleep


class Driver:
    """Of a folder that this process has claimed."""

    def __init__(self, record: Record, means: Means) -> None:
        """Raises `Refused` where what was ordered cannot be had any more."""
        self._record = record
        self._means = means
        ordered = order(record.job.config, means.aliases)
        self._voice = ordered.voice
        self._asking = Asking(record, ordered, means.account, means.books, means.sleep)
        self._fetching = Fetching(record, means.account, means.sleep)
        self._binding = Binding(record, ordered)

    async def run(self) -> None:
        """Cancelled, it leaves a job that goes on elsewhere or later. Raises OSError where the disk fails, with
        FileNotFoundError where the job was deleted, in a group.
        """
        try:
            await self._record.change(jobs.found)
            async with asyncio.TaskGroup() as tasks:
                for number, chapter in enumerate(self._record.job.chapters):
                    if chapter.ms is None:
                        tasks.create_task(self._chapter(number))
            if all(chapter.ms is not None for chapter in self._record.job.chapters):
                await self._binding.whole()
            await self._record.change(jobs.ended)
        finally:
            await self._asking.close()

    async def _chapter(self, number: int) -> None:
        parts = self._record.job.of(number)
        async with asyncio.TaskGroup() as tasks:
            for each in parts:
                tasks.create_task(self._part(each))
        told = [self._record.part(each) for each in parts]
        if all(part.state == "fetched" and part.error is None for part in told):
            await self._binding.chapter(number)

    async def _part(self, number: int) -> None:
        async with self._means.slots:
            if self._record.part(number).state == "waiting":
                await self._asking.ask(number)
            if self._record.part(number).state == "submitted":
                await self._fetching.fetch(number)
                if self._record.part(number).state == "fetched" and not self._voice.timbre_weights:
                    self._means.spoke(self._voice.voice_id)


async def drive(record: Record, means: Means) -> None:
    try:
        driver = Driver(record, means)
    except Refused as refused:
        error = fault(refused)
        await record.change(lambda job: replace(job, state="failed", error=error))
        return
    await driver.run()
