"""The same upstream with another model, for a list that fails over to one."""

from dataclasses import replace

from gateway.upstreams.base import Finished, Hear, Request, Upstream
from gateway.upstreams.t2a.offer import CHOICES, MODELS
from gateway.upstreams.t2a.parameters import fitted
from gateway.upstreams.valve import Valve


class OtherModel:
    """An `Upstream` that asks `inner` with `model`, whatever the session chose; in a language that it lacks, with the
    nearest one that speaks it. `fast` and `best` are chosen for each request. Raises ValueError for a model that is
    none.
    """

    def __init__(self, inner: Upstream, model: str) -> None:
        if model not in {*MODELS, *CHOICES}:
            raise ValueError(f"A model behind # must be one of {', '.join((*MODELS, *CHOICES))}.")
        self._inner = inner
        self._model = model

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        other = replace(request, voice=fitted(request.voice, request.language, self._model))
        return await self._inner.speak(other, hear, valve)

    async def aclose(self) -> None:
        await self._inner.aclose()
