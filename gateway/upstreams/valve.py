"""Backpressure, from who hears to who sends."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager


class Valve:
    """Turned by who hears, heeded by all who send to him."""

    def __init__(self) -> None:
        self.shut = False
        self._heeding: list[Callable[[], None]] = []

    def turn(self, *, shut: bool) -> None:
        if shut != self.shut:
            self.shut = shut
            for heed in tuple(self._heeding):
                heed()

    @contextmanager
    def heeded(self, heed: Callable[[], None]) -> Generator[None]:
        """`heed` is called at each turn, and at once if the valve is shut. It must not send from within."""
        self._heeding.append(heed)
        try:
            if self.shut:
                heed()
            yield
        finally:
            self._heeding.remove(heed)

    async def opened(self) -> None:
        """Until it is open: for who sends at his own pace."""
        while self.shut:
            turned = asyncio.Event()
            self._heeding.append(turned.set)
            try:
                await turned.wait()
            finally:
                self._heeding.remove(turned.set)
