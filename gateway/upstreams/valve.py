"""Backpressure, from who hears to who sends."""

import asyncio
from collections.abc import Callable


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

    def heeded(self, heed: Callable[[], None]) -> "_Heeded":
        """In its block `heed` is called at each turn, at once if the valve is shut. It must not send from within."""
        return _Heeded(self.shut, heed, self._heeding)

    async def opened(self) -> None:
        """Until it is open: for who sends at his own pace."""
        while self.shut:
            turned = asyncio.Event()
            self._heeding.append(turned.set)
            try:
                await turned.wait()
            finally:
                self._heeding.remove(turned.set)


class _Heeded:
    def __init__(self, shut: bool, heed: Callable[[], None], heeding: list[Callable[[], None]]) -> None:
        self._shut = shut
        self._heed = heed
        self._heeding = heeding

    def __enter__(self) -> None:
        self._heeding.append(self._heed)
        if self._shut:
            self._heed()

    def __exit__(self, *_: object) -> None:
        self._heeding.remove(self._heed)
