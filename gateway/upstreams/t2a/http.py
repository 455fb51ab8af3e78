"""T2A v2 over HTTP: one POST per segment, the answer as server-sent events."""

import asyncio
import ssl
import time
from contextlib import closing, suppress
from urllib.parse import SplitResult, quote, urlsplit

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished, Hear, Heard, Request, Traced
from gateway.upstreams.http1.pool import Origin, Pool
from gateway.upstreams.http1.response import Response, Take
from gateway.upstreams.observing import Clock, Observe, ObserveError, Stopwatch, ignore, ignore_error
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.answer import Answer
from gateway.upstreams.t2a.codes import Translating, refused_status
from gateway.upstreams.t2a.dialect import decode, http_body
from gateway.upstreams.t2a.patience import Countdown, Patience
from gateway.upstreams.valve import Valve

_OK = 200
_REFUSAL_BYTES = 64 * 1024
_KEPT = "/?%!$&'()*+,;=:@"
"""What stands in a path and a query as it is."""
_HEAD = (
    "POST {target} HTTP/1.1\r\n"
    "Host: {host}\r\n"
    "User-Agent: voice-gateway\r\n"
    "Authorization: Bearer {key}\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: {length}\r\n"
    "Accept: text/event-stream\r\n"
    # Compression would hold chunks back; some hosts send brotli to whoever allows it.
    "Accept-Encoding: identity\r\n"
    "\r\n"
)


class HttpT2A:
    """An `Upstream`. `url` is an `Endpoint`'s. One per process and key: connections are kept and shared."""

    def __init__(
        self,
        url: str,
        key: Secret,
        patience: Patience | None = None,
        context: ssl.SSLContext | None = None,
        observe: Observe = ignore,
        observe_error: ObserveError = ignore_error,
        clock: Clock = time.monotonic,
    ) -> None:
        where = urlsplit(url)
        self._host = where.netloc
        self._target = quote(f"{where.path}?{where.query}" if where.query else where.path, safe=_KEPT)
        self._key = key
        self._patience = patience or Patience()
        self._observe = observe
        self._translating = Translating(observe_error, OSError)
        self._clock = clock
        self._pool = Pool(_origin(where, context), self._patience.connect, clock)

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        with self._translating:
            async with Countdown(self._patience, self._clock) as countdown:
                return await self._speak(request, hear, valve, countdown)

    async def aclose(self) -> None:
        await self._pool.aclose()

    async def _speak(self, request: Request, hear: Hear, valve: Valve, countdown: Countdown) -> Finished:
        exchange = _Exchange(request, hear, valve, countdown, Stopwatch(self._observe, self._clock))
        try:
            with valve.heeded(exchange.heed):
                response = await self._pool.ask(self._post(request), exchange.begin)
            with closing(response):
                return await self._finished(exchange, response)
        finally:
            exchange.end()

    async def _finished(self, exchange: "_Exchange", response: Response) -> Finished:
        if exchange.answer is None:
            raise _refusal(response, bytes(exchange.refusal))
        if not response.complete:
            response.resume()
            await self._drain(response)
        return exchange.answer.close()

    def _post(self, request: Request) -> bytes:
        body = http_body(request)
        head = _HEAD.format(target=self._target, host=self._host, key=self._key.reveal(), length=len(body))
        return head.encode() + body

    async def _drain(self, response: Response) -> None:
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(self._patience.drain):
                await response.pour(lambda _: False)


def _origin(url: SplitResult, context: ssl.SSLContext | None) -> Origin:
    if url.scheme == "http":
        return Origin(url.hostname or "", url.port or 80, None)
    return Origin(url.hostname or "", url.port or 443, context or ssl.create_default_context())


class _Exchange:
    """One request, and what is made of its response as it comes."""

    def __init__(self, request: Request, hear: Hear, valve: Valve, countdown: Countdown, stopwatch: Stopwatch) -> None:
        self.answer: Answer | None = None
        """None: refused, or not there yet."""
        self.refusal = bytearray()
        self._request = request
        self._hear = hear
        self._valve = valve
        self._countdown = countdown
        self._stopwatch = stopwatch
        self._response: Response | None = None

    def begin(self, response: Response) -> Take:
        self._stopwatch.ended("connect")
        if response.status != _OK:
            return self._refused
        self._response = response
        trace_id = _trace_id(response)
        if trace_id is not None:
            self._hear(Traced(trace_id))
        self.answer = Answer(self._request, trace_id, self._heard)
        if self._valve.shut:
            self.heed()
        return self.answer.feed

    def heed(self) -> None:
        """The valve was turned."""
        if self._response is None:
            return
        if self._valve.shut:
            self._countdown.hold()
            self._response.pause()
        else:
            self._countdown.go_on()
            self._response.resume()

    def end(self) -> None:
        """Let go of what refers to it: the collector is rare."""
        self.answer = self._response = None

    def _heard(self, event: Heard) -> None:
        if isinstance(event, Audio) and self._countdown.heard():
            self._stopwatch.ended("upstream")
        self._hear(event)

    def _refused(self, data: bytes) -> bool:
        self.refusal += data
        return len(self.refusal) > _REFUSAL_BYTES


def _trace_id(response: Response) -> str | None:
    return response.headers.get("trace-id") or response.headers.get("x-trace-id")


def _refusal(response: Response, body: bytes) -> UpstreamError:
    """What a status other than 200 means: upstream's own code when the body has one, else the status."""
    try:
        decode(body)
    except UpstreamError as error:
        if error.upstream_code is not None:
            error.trace_id = error.trace_id or _trace_id(response)
            return error
    return refused_status(response.status, _trace_id(response))
