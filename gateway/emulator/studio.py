"""Speaks orders with the engines at hand: neural English where it is installed, espeak-ng for all else."""

import asyncio
import importlib.util
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gateway.emulator import effects, voices
from gateway.emulator.anchors import Anchor, by_events
from gateway.emulator.boosts import BOOSTS
from gateway.emulator.habits import Habits
from gateway.emulator.markup import Pause, Reading, Sentence, script
from gateway.emulator.order import Setup
from gateway.emulator.sound import Said, Samples, Sound, audible, levelled, silence
from gateway.emulator.voices import Timbre
from gateway.espeak.languages import ENGLISH, Run, runs
from gateway.espeak.pool import Job, Pool, open_pool

if TYPE_CHECKING:
    from gateway.emulator.neural import Neural

_log = logging.getLogger(__name__)
_WORDS_PER_MINUTE = 175
_MANDARIN_WORDS_PER_MINUTE = 215  # at 175 it speaks under four characters a second
_NEURAL_MALE_SEMITONES = -9.5
_NEURAL_MALE_TRACT = 0.89
_NEURAL_THREADS = 2
_EMOTIONS = {
    "happy": (1.06, 1.5),
    "surprised": (1.05, 2.5),
    "angry": (1.08, -0.5),
    "fearful": (1.1, 1.0),
    "sad": (0.9, -1.5),
    "disgusted": (0.95, -1.0),
    "calm": (0.96, -0.5),
    "whisper": (0.95, -2.0),
}
"""Factor of speed, and semitones."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a whole order is said."""

    timbre: Timbre
    speed: float
    semitones: float
    words_wanted: bool


Spoken = tuple[Samples, int, tuple[Anchor, ...]]
"""A run's samples, their rate, and what is known of its words."""


def manner(setup: Setup) -> Manner:
    speed, semitones = _EMOTIONS.get(setup.emotion, (1.0, 0.0))
    moved = setup.pitch + effects.semitones(setup.modify)
    wanted = setup.subtitle is not None
    return Manner(setup.timbre, setup.speed * speed, setup.timbre.semitones + semitones + moved, wanted)


def neural_place(timbre: Timbre) -> tuple[float, float]:
    """Where the one neural voice is moved to: semitones and tract. Variants become small steps of both."""
    step = voices.place_of_variant(timbre)
    male = timbre.gender == "male"
    semitones = timbre.semitones + (_NEURAL_MALE_SEMITONES if male else 0.0) + 0.17 * step
    return semitones, timbre.tract * (_NEURAL_MALE_TRACT if male else 1.0) * (1 + 0.011 * step)


class Studio:
    def __init__(self, pool: Pool, neural: "asyncio.Future[Neural | None] | None", threads: ThreadPoolExecutor) -> None:
        self.pool = pool
        self._neural = neural
        self._threads = threads

    async def sounds(self, reading: Reading, setup: Setup) -> AsyncGenerator[Sound, None]:
        """The reading, a run of one language at a time, at the rates of the engines."""
        how = manner(setup)
        language = voices.language_of(setup.voices[0][0])
        for part in script(reading.text, setup.model):
            if isinstance(part, Pause):
                yield silence(part.seconds, self.pool.rate)
                continue
            asked = BOOSTS[setup.language] if setup.language else None
            for run, begin, end in _placed(part, runs(part.text, asked, BOOSTS[language])):
                samples, rate, anchors = await self._spoken(run, how, begin)
                samples, last = levelled(samples), end == part.begin + len(part.text)
                said = Said(begin, end, audible(samples), anchors, last) if how.words_wanted else None
                yield Sound(samples, rate, said)

    async def _spoken(self, run: Run, how: Manner, begin: int) -> Spoken:
        if run.language == ENGLISH and self._neural and (neural := await asyncio.shield(self._neural)):
            return await self._by_neural(run.text, how, begin, neural)
        return await self._by_espeak(run, how, begin)

    async def _by_neural(self, text: str, how: Manner, begin: int, neural: "Neural") -> Spoken:
        semitones, tract = neural_place(how.timbre)
        semitones += how.semitones - how.timbre.semitones
        at = begin if how.words_wanted else None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, neural.speak, text, how.speed, semitones, tract, at)

    async def _by_espeak(self, run: Run, how: Manner, begin: int) -> Spoken:
        tract = how.timbre.tract
        pace = _MANDARIN_WORDS_PER_MINUTE if run.language == "cmn" else _WORDS_PER_MINUTE
        # Played at another rate, speech changes pitch and pace with its formants: both are made to fit beforehand.
        semitones = how.semitones - 12 * float(np.log2(tract))
        words = round(pace * how.speed / tract)
        job = Job(run.text, run.language, how.timbre.variant, words, round(semitones, 2))
        spoken = await self.pool.speak(job)
        anchors = by_events(spoken, begin) if how.words_wanted else ()
        return np.frombuffer(spoken.pcm, "<i2"), round(self.pool.rate * tract), anchors


def _placed(sentence: Sentence, found: Iterable[Run]) -> Iterator[tuple[Run, int, int]]:
    """Each run, and where it begins and ends in the reading."""
    begin = sentence.begin
    for run in found:
        end = begin + len(run.text)
        yield run, begin, end
        begin = end


@asynccontextmanager
async def open_studio(habits: Habits) -> AsyncIterator[Studio]:
    """Start the workers, and load the neural voice meanwhile."""
    threads = ThreadPoolExecutor(_NEURAL_THREADS, thread_name_prefix="neural")
    neural: asyncio.Future[Neural | None] | None = None
    try:
        if habits.neural_english and importlib.util.find_spec("hibari"):
            neural = asyncio.get_running_loop().run_in_executor(threads, _load_neural)
        async with open_pool(habits.workers) as pool:
            yield Studio(pool, neural, threads)
    finally:
        if neural is not None:
            await asyncio.wait({neural})
        threads.shutdown()


@cache
def _load_neural() -> "Neural | None":
    """One for all studios of a process: it takes half a second and 200 MB. None, and English by espeak-ng, where its
    runtime does not load.
    """
    try:
        from gateway.emulator.neural import Neural

        return Neural()
    except (ImportError, OSError, RuntimeError) as error:
        _log.warning("the neural voice does not load (%s): English is spoken by espeak-ng", type(error).__name__)
        return None
