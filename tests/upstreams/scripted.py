"""An upstream that plays what a test wrote down."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from gateway.errors import UpstreamError
from gateway.upstreams.base import Request, Spoken

Step = Spoken | UpstreamError | asyncio.Event
"""An event is waited for, an error raised."""


class Scripted:
    """Each request plays the next script; the last one is played again and again."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self._scripts = list(scripts)
        self.asked: list[Request] = []
        self.running = 0
        self.closed = False

    async def speak(self, request: Request) -> AsyncGenerator[Spoken, None]:
        self.asked.append(request)
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        self.running += 1
        try:
            for step in script:
                if isinstance(step, UpstreamError):
                    raise UpstreamError(step.code, upstream_code=step.upstream_code, trace_id=step.trace_id)
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    yield step
        finally:
            self.running -= 1

    async def aclose(self) -> None:
        self.closed = True
