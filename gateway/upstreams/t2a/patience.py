"""How long upstream is waited for."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

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
    """Time left until the next audio must have come; it runs only while upstream is waited for."""

    def __init__(self, patience: Patience) -> None:
        self._left = patience.first_audio
        self._next = patience.next_audio

    async def on(self, awaitable: Awaitable[T]) -> T:
        """Raises `TimeoutError`."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._left):
                return await awaitable
        finally:
            self._left -= time.monotonic() - began

    def heard(self) -> None:
        self._left = self._next
