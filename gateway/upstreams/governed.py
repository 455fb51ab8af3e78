"""A pool of keys behind one rate limit, fair between sessions; a key that does not work is left alone."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.errors import UpstreamError
from gateway.text.billing import billable
from gateway.upstreams.base import Finished, Hear, Noticing, Request, Retried, Upstream, Waiting
from gateway.upstreams.failover import ACCOUNT
from gateway.upstreams.governor import Governor, Limits, Place
from gateway.upstreams.observing import Clock, Observe, Stopwatch, ignore
from gateway.upstreams.queueing import Ticket
from gateway.upstreams.valve import Valve

PATIENCE_S = 30.0


class NotAsked(UpstreamError):
    """Upstream was not even asked; asking again at once would end the same."""


class Governed:
    """An `Upstream` around several that differ in their keys only."""

    def __init__(
        self,
        pool: Sequence[tuple[Upstream, Limits]],
        patience_s: float = PATIENCE_S,
        observe: Observe = ignore,
        clock: Clock = time.monotonic,
    ) -> None:
        """Who would wait longer than `patience_s` is refused with `upstream_rate_limited`."""
        self._upstreams = [upstream for upstream, _ in pool]
        self._governor = Governor([limits for _, limits in pool], clock())
        self._clock = clock
        self._patience_s = patience_s
        self._observe = observe
        self._waiters: dict[Ticket, _Waiter] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def open_breakers(self) -> int:
        """How many keys are not asked now, because they do not work."""
        now = self._clock()
        return sum(key.breaker.refusing(now) is not None for key in self._governor.keys)

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        """A key whose account does not work is followed by another, while there is one."""
        for _ in self._upstreams[1:]:
            noticing = Noticing(hear)
            try:
                return await self._once(request, noticing, valve)
            except UpstreamError as error:
                if noticing.begun or error.code not in ACCOUNT:
                    raise
                retried = Retried(error.code, "next_upstream", error.trace_id)
            hear(retried)
        return await self._once(request, hear, valve)

    async def _once(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        stopwatch = Stopwatch(self._observe, self._clock)
        waiter = self._join(request)
        asked = False
        try:
            while (number := waiter.key()) is None:
                waiter.changed.clear()
                if waiter.eta_s > 0:
                    hear(Waiting(waiter.place, waiter.eta_s))
                await waiter.change(self._clock())
            asked = True
            stopwatch.ended("governor")
            return await self._asked(number, request, hear, valve)
        finally:
            self._leave(waiter, asked=asked)

    async def aclose(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for upstream in self._upstreams:
            await upstream.aclose()

    async def _asked(self, number: int, request: Request, hear: Hear, valve: Valve) -> Finished:
        key = self._governor.keys[number]
        told = False
        try:
            finished = await self._upstreams[number].speak(request, hear, valve)
            told = True
            key.breaker.succeeded(self._clock())
        except UpstreamError as error:
            told = True
            self._failed(number, error)
            raise
        else:
            return finished
        finally:
            if not told:
                key.breaker.released()
            self._go_on()

    def _join(self, request: Request) -> "_Waiter":
        ticket = Ticket(request.session, request.first, billable(request.text))
        waiter = self._waiters[ticket] = _Waiter(ticket, self._clock() + self._patience_s)
        self._governor.join(ticket)
        self._go_on()
        if waiter.eta_s > self._patience_s:
            waiter.error = "upstream_rate_limited"
        return waiter

    def _leave(self, waiter: "_Waiter", *, asked: bool) -> None:
        self._waiters.pop(waiter.ticket, None)
        self._governor.leave(waiter.ticket)
        if waiter.granted is not None and not asked:
            self._governor.keys[waiter.granted].breaker.released()
        self._go_on()

    def _go_on(self) -> None:
        """Let go who may, tell the others where they stand, and come again when the next may."""
        now = self._clock()
        if (code := self._governor.refusing(now)) is not None:
            self._refuse_all(code)
        self._let_go(now)
        for place in self._governor.places(now):
            self._waiters[place.ticket].stand(place)
        self._come_again(now)

    def _let_go(self, now: float) -> None:
        for ticket, number in self._governor.grant(now):
            self._waiters.pop(ticket).grant(number)

    def _failed(self, number: int, error: UpstreamError) -> None:
        self._governor.keys[number].failed(error, self._clock())

    def _refuse_all(self, code: str) -> None:
        for ticket, waiter in self._waiters.items():
            self._governor.leave(ticket)
            waiter.refuse(code)
        self._waiters.clear()

    def _come_again(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (deadline := self._governor.deadline(now)) is not None:
            self._timer = asyncio.get_running_loop().call_later(max(deadline - now, 0.001), self._go_on)


@dataclass(slots=True, eq=False)
class _Waiter:
    ticket: Ticket
    until: float
    place: int = 0
    eta_s: float = 0.0
    granted: int | None = None
    error: str | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def key(self) -> int | None:
        """The number of the key to ask with, None for not yet. Raises `NotAsked` when none will do."""
        if self.granted is None and self.error is not None:
            raise NotAsked(self.error)
        return self.granted

    async def change(self, now: float) -> None:
        """Raises `NotAsked` when patience has run out."""
        try:
            async with asyncio.timeout(self.until - now):
                await self.changed.wait()
        except TimeoutError as error:
            raise NotAsked("upstream_rate_limited") from error

    def grant(self, number: int) -> None:
        self.granted = number
        self.changed.set()

    def refuse(self, code: str) -> None:
        self.error = code
        self.changed.set()

    def stand(self, place: Place) -> None:
        news = self.place != place.place or (self.eta_s == 0 < place.eta_s)
        self.place, self.eta_s = place.place, place.eta_s
        if news:
            self.changed.set()
