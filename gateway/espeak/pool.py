"""Worker processes that speak one sentence at a time, whoever asked for it, in the order asked.

Sentences are short, so a job is never stopped half-way: whoever stops waiting frees the worker within milliseconds.
"""

import asyncio
import contextlib
import json
import struct
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0
_PROGRAM = Path(__file__).with_name("worker.py")


@dataclass(frozen=True, slots=True)
class Job:
    """One sentence for espeak-ng."""

    text: str
    language: str
    variant: str
    words_per_minute: int
    semitones: float


@dataclass(frozen=True, slots=True)
class Word:
    """Where a word begins: in the text (code points) and in the sound.

    Numbers and symbols may give several that overlap; words that the language runs together give one.
    """

    position: int
    length: int
    sample: int


@dataclass(frozen=True, slots=True)
class Phoneme:
    """In IPA, with stress and length, at most eight bytes of it; empty for silence."""

    name: str
    sample: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """PCM is mono s16le; empty when the library refuses the job. `ends` are the samples where clauses end."""

    pcm: bytes = b""
    words: tuple[Word, ...] = ()
    phonemes: tuple[Phoneme, ...] = ()
    ends: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Pronounced:
    """A word of a text (code points), and its phonemes in IPA; a Han or kana character is a word."""

    position: int
    length: int
    phonemes: tuple[str, ...]


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

    async def speak(self, job: Job) -> Utterance:
        """Raises `WorkerLost`."""
        kind, payload = await self._ask({"speak": asdict(job)})
        if kind != b"E":
            return Utterance()
        events = json.loads(payload)
        _, pcm = await self._frame()
        words = tuple(Word(*word) for word in events["words"])
        return Utterance(pcm, words, tuple(Phoneme(*each) for each in events["phonemes"]), tuple(events["ends"]))

    async def phonemes(self, text: str, language: str) -> tuple[Pronounced, ...]:
        """Raises `WorkerLost`."""
        kind, payload = await self._ask({"phonemes": {"text": text, "language": language}})
        words = json.loads(payload) if kind == b"I" else ()
        return tuple(Pronounced(position, length, tuple(names)) for position, length, names in words)

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if process.stdin:
            process.stdin.close()

    async def _ask(self, request: dict[str, Any]) -> tuple[bytes, bytes]:
        """The first frame of the answer."""
        if self._process is None:
            await self.start()
        _, stdin = self._pipes()
        stdin.write(json.dumps(request).encode() + b"\n")
        return await self._frame()

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


Task = Callable[[Worker], Awaitable[Any]]


class Pool:
    def __init__(self, workers: list[Worker]) -> None:
        self.workers = workers
        self.rate = workers[0].rate
        """Of all PCM; 0 while no worker has run."""
        self._tasks: asyncio.Queue[tuple[Task, asyncio.Future[Any]]] = asyncio.Queue(1024)

    @property
    def waiting(self) -> int:
        return self._tasks.qsize()

    async def speak(self, job: Job) -> Utterance:
        """Raises `WorkerLost` when two workers in a row died of it."""
        spoken: Utterance = await self._done(lambda worker: worker.speak(job))
        return spoken

    async def phonemes(self, text: str, language: str) -> tuple[Pronounced, ...]:
        """The words of a text, none for a language that is not known. Raises `WorkerLost` as `speak` does."""
        words: tuple[Pronounced, ...] = await self._done(lambda worker: worker.phonemes(text, language))
        return words

    async def _done(self, task: Task) -> Any:
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        await self._tasks.put((task, result))
        return await result

    async def run(self, worker: Worker) -> None:
        while True:
            task, result = await self._tasks.get()
            if result.cancelled():
                continue
            try:
                value = await _persist(worker, task)
            except WorkerLost as error:
                if not result.done():
                    result.set_exception(error)
            else:
                if not result.done():
                    result.set_result(value)


async def _persist(worker: Worker, task: Task) -> Any:
    try:
        return await task(worker)
    except WorkerLost:
        return await task(worker)


@asynccontextmanager
async def open_pool(size: int, *, waiting: bool = False) -> AsyncIterator[Pool]:
    """`size` workers, running, or `waiting` for their first task. They end with the block."""
    with tempfile.TemporaryDirectory(prefix="speech-") as scratch:
        workers = [Worker(scratch) for _ in range(size)]
        try:
            if not waiting:
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
