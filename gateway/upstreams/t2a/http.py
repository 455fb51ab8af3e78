"""T2A v2 over HTTP: one POST per segment, the answer as server-sent events."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing, suppress
from urllib.parse import SplitResult, quote, urlsplit

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Request, Spoken
from gateway.upstreams.http1.pool import Origin, Pool
from gateway.upstreams.http1.response import Response
from gateway.upstreams.observing import Clock, Observe, ObserveError, Stopwatch, ignore, ignore_error, telling
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.answer import Answer
from gateway.upstreams.t2a.codes import refused_status, translating
from gateway.upstreams.t2a.dialect import decode, http_body
from gateway.upstreams.t2a.patience import Countdown, Patience

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
        self._url = urlsplit(url)
        self._key = key
        self._patience = patience or Patience()
        self._observe = observe
        self._observe_error = observe_error
        self._clock = clock
        self._pool = Pool(_origin(self._url, context), self._patience.connect, clock)

    async def speak(self, request: Request) -> AsyncGenerator[Spoken, None]:
        with telling(self._observe_error), translating(OSError):
            async with aclosing(self._speak(request)) as spoken:
                async for event in spoken:
                    yield event

    async def aclose(self) -> None:
        await self._pool.aclose()

    async def _speak(self, request: Request) -> AsyncGenerator[Spoken, None]:
        countdown = Countdown(self._patience, self._clock)
        stopwatch = Stopwatch(self._observe, self._clock)
        with closing(await countdown.on(self._pool.ask(self._post(request)))) as response:
            stopwatch.ended("connect")
            if response.status != _OK:
                raise await countdown.on(_refusal(response))
            answer = Answer(request, _trace_id(response))
            while data := await _next(response, countdown):
                sound, words, problem = answer.take(data)
                if words is not None:
                    yield words
                if sound:
                    stopwatch.ended("upstream")
                    countdown.heard()
                    yield Audio(sound)
                if problem is not None:
                    raise problem
                if answer.finished is not None:
                    await self._drain(response)
                    break
            for event in answer.close():
                yield event
        if answer.finished is not None:
            yield answer.finished

    def _post(self, request: Request) -> bytes:
        url, body = self._url, http_body(request)
        target = quote(f"{url.path}?{url.query}" if url.query else url.path, safe=_KEPT)
        head = _HEAD.format(target=target, host=url.netloc, key=self._key.reveal(), length=len(body))
        return head.encode() + body

    async def _drain(self, response: Response) -> None:
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(self._patience.drain):
                while await response.read():
                    pass


def _origin(url: SplitResult, context: ssl.SSLContext | None) -> Origin:
    if url.scheme == "http":
        return Origin(url.hostname or "", url.port or 80, None)
    return Origin(url.hostname or "", url.port or 443, context or ssl.create_default_context())


async def _next(response: Response, countdown: Countdown) -> bytes:
    with countdown:
        return await response.read(countdown.left)


def _trace_id(response: Response) -> str | None:
    return response.headers.get("trace-id") or response.headers.get("x-trace-id")


async def _refusal(response: Response) -> UpstreamError:
    """What a status other than 200 means: upstream's own code when the body has one, else the status."""
    body = bytearray()
    while len(body) <= _REFUSAL_BYTES and (data := await response.read()):
        body += data
    try:
        decode(bytes(body))
    except UpstreamError as error:
        if error.upstream_code is not None:
            error.trace_id = error.trace_id or _trace_id(response)
            return error
    return refused_status(response.status, _trace_id(response))
