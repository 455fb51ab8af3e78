"""Visemes of a segment's words, with what espeak-ng knows of their phonemes.

Levels never wait for it: whoever asks gets an answer in time or none.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec

from gateway.espeak.languages import Run
from gateway.espeak.pool import Pool, Pronounced, WorkerLost, open_pool
from gateway.lip.spelling import Worded, spelled
from gateway.lip.visemes import track

PATIENCE_S = 1.0
_MOST_WAITING = 64
_MOST_KNOWN = 20_000
"""Words: some 10 MB."""

log = logging.getLogger(__name__)

Phonemes = tuple[str, ...]


class Lips:
    def __init__(self, pool: Pool | None) -> None:
        """Without a pool there are no visemes."""
        self._pool = pool
        self._known: OrderedDict[Run, Phonemes] = OrderedDict()

    async def visemes(self, words: Sequence[Worded], language: str) -> list[tuple[int, str]] | None:
        """The track of one segment, `(at_ms, viseme)` a change; None where nothing can be said.

        `language` is one of the forty tags or `auto`; words and track count from the segment's first sample.
        """
        if self._pool is None or (read := spelled(words, language)) is None:
            return None
        wanted = dict.fromkeys(run for word in read for run in word.runs)
        phonemes = await self._phonemes(self._pool, wanted)
        if phonemes is None:
            return None
        return track(read, [[name for run in word.runs for name in phonemes[run]] for word in read])

    async def _phonemes(self, pool: Pool, wanted: Iterable[Run]) -> dict[Run, Phonemes] | None:
        found = {run: self._known[run] for run in wanted if run in self._known}
        missing = [run for run in wanted if run not in found]
        try:
            async with asyncio.timeout(PATIENCE_S):
                for language in dict.fromkeys(run.language for run in missing):
                    if pool.waiting >= _MOST_WAITING:
                        return None
                    found |= await _asked(pool, [run for run in missing if run.language == language])
        except (TimeoutError, WorkerLost):
            log.debug("! no phonemes in time")
            return None
        self._remember(found)
        return found

    def _remember(self, found: dict[Run, Phonemes]) -> None:
        for run, phonemes in found.items():
            self._known[run] = phonemes
            self._known.move_to_end(run)
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)


async def _asked(pool: Pool, same_language: list[Run]) -> dict[Run, Phonemes]:
    """All at once, one a line; each is read by itself."""
    starts, length = [], 0
    for run in same_language:
        starts.append(length)
        length += len(run.text) + 1
    told = await pool.phonemes("\n".join(run.text for run in same_language), same_language[0].language)
    return {run: _within(told, start, start + len(run.text)) for run, start in zip(same_language, starts, strict=True)}


def _within(told: Sequence[Pronounced], start: int, end: int) -> Phonemes:
    return tuple(name for word in told if start <= word.position < end for name in word.phonemes)


@asynccontextmanager
async def open_lips() -> AsyncIterator[Lips]:
    """With a worker of its own where espeak-ng is installed; it runs from the first question on."""
    if find_spec("espeakng_loader") is None:
        yield Lips(None)
        return
    async with open_pool(1, waiting=True) as pool:
        yield Lips(pool)
