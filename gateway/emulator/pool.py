"""Worker processes that speak one sentence at a time, whoever asked for it, in the order asked.

Sentences are short, so a job is never stopped half-way: whoever stops waiting frees the worker within milliseconds.
"""

import asyncio
import contextlib
import json
import struct
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

PATIENCE_S = 30.0
_PROGRAM = Path(__file__).with_name("espeak_worker.py")


@dataclass(frozen=True, slots=True)
class Job:
    """One sentence for espeak-ng."""

    text: str
    language: str
    variant: str
    words_per_minute: int
    semitones: float


class WorkerLost(Exception):
    """The process ended, or did not answer in time."""


class Worker:
    """One process; it is started when first needed, and again after it was lost."""

    def __init__(self, scratch: str) -> None:
        self._scratch = scratch
        self._process: asyncio.subprocess.Process | None = None
        self.rate = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(_PROGRAM), self._scratch),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the terminal is for the parent
        )
        kind, payload = await self._frame()
        if kind != b"R":
            raise WorkerLost
        self.rate = json.loads(payload)["rate"]

    async def speak(self, job: Job) -> bytes:
        """PCM, mono s16le at `rate`; empty when the library refuses the job. Raises `WorkerLost`."""
        if self._process is None:
            await self.start()
        _, stdin = self._pipes()
        stdin.write(json.dumps(asdict(job)).encode() + b"\n")
        kind, payload = await self._frame()
        return payload if kind == b"P" else b""

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if process.stdin:
            process.stdin.close()

    async def _frame(self) -> tuple[bytes, bytes]:
        stdout, _ = self._pipes()
        try:
            async with asyncio.timeout(PATIENCE_S):
                kind, length = struct.unpack("<cI", await stdout.readexactly(5))
                return kind, await stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError) as error:
            await self.stop()
            raise WorkerLost from error

    def _pipes(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        process = self._process
        if process is None or process.stdout is None or process.stdin is None:
            raise WorkerLost
        return process.stdout, process.stdin


class Pool:
    def __init__(self, workers: list[Worker]) -> None:
        self.workers = workers
        self.rate = workers[0].rate
        self._jobs: asyncio.Queue[tuple[Job, asyncio.Future[bytes]]] = asyncio.Queue(1024)

    @property
    def waiting(self) -> int:
        return self._jobs.qsize()

    async def speak(self, job: Job) -> bytes:
        """PCM, mono s16le at `rate`. Raises `WorkerLost` when two workers in a row died of it."""
        spoken: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        await self._jobs.put((job, spoken))
        return await spoken

    async def run(self, worker: Worker) -> None:
        while True:
            job, spoken = await self._jobs.get()
            if spoken.cancelled():
                continue
            try:
                pcm = await _persist(worker, job)
            except WorkerLost as error:
                _settle(spoken, error)
            else:
                _settle(spoken, pcm)


async def _persist(worker: Worker, job: Job) -> bytes:
    try:
        return await worker.speak(job)
    except WorkerLost:
        return await worker.speak(job)


def _settle(spoken: asyncio.Future[bytes], result: bytes | WorkerLost) -> None:
    if spoken.done():
        return
    if isinstance(result, WorkerLost):
        spoken.set_exception(result)
    else:
        spoken.set_result(result)


@asynccontextmanager
async def open_pool(size: int) -> AsyncIterator[Pool]:
    """`size` workers, running. They end with the block."""
    with tempfile.TemporaryDirectory(prefix="speech-") as scratch:
        workers = [Worker(scratch) for _ in range(size)]
        try:
            await asyncio.gather(*(worker.start() for worker in workers))
            pool = Pool(workers)
            tasks = [asyncio.create_task(pool.run(worker)) for worker in workers]
            try:
                yield pool
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await asyncio.gather(*(worker.stop() for worker in workers))
