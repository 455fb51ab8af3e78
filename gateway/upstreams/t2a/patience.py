"""How long upstream is waited for."""

import asyncio
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from gateway.upstreams.observing import Clock


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    connect: float = 5.0
    """Over WebSockets the handshake and the task's start included."""
    first_audio: float = 10.0
    """From the request to its first audio."""
    next_audio: float = 10.0
    """From one piece of audio to the next. Time the reader takes does not count."""
    drain: float = 0.5
    """For what follows the last event: a connection that is clean is used again."""


class Countdown:
    """Time left until the next audio must have come. When it has run out, its block ends with `TimeoutError`.

    async with Countdown(patience) as countdown:
        ...

    One timer, which looks when it fires what came meanwhile: one a chunk would cost more than the chunk's decoding.
    """

    def __init__(self, patience: Patience, clock: Clock = time.monotonic) -> None:
        self._next = patience.next_audio
        self._limit = patience.first_audio
        self._clock = clock
        self._since = clock()
        self._begun = False
        self._timeout: asyncio.Timeout | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        self._timeout = await asyncio.timeout(None).__aenter__()
        self._look()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hold()
        timeout, self._timeout = self._timeout, None  # it refers to its task, which may have ended with our error
        if timeout is not None:
            await timeout.__aexit__(kind, error, trace)

    def heard(self) -> bool:
        """Audio has come; whether it is the first."""
        self._since = self._clock()
        if self._begun:
            return False
        self._begun = True
        sooner, self._limit = self._next < self._limit, self._next
        if sooner and self._timer is not None:
            self.hold()
            self._look()
        return True

    def hold(self) -> None:
        """It is not upstream that is waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def go_on(self) -> None:
        """Upstream is waited for, from now on."""
        self._since = self._clock()
        self.hold()
        self._look()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._since + self._limit - self._clock()
        if left > 0:
            self._timer = loop.call_later(left, self._look)
        else:
            self._timer = None
            if self._timeout is not None:
                self._timeout.reschedule(loop.time())
