"""A pool of keys that other gateways use too."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from gateway.errors import Refused, UpstreamError
from gateway.upstreams.base import Upstream
from gateway.upstreams.breaker import OPEN_ACCOUNT_S, of_account
from gateway.upstreams.governed import PATIENCE_S, Governed
from gateway.upstreams.governor import Limits, too_many
from gateway.upstreams.observing import Clock, Observe, ignore
from gateway.upstreams.permits import Permits, Told
from gateway.upstreams.queueing import Ticket

log = logging.getLogger(__name__)


class SharedGoverned(Governed):
    """Who is next here asks for a permit before it goes; one asks at a time, so that the order is kept.

    While the store is away each gateway goes on with the rates that it knew: upstream refuses what is too much, and
    bills nothing for it.
    """

    def __init__(
        self,
        pool: Sequence[tuple[Upstream, Limits]],
        permits: Sequence[Permits],
        patience_s: float = PATIENCE_S,
        observe: Observe = ignore,
        clock: Clock = time.monotonic,
    ) -> None:
        """As many `permits` as keys."""
        super().__init__(pool, patience_s, observe, clock)
        self._permits = permits
        self._asking = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await super().aclose()

    def _let_go(self, now: float) -> None:
        while not self._asking and (chosen := self._governor.next(now)) is not None:
            if self._permits[chosen[1]].away:
                self._grant(*chosen)
            else:
                self._asking = True
                self._begin(self._ask(*chosen))

    def _failed(self, number: int, error: UpstreamError) -> None:
        super()._failed(number, error)
        requests, characters = too_many(error)
        refusing = error.code if of_account(error) else ""
        if requests or characters or refusing:
            self._begin(self._tell(number, requests=requests, characters=characters, refusing=refusing))

    async def _ask(self, ticket: Ticket, number: int) -> None:
        told = None
        try:
            told = await self._permits[number].take(ticket.characters)
        except Refused:
            pass
        except Exception:
            log.exception("! no permit was asked for")
        finally:
            self._asking = False
        if (told is None or told.granted) and ticket in self._waiters:
            self._grant(ticket, number)
        if told is not None:
            self._learn(number, told)
        self._go_on()

    async def _tell(self, number: int, *, requests: bool, characters: bool, refusing: str) -> None:
        try:
            await self._permits[number].failed(
                requests=requests, characters=characters, refusing=refusing, for_s=OPEN_ACCOUNT_S
            )
        except Refused:
            log.warning("! other gateways are not told what upstream refused")

    def _grant(self, ticket: Ticket, number: int) -> None:
        self._governor.go(ticket, number)
        self._waiters.pop(ticket).grant(number)

    def _learn(self, number: int, told: Told) -> None:
        key, now = self._governor.keys[number], self._clock()
        key.requests.learn(told.requests, now)
        key.characters.learn(told.characters, now)
        if told.refusing:
            key.breaker.open(told.refusing, now + told.refusing_s)

    def _begin(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
