"""Asks only while this replica has its sessions: what another has taken over, that one asks for."""

from collections.abc import Awaitable, Callable

from gateway.upstreams.base import Finished, Hear, Request, Upstream
from gateway.upstreams.valve import Valve


class Leased:
    """An `Upstream` around one. `hold` returns when that is known; who waits for it may be cancelled meanwhile."""

    def __init__(self, inner: Upstream, hold: Callable[[], Awaitable[None]]) -> None:
        self._inner = inner
        self._hold = hold

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        await self._hold()
        return await self._inner.speak(request, hear, valve)

    async def aclose(self) -> None:
        await self._inner.aclose()
