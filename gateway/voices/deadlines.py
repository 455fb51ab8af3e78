"""Which voices have spoken, and which are about to be lost: known, written down and told.

`spoke` is called on the way of a turn's audio; all else is done by the one task that runs `watch`.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable, Collection

from gateway.errors import GatewayError
from gateway.voices.record import Book, VoiceEvent, activate, earliest, pass_time
from gateway.voices.records import Records

POLL_S = 60.0
"""Other processes make voices, too; and time passes."""

log = logging.getLogger(__name__)


class Deadlines:
    def __init__(
        self, records: Records, tell: Callable[[VoiceEvent], None], clock: Callable[[], float] = time.time
    ) -> None:
        """`tell` is called once for each event, by whichever process wrote it down."""
        self._records = records
        self._tell = tell
        self._clock = clock
        self._waiting: set[str] = set()
        """Voices that have not spoken, as far as this process knows."""
        self._spoken: set[str] = set()
        """And those that have since, until it is written down."""
        self._woken = asyncio.Event()
        self._earliest: float | None = None

    @property
    def waiting(self) -> int:
        """Voices that have not spoken."""
        return len(self._waiting)

    @property
    def left_s(self) -> float:
        """Until the earliest deadline; infinite without one."""
        return math.inf if self._earliest is None else self._earliest - self._clock()

    def spoke(self, voice_id: str) -> None:
        """A synthesis with it has come to its end."""
        if voice_id in self._waiting:
            self._waiting.discard(voice_id)
            self._spoken.add(voice_id)
            self._woken.set()

    async def read(self) -> Book:
        book = await asyncio.to_thread(self._records.all)
        self._waiting = {record.voice_id for record in book.values() if record.waits} - self._spoken
        self._earliest = earliest(book)
        return book

    async def write(self) -> None:
        """Write down who has spoken."""
        spoken = frozenset(self._spoken)
        if spoken:
            await self._change(lambda book: activate(book, spoken, self._clock()))
            self._spoken -= spoken

    async def listed(self, voice_ids: Collection[str]) -> None:
        """Upstream lists these: they have spoken, here or elsewhere."""
        book = await self.read()
        if activate(dict(book), voice_ids, self._clock()):
            await self._change(lambda book: activate(book, voice_ids, self._clock()))

    async def look(self, refresh: Callable[[], Awaitable[None]]) -> None:
        """Write down who has spoken and tell what is due; whoever has spoken elsewhere, `refresh` finds out first."""
        await self.write()
        if pass_time(await self.read(), self._clock()):
            await refresh()
            await self._change(lambda book: pass_time(book, self._clock()))

    async def watch(self, refresh: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await self.look(refresh)
            except GatewayError as error:
                log.warning("! voices: %s", error.message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._woken.wait()
            self._woken.clear()

    async def close(self) -> None:
        """Nothing speaks any more."""
        try:
            await self.write()
        except GatewayError as error:
            log.warning("! voices: %s", error.message)

    async def _change(self, decide: Callable[[Book], list[VoiceEvent]]) -> None:
        for event in await asyncio.to_thread(self._records.change, decide):
            self._tell(event)
        await self.read()
