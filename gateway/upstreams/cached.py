"""What was spoken once is not paid twice: a cache, and one flight for all who ask the same at the same time.

    waiter ─┐
    waiter ─┼─ reads ── flight: what came so far ←─ its own task ←─ upstream
    waiter ─┘                                        finished → store

A flight belongs to nobody who waits: one waiter's leaving touches no other, and when the last has left it
is stopped. Only finished audio is stored, and none with a joint in it or from a substitute.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, replace

import orjson

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished, Request, Retried, Spoken, Upstream, Words
from gateway.upstreams.store import DiskStore, Recording

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

    def __init__(self, inner: Upstream, store: DiskStore) -> None:
        self._inner = inner
        self._store = store
        self._flights: dict[str, _Flight] = {}

    async def speak(self, request: Request) -> AsyncGenerator[Spoken, None]:
        key = key_of(request)
        flight = self._flights.get(key)
        shared = flight is not None
        if flight is None:
            flight = self._flights[key] = _Flight(lambda left: self._forget(key, left))
            flight.task = asyncio.create_task(self._fly(key, request, flight))
        async with aclosing(flight.read()) as events:
            async for event in events:
                yield _unpaid(event) if shared else event

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
            recording = await asyncio.to_thread(self._store.get, key)
            if recording is None:
                await self._ask(request, flight)
                await self._keep(key, flight.events)
            else:
                if recording.words:
                    flight.add(Words(recording.words))
                flight.add(_unpaid(Audio(recording.audio)))
                flight.add(_unpaid(recording.finished))
        except asyncio.CancelledError:
            flight.fail(UpstreamError("upstream_unavailable"))
            raise
        except Exception as error:  # noqa: BLE001 - whoever waits raises it
            flight.fail(error)
        finally:
            flight.land()

    async def _ask(self, request: Request, flight: "_Flight") -> None:
        """Always for words too: whoever asks the same later may want them."""
        async with aclosing(self._inner.speak(replace(request, words=True))) as events:
            async for event in events:
                flight.add(event)
        if not flight.finished:
            raise UpstreamError("upstream_unavailable")

    async def _keep(self, key: str, events: Sequence[Spoken]) -> None:
        *spoken, finished = events
        if isinstance(finished, Finished) and _is_flawless(spoken):
            audio = b"".join(event.data for event in spoken if isinstance(event, Audio))
            words = next((event.words for event in reversed(spoken) if isinstance(event, Words)), ())
            await asyncio.to_thread(self._store.put, key, Recording(audio, finished, words))


def _unpaid(event: Spoken) -> Spoken:
    match event:
        case Audio(data=data):
            return Audio(data, cached=True)
        case Finished():
            return replace(event, billed_characters=0)
        case _:
            return event


def _is_flawless(events: Sequence[Spoken]) -> bool:
    """Said in one go, by the upstream that was meant."""
    begun = False
    for event in events:
        if isinstance(event, Retried) and (begun or event.reason == "next_upstream"):
            return False
        begun = begun or isinstance(event, Audio)
    return True


class _Flight:
    """What one request has brought so far, for any number of readers."""

    def __init__(self, leave: Callable[["_Flight"], None]) -> None:
        """`leave` takes the flight out of the list: who asks from then on begins another."""
        self.events: list[Spoken] = []
        self.task: asyncio.Task[None] | None = None
        self._leave = leave
        self._error: Exception | None = None
        self._readers = 0
        self._landed = False
        self._news = asyncio.Event()

    @property
    def finished(self) -> bool:
        return bool(self.events) and isinstance(self.events[-1], Finished)

    async def read(self) -> AsyncGenerator[Spoken, None]:
        self._readers += 1
        at = 0
        try:
            while not (at == len(self.events) and self.finished):
                if at < len(self.events):
                    yield self.events[at]
                    at += 1
                elif self._error is not None:
                    raise self._error
                else:
                    await self._news.wait()
        finally:
            self._readers -= 1
            if not self._readers:
                self._abandon()

    def add(self, event: Spoken) -> None:
        self.events.append(event)
        self._tell()

    def fail(self, error: Exception) -> None:
        self._error = error
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
        self._news.set()
        self._news = asyncio.Event()
