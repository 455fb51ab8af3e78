"""How long upstream is waited for."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from gateway.upstreams.observing import Clock

T = TypeVar("T")


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
    """Time left until the next audio must have come. It runs within `with`, while upstream is waited for."""

    def __init__(self, patience: Patience, clock: Clock = time.monotonic) -> None:
        self.left = patience.first_audio
        self._next = patience.next_audio
        self._clock = clock
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = self._clock()

    def __exit__(self, *_: object) -> None:
        self.left -= self._clock() - self._began

    async def on(self, awaitable: Awaitable[T]) -> T:
        """Raises `TimeoutError`."""
        with self:
            async with asyncio.timeout(self.left):
                return await awaitable

    def heard(self) -> None:
        self.left = self._next
