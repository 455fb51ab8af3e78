"""Makes one turn's form off the event loop: in order, a batch at a time.

    feed  feed  feed  feed  end       calls, as they come
    └─ batch ─┘ └─── batch ───┘  ──→  a thread  ──→  pieces, told in the loop in the order of the calls

What comes while a batch is under way is the next one: a turn is in one thread at a time, a thread serves the turns in
the order in which they come, and nothing is scheduled per frame. A form that is not heavy is made on the spot.
"""

import asyncio
import logging
from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from gateway.audio.base import Piece
from gateway.audio.loudness import Loudness
from gateway.audio.made import Made

LARGEST_FEED = 16384
"""Bytes: what comes at once is taken in such portions, so that its beginning does not wait for its end."""
LARGEST_BATCH = 16

Told = Callable[[list[Piece]], None]
_Work = tuple[Callable[[], list[Piece]], Told]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Studio:
    """What all turns have in common: the threads, and how loud voices were."""

    threads: Executor
    loudness: Loudness


class Encoding:
    def __init__(self, form: Made, threads: Executor) -> None:
        self.form = form
        self._threads = threads
        self._run = asyncio.get_running_loop().run_in_executor
        self._waiting: list[_Work] = []
        self._batch: asyncio.Future[list[list[Piece]]] | None = None
        self._stopped = False
        self.broken = False
        """An encoder has failed: nothing comes of it any more."""

    def go_on(self, begun: bytes) -> bool:
        """Behind what another process has made of the file; False where that cannot be."""
        possible = self.form.go_on(begun)
        if possible:
            self._do(partial(self.form.recall, begun), lambda _: None)
        return possible

    def begin_segment(self, voice: Hashable, *, as_mp3: bool) -> None:
        """The one before has ended."""
        self.form.begin_segment(voice, as_mp3=as_mp3)

    def feed(self, data: bytes, told: Told) -> None:
        for at in range(0, len(data), LARGEST_FEED):
            self._do(partial(self.form.feed, data[at : at + LARGEST_FEED]), told)

    def end_turn(self, told: Told) -> None:
        self._do(self.form.end_turn, told)

    async def end_segment(self, told: Told, *, last: bool) -> float:
        """Returns when all of the segment has been told, with its length in milliseconds. `last`: so ends the turn."""
        self._do(self.form.end_segment, told)
        if last:
            self._do(self.form.end_turn, told)
        while self._batch is not None:
            await asyncio.wait([self._batch])
        return self.form.fed_ms

    def stop(self) -> None:
        """Nothing is told any more."""
        self._stopped = True
        self._waiting.clear()

    def _do(self, make: Callable[[], list[Piece]], told: Told) -> None:
        if self._stopped:
            return
        if not self.form.heavy:
            told(make())
            return
        self._waiting.append((make, told))
        if self._batch is None:
            self._begin()

    def _begin(self) -> None:
        batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
        self._batch = self._run(self._threads, _made, [] if self.broken else [make for make, _ in batch])
        self._batch.add_done_callback(partial(self._tell, [told for _, told in batch]))

    def _tell(self, tolds: list[Told], batch: "asyncio.Future[list[list[Piece]]]") -> None:
        self._batch = None
        if not batch.cancelled() and (error := batch.exception()) is not None:
            log.error("! encoding broke", exc_info=error)
            self.broken = True
        if self._waiting:
            self._begin()
        if batch.cancelled() or self._stopped:
            return
        results = [] if self.broken else batch.result()
        for number, told in enumerate(tolds):
            told(results[number] if number < len(results) else [])


def _made(calls: list[Callable[[], list[Piece]]]) -> list[list[Piece]]:
    return [make() for make in calls]
