"""The same upstream with another model, for a list that fails over to one."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from gateway.upstreams.base import Request, Spoken, Upstream


class OtherModel:
    """An `Upstream` that asks `inner` with `model`, whatever the session chose."""

    def __init__(self, inner: Upstream, model: str) -> None:
        self._inner = inner
        self._model = model

    async def speak(self, request: Request) -> AsyncGenerator[Spoken, None]:
        other = replace(request, voice=replace(request.voice, model=self._model))
        async with aclosing(self._inner.speak(other)) as events:
            async for event in events:
                yield event

    async def aclose(self) -> None:
        await self._inner.aclose()
