"""When one upstream cannot speak now, the next one is asked."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Request, Retried, Spoken, Upstream

ACCOUNT = frozenset({"upstream_auth", "upstream_balance", "upstream_quota"})
"""Permanent for this upstream or key, not for the next."""


class Failover:
    """An `Upstream` along a list, the first that answers. A request of which audio was heard stays where it
    is.
    """

    def __init__(self, upstreams: Sequence[Upstream]) -> None:
        self._upstreams = tuple(upstreams)

    async def speak(self, request: Request) -> AsyncGenerator[Spoken, None]:
        *others, last = self._upstreams
        for upstream in others:
            begun = False
            try:
                async with aclosing(upstream.speak(request)) as events:
                    async for event in events:
                        begun = begun or isinstance(event, Audio)
                        yield event
            except UpstreamError as error:
                if begun or not (error.retryable or error.code in ACCOUNT):
                    raise
                retried = Retried(error.code, "next_upstream")
            else:
                return
            yield retried
        async with aclosing(last.speak(request)) as events:
            async for event in events:
                yield event

    async def aclose(self) -> None:
        for upstream in self._upstreams:
            await upstream.aclose()
