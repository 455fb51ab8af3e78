"""When one upstream cannot speak now, the next one is asked."""

from collections.abc import Sequence

from gateway.errors import UpstreamError
from gateway.upstreams.base import Finished, Hear, Noticing, Request, Retried, Upstream
from gateway.upstreams.valve import Valve

ACCOUNT = frozenset({"upstream_auth", "upstream_balance", "upstream_quota"})
"""Permanent for this upstream or key, not for the next."""


class Failover:
    """An `Upstream` along a list, the first that answers. A request of which audio was heard stays where it
    is.
    """

    def __init__(self, upstreams: Sequence[Upstream]) -> None:
        self._upstreams = tuple(upstreams)

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        *others, last = self._upstreams
        for upstream in others:
            noticing = Noticing(hear)
            try:
                return await upstream.speak(request, noticing, valve)
            except UpstreamError as error:
                if noticing.begun or not (error.retryable or error.code in ACCOUNT):
                    raise
                retried = Retried(error.code, "next_upstream", error.trace_id)
            hear(retried)
        return await last.speak(request, hear, valve)

    async def aclose(self) -> None:
        for upstream in self._upstreams:
            await upstream.aclose()
