"""What was spoken once is not paid twice: a cache, and one flight for all who ask the same at the same time.

    waiter ─┐
    waiter ─┼─ hears ── flight: what came so far ←─ its own task ←─ upstream
    waiter ─┘                                        finished → store

A flight belongs to nobody who waits: one waiter's leaving touches no other, and when the last has left it
is stopped. Only finished audio is stored, and none with a joint in it or from a substitute.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import orjson

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished, Hear, Heard, Request, Retried, Upstream, Words
from gateway.upstreams.store import AudioStore, Recording
from gateway.upstreams.valve import Valve

_VERSION = b"2"
"""Part of every key: raise it when a request's meaning changes."""


def key_of(request: Request) -> str:
    """The same for all requests that sound the same, whoever asks."""
    sounding = asdict(replace(request, session="", first=False, words=True))
    return hashlib.sha256(_VERSION + orjson.dumps(sounding, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Cached:
    """An `Upstream` around one. Whoever did not cause a request is billed 0 characters and hears `cached`
    audio.
    """

    def __init__(self, inner: Upstream, store: AudioStore) -> None:
        self._inner = inner
        self._store = store
        self._flights: dict[str, _Flight] = {}

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        key = key_of(request)
        flight = self._flights.get(key)
        if flight is not None:
            return _unbilled(await flight.listen(lambda event: hear(_unpaid(event)), valve))
        flight = self._flights[key] = _Flight(lambda left: self._forget(key, left))
        flight.task = asyncio.create_task(self._fly(key, request, flight))
        return await flight.listen(hear, valve)

    async def aclose(self) -> None:
        tasks = [flight.task for flight in self._flights.values() if flight.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._inner.aclose()

    def _forget(self, key: str, flight: "_Flight") -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _fly(self, key: str, request: Request, flight: "_Flight") -> None:
        try:
            await self._bring(key, request, flight)
        except asyncio.CancelledError:
            flight.fail(UpstreamError("upstream_unavailable"))
            raise
        except Exception as error:  # noqa: BLE001 - whoever waits raises it
            flight.fail(error)
        finally:
            flight.land()

    async def _bring(self, key: str, request: Request, flight: "_Flight") -> None:
        try:
            recording = await self._store.find(key)
            if recording is None:
                await self._ask(key, request, flight)
            else:
                if recording.words:
                    flight.add(Words(recording.words))
                flight.add(Audio(recording.audio, cached=True))
                flight.finish(_unbilled(recording.finished))
        finally:
            await self._store.give_up(key)

    async def _ask(self, key: str, request: Request, flight: "_Flight") -> None:
        # Always with words: whoever asks the same later may want them. A flight waits for none of its hearers.
        finished = await self._inner.speak(replace(request, words=True), flight.add, Valve())
        flight.finish(finished)
        await self._keep(key, flight.events, finished)

    async def _keep(self, key: str, events: Sequence[Heard], finished: Finished) -> None:
        if _is_flawless(events):
            audio = b"".join(event.data for event in events if isinstance(event, Audio))
            words = next((event.words for event in reversed(events) if isinstance(event, Words)), ())
            await self._store.keep(key, Recording(audio, finished, words))


def _unpaid(event: Heard) -> Heard:
    return event._replace(cached=True) if isinstance(event, Audio) else event


def _unbilled(finished: Finished) -> Finished:
    return replace(finished, billed_characters=0)


def _is_flawless(events: Sequence[Heard]) -> bool:
    """Said in one go, by the upstream that was meant."""
    begun = False
    for event in events:
        if isinstance(event, Retried) and (begun or event.reason == "next_upstream"):
            return False
        begun = begun or isinstance(event, Audio)
    return True


class _Flight:
    """What one request has brought so far, for any number of hearers."""

    def __init__(self, leave: Callable[["_Flight"], None]) -> None:
        """`leave` takes the flight out of the list: who asks from then on begins another."""
        self.events: list[Heard] = []
        self.finished: Finished | None = None
        self.error: Exception | None = None
        self.task: asyncio.Task[None] | None = None
        self._leave = leave
        self._waiters: list[_Waiter] = []
        self._landed = False

    async def listen(self, hear: Hear, valve: Valve) -> Finished:
        waiter = _Waiter(self, hear, valve)
        self._waiters.append(waiter)
        try:
            with valve.heeded(waiter.heed):
                waiter.pump()
                return await waiter.finished
        finally:
            self._waiters.remove(waiter)
            if not self._waiters:
                self._abandon()

    def add(self, event: Heard) -> None:
        self.events.append(event)
        self._tell()

    def finish(self, finished: Finished) -> None:
        self.finished = finished
        self._tell()

    def fail(self, error: Exception) -> None:
        if self.finished is None:
            self.error = error
            self._tell()

    def land(self) -> None:
        self._landed = True
        self._leave(self)

    def _abandon(self) -> None:
        """Nobody hears it any more. What is complete is still stored."""
        if self._landed or self.finished:
            return
        self._leave(self)
        if self.task is not None:
            self.task.cancel()

    def _tell(self) -> None:
        for waiter in self._waiters:
            waiter.pump()


class _Waiter:
    """Hears what a flight has brought, as far as its valve lets it."""

    def __init__(self, flight: _Flight, hear: Hear, valve: Valve) -> None:
        self.finished: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()
        self._flight = flight
        self._hear = hear
        self._valve = valve
        self._at = 0

    def heed(self) -> None:
        if not self._valve.shut:
            asyncio.get_running_loop().call_soon(self.pump)

    def pump(self) -> None:
        if self.finished.done():
            return
        flight = self._flight
        try:
            while self._at < len(flight.events) and not self._valve.shut:
                self._at += 1
                self._hear(flight.events[self._at - 1])
        except Exception as error:  # noqa: BLE001 - its own, and no other waiter's
            self.finished.set_exception(error)
            return
        if self._at < len(flight.events):
            return
        if flight.finished is not None:
            self.finished.set_result(flight.finished)
        elif flight.error is not None:
            self.finished.set_exception(flight.error)
