"""What upstream lists, kept: refreshed when it is old, by one request at a time; what fails leaves the old list."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection

from gateway.errors import GatewayError, UpstreamError
from gateway.upstreams.management.answers import Listed

FRESH_S = 600.0
RETRY_S = 30.0
"""After a failure."""
PATIENCE_S = 10.0
"""Whoever waits for a list waits no longer."""

log = logging.getLogger(__name__)


class Listing:
    def __init__(
        self,
        ask: Callable[[], Awaitable[tuple[Listed, ...]]],
        heard: Callable[[Collection[str]], Awaitable[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`heard` is given the ids of each new list."""
        self.voices: tuple[Listed, ...] = ()
        self.refreshed_at: float | None = None
        self.error: UpstreamError | None = None
        """Why the list is not newer."""
        self._ask = ask
        self._heard = heard
        self._clock = clock
        self._asked_at = -FRESH_S
        self._flight: asyncio.Task[None] | None = None

    async def fresh(self) -> None:
        """Waits for the first list; a later one is refreshed behind its back."""
        kept_s = RETRY_S if self.error else FRESH_S
        if self._clock() - self._asked_at >= kept_s:
            flight = self._begin()
            if self.refreshed_at is None:
                await asyncio.wait({flight}, timeout=PATIENCE_S)

    async def refresh(self) -> None:
        """Ask now, or wait for who does already."""
        await asyncio.wait({self._begin()}, timeout=PATIENCE_S)

    async def aclose(self) -> None:
        if self._flight is not None:
            self._flight.cancel()
            await asyncio.gather(self._flight, return_exceptions=True)

    def _begin(self) -> asyncio.Task[None]:
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fly())
        return self._flight

    async def _fly(self) -> None:
        self._asked_at = self._clock()
        try:
            self.voices = await self._ask()
            self.refreshed_at, self.error = self._clock(), None
            await self._heard({voice.voice_id for voice in self.voices})
        except UpstreamError as error:
            self.error = error
            log.warning("! voices are not listed: %s, code %s", error.code, error.upstream_code)
        except GatewayError as error:
            log.warning("! voices: %s", error.message)
        except Exception:
            log.exception("! a list of voices broke")
