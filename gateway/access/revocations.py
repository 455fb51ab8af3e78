"""Tokens that are not taken any more, though they have not expired."""

import time
from collections.abc import Callable
from typing import Protocol

Tell = Callable[[], None]


class Revocations(Protocol):
    async def revoke(self, token: str, for_s: float) -> None:
        """Refuse the token of this id for so long; whoever watches it is told."""

    async def revoked(self, token: str) -> bool:
        """Raises `Refused` `store_unavailable` where that cannot be told."""

    def watch(self, token: str, tell: Tell) -> Tell:
        """Have `tell` called when the token is revoked, or has been. Gives how to stop that."""


class MemoryRevocations:
    """Of one gateway by itself."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._watching: dict[str, set[Tell]] = {}

    async def revoke(self, token: str, for_s: float) -> None:
        now = self._clock()
        self._until = {name: until for name, until in self._until.items() if until > now}
        self._until[token] = now + for_s
        for tell in tuple(self._watching.get(token, ())):
            tell()

    async def revoked(self, token: str) -> bool:
        return self._until.get(token, 0.0) > self._clock()

    def watched(self) -> tuple[str, ...]:
        return tuple(self._watching)

    def watch(self, token: str, tell: Tell) -> Tell:
        self._watching.setdefault(token, set()).add(tell)
        if self._until.get(token, 0.0) > self._clock():
            tell()

        def stop() -> None:
            told = self._watching.get(token, set())
            told.discard(tell)
            if not told:
                self._watching.pop(token, None)

        return stop
