"""A job that this process drives: a change is on the disk before anything follows from it."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from gateway.longform.job import Job, Part, with_part
from gateway.longform.library import Folder


class Record:
    def __init__(self, folder: Folder, job: Job) -> None:
        self.folder = folder
        self.job = job
        self._writing = threading.Lock()
        self._written = job

    def part(self, number: int) -> Part:
        return self.job.parts[number]

    async def change(self, change: Callable[[Job], Job]) -> None:
        """Raises FileNotFoundError when the job was deleted."""
        self.job = change(self.job)
        await asyncio.to_thread(self._write)

    async def change_part(self, number: int, **changes: Any) -> None:
        await self.change(lambda job: with_part(job, number, **changes))

    def _write(self) -> None:
        """What holds by then: one write does for all that waited for it."""
        with self._writing:
            job = self.job
            if job is not self._written:
                self.folder.save(job)
                self._written = job
