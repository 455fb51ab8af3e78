"""An upstream that plays what a test wrote down."""

import asyncio
from collections.abc import Sequence

from gateway.errors import UpstreamError
from gateway.upstreams.base import Finished, Hear, Heard, Request
from gateway.upstreams.valve import Valve

Step = Heard | Finished | UpstreamError | asyncio.Event
"""An event is waited for, an error raised; a script without `Finished` is cut."""


class Scripted:
    """Each request plays the next script; the last one is played again and again."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self._scripts = list(scripts)
        self.asked: list[Request] = []
        self.running = 0
        self.closed = False

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        self.asked.append(request)
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        self.running += 1
        try:
            return await self._play(script, hear)
        finally:
            self.running -= 1

    async def aclose(self) -> None:
        self.closed = True

    async def _play(self, script: Sequence[Step], hear: Hear) -> Finished:
        for step in script:
            if isinstance(step, UpstreamError):
                raise UpstreamError(step.code, upstream_code=step.upstream_code, trace_id=step.trace_id)
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, Finished):
                return step
            else:
                hear(step)
        raise UpstreamError("upstream_unavailable")
