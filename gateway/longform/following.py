"""Tell a connection how long texts come on: from the disk, so that any process can, whichever drives the job."""

import asyncio
import contextlib
from collections.abc import Callable

from gateway.errors import Refused
from gateway.longform.job import Job
from gateway.longform.library import Folder, Library
from gateway.protocol.events import Event, LongformProgress, refusal
from gateway.protocol.messages import LongformFollow

LOOK_S = 0.5
MOST_FOLLOWED = 16
"""By one connection."""


class Following:
    """Of one connection. To be closed before the tasks are waited for."""

    def __init__(self, library: Library, reply: Callable[[Event], None], tasks: asyncio.TaskGroup) -> None:
        self._library = library
        self._reply = reply
        self._tasks = tasks
        self._followed: dict[str, asyncio.Task[None]] = {}

    def follow(self, message: LongformFollow) -> None:
        """Raises `Refused`. Whoever asks again is told again from where it stands."""
        folder = self._folder(message)
        before = self._followed.pop(message.job, None)
        if before is not None:
            before.cancel()
        if len(self._followed) >= MOST_FOLLOWED:
            raise _refused("rate_limited", f"A connection follows at most {MOST_FOLLOWED} jobs.", message)
        task = self._tasks.create_task(self._tell(folder, message))
        self._followed[message.job] = task
        task.add_done_callback(lambda _: self._forget(message.job, task))

    def close(self) -> None:
        for task in self._followed.values():
            task.cancel()

    def _folder(self, message: LongformFollow) -> Folder:
        try:
            return self._library.folder(message.job)
        except Refused:
            raise _refused("unknown_job", "", message) from None

    def _forget(self, job: str, task: asyncio.Task[None]) -> None:
        if self._followed.get(job) is task:
            del self._followed[job]

    async def _tell(self, folder: Folder, message: LongformFollow) -> None:
        changed: int | None = None
        told: LongformProgress | None = None
        while told is None or told.state == "running":
            now = await asyncio.to_thread(folder.changed)
            if now is None:
                self._reply(refusal(_refused("unknown_job", "", message)))
                return
            if now != changed:
                changed, before = now, told
                with contextlib.suppress(Refused):
                    told = progress(await asyncio.to_thread(folder.load), message.id)
                if told is not None and told != before:
                    self._reply(told)
            await asyncio.sleep(LOOK_S)


def progress(job: Job, re: str | None = None) -> LongformProgress:
    ready = sum(chapter.ms is not None for chapter in job.chapters)
    return LongformProgress(
        job=job.id,
        state=job.state,
        progress=round(job.progress, 4),
        chapter=ready,
        chapters=len(job.chapters),
        error=job.error,
        re=re,
    )


def _refused(code: str, text: str, message: LongformFollow) -> Refused:
    refused = Refused(code, text, field="job")
    refused.re = message.id
    return refused
