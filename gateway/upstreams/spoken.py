"""Tells which voice has spoken, once upstream has finished with it."""

from collections.abc import Callable

from gateway.upstreams.base import Finished, Hear, Request, Upstream
from gateway.upstreams.valve import Valve


class Spoken:
    """An `Upstream` around one, beneath any cache: a cached answer is no synthesis.

    Whether a mixture counts for the voices in it, upstream does not say: it is not told.
    """

    def __init__(self, inner: Upstream, tell: Callable[[str], None]) -> None:
        """`tell` is called with the voice's id, from within `speak`; it must not block."""
        self._inner = inner
        self._tell = tell

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        finished = await self._inner.speak(request, hear, valve)
        if not request.voice.timbre_weights:
            self._tell(request.voice.voice_id)
        return finished

    async def aclose(self) -> None:
        await self._inner.aclose()
