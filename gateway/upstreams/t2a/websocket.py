"""T2A v2 over WebSockets: lines kept open per voice, each speaking one segment at a time."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from contextlib import suppress

from websockets.exceptions import ConnectionClosed, WebSocketException

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished, Hear, Heard, Noticing, Request
from gateway.upstreams.observing import Observe, ObserveError, Stopwatch, ignore, ignore_error
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.codes import Translating
from gateway.upstreams.t2a.dialect import task_start
from gateway.upstreams.t2a.dialog import IDLE_TIMEOUT, Dialog
from gateway.upstreams.t2a.line import Calling, Line, open_line
from gateway.upstreams.t2a.patience import Patience
from gateway.upstreams.valve import Valve

MOST_IDLE = 64
"""Unused lines, over all voices; beyond that the one unused for longest is closed."""


class WebSocketT2A:
    """An `Upstream`. `url` and `dialog` are an `Endpoint`'s. One per process and key.

    While a line speaks, a spare for the same voice is kept ready: for the next segment, or for what is said
    after an interruption where only closing interrupts.
    """

    def __init__(
        self,
        url: str,
        key: Secret,
        dialog: Callable[[], Dialog],
        patience: Patience | None = None,
        context: ssl.SSLContext | None = None,
        observe: Observe = ignore,
        observe_error: ObserveError = ignore_error,
    ) -> None:
        if context is None and url.startswith("wss:"):
            context = ssl.create_default_context()
        self._calling = Calling(url, key, dialog, context, patience or Patience())
        self._observe = observe
        self._translating = Translating(observe_error, WebSocketException, OSError, EOFError)
        self._idle: dict[Line, asyncio.TimerHandle] = {}
        """Unused lines, the longest unused first, and when they expire."""
        self._opening: set[bytes] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        with self._translating:
            return await self._speak(request, hear, valve)

    def warm(self, request: Request) -> None:
        """Have a line ready for requests with these settings. A failure shows when one is asked."""
        start = task_start(request)
        if start not in self._opening and not any(line.start == start for line in self._idle):
            self._opening.add(start)
            self._in_background(self._open_spare(start))

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(line.close() for line in [*self._idle]))
        for expiry in self._idle.values():
            expiry.cancel()
        self._idle.clear()

    async def _speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        stopwatch = Stopwatch(self._observe)

        def heard(event: Heard) -> None:
            if isinstance(event, Audio):
                stopwatch.ended("upstream")
            hear(event)

        noticing = Noticing(heard)
        start = task_start(request)
        line = self._take(start)
        self.warm(request)
        if line is not None:
            stopwatch.ended("connect")
            try:
                return await self._speak_on(line, request, noticing, valve)
            except (ConnectionClosed, UpstreamError) as error:
                if noticing.begun or not _is_outworn(error):
                    raise
        line = await self._open(start)
        stopwatch.ended("connect")
        return await self._speak_on(line, request, noticing, valve)

    async def _speak_on(self, line: Line, request: Request, hear: Hear, valve: Valve) -> Finished:
        try:
            return await line.speak(request, hear, valve, self._calling.patience)
        finally:
            self._give_back(line)

    async def _open(self, start: bytes) -> Line:
        async with asyncio.timeout(self._calling.patience.connect):
            return await open_line(self._calling, start)

    async def _open_spare(self, start: bytes) -> None:
        try:
            with suppress(UpstreamError, WebSocketException, OSError, EOFError):
                self._keep(await self._open(start))
        finally:
            self._opening.discard(start)

    def _take(self, start: bytes) -> Line | None:
        """The line used last, as the others are the sooner to expire."""
        for line in reversed([*self._idle]):
            if line.start == start:
                self._idle.pop(line).cancel()
                if line.usable:
                    return line
        return None

    def _give_back(self, line: Line) -> None:
        if line.usable and line.dialog.settled:
            self._keep(line)
        elif line.usable:
            self._in_background(self._settle(line))
        else:
            self._in_background(line.close())

    async def _settle(self, line: Line) -> None:
        try:
            async with asyncio.timeout(self._calling.patience.connect):
                await line.settle()
        except (UpstreamError, WebSocketException, OSError):
            await line.close()
            return
        except asyncio.CancelledError:
            line.abort()
            raise
        self._give_back(line)

    def _keep(self, line: Line) -> None:
        expiry = asyncio.get_running_loop().call_later(line.dialog.keep_s, self._expire, line)
        self._idle[line] = expiry
        if len(self._idle) > MOST_IDLE:
            self._expire(next(iter(self._idle)))

    def _expire(self, line: Line) -> None:
        self._idle.pop(line).cancel()
        self._in_background(line.close())

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_outworn(error: Exception) -> bool:
    """A kept line may have been ended while nobody looked."""
    return isinstance(error, ConnectionClosed) or getattr(error, "upstream_code", None) == IDLE_TIMEOUT
