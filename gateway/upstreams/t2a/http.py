"""T2A v2 over HTTP: one POST per segment, the answer as server-sent events."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import cast

import httpx

from gateway.errors import UpstreamError
from gateway.upstreams.base import Request, Spoken
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.answer import Answer
from gateway.upstreams.t2a.codes import broken, refused_status
from gateway.upstreams.t2a.dialect import decode, http_body
from gateway.upstreams.t2a.patience import Countdown, Patience

KEEP_ALIVE_S = 50.0
"""Load balancers of upstream's kind close an idle connection after 60 s."""

_REFUSAL_BYTES = 64 * 1024


class HttpT2A:
    """An `Upstream`. `url` is an `Endpoint`'s. One per process and key: connections are kept and shared."""

    def __init__(
        self, url: str, key: Secret, patience: Patience | None = None, context: ssl.SSLContext | None = None
    ) -> None:
        self._url = url
        self._key = key
        self._patience = patience or Patience()
        self._client = httpx.AsyncClient(
            verify=context or httpx.create_ssl_context(),
            trust_env=False,
            follow_redirects=False,
            # httpx's own limits close every finished connection once 20 are in use, and queue the 101st
            # request.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEEP_ALIVE_S),
            timeout=httpx.Timeout(None, connect=self._patience.connect, write=self._patience.first_audio),
        )

    async def speak(self, request: Request) -> AsyncGenerator[Spoken, None]:
        try:
            async with aclosing(self._speak(request)) as spoken:
                async for event in spoken:
                    yield event
        except (TimeoutError, httpx.TimeoutException) as error:
            raise UpstreamError("upstream_timeout") from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise broken("The connection to upstream failed.") from error

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _speak(self, request: Request) -> AsyncGenerator[Spoken, None]:
        countdown = Countdown(self._patience)
        async with aclosing(await countdown.on(self._post(request))) as response:
            answer = Answer(request, _trace_id(response))
            if response.status_code != httpx.codes.OK:
                raise await countdown.on(_refusal(response))
            async with aclosing(_chunks(response)) as chunks:
                while data := await countdown.on(anext(chunks, b"")):
                    for audio in answer.feed(data):
                        countdown.heard()
                        yield audio
                    if answer.finished is not None:
                        await self._drain(chunks)
                        break
            for audio in answer.close():
                yield audio
        if answer.finished is not None:
            yield answer.finished

    async def _post(self, request: Request) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self._key.reveal()}",
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
            # Compression would hold chunks back; some hosts send brotli to whoever allows it.
            "Accept-Encoding": "identity",
        }
        post = self._client.build_request("POST", self._url, content=http_body(request), headers=headers)
        return await self._client.send(post, stream=True)

    async def _drain(self, chunks: AsyncIterator[bytes]) -> None:
        with suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(self._patience.drain):
                async for _ in chunks:
                    pass


def _chunks(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    return cast("AsyncGenerator[bytes, None]", response.aiter_bytes())


def _trace_id(response: httpx.Response) -> str | None:
    headers: Mapping[str, str] = response.headers
    return headers.get("Trace-Id") or headers.get("X-Trace-Id")


async def _refusal(response: httpx.Response) -> UpstreamError:
    """What a status other than 200 means: upstream's own code when the body has one, else the status."""
    body = bytearray()
    async with aclosing(_chunks(response)) as chunks:
        async for data in chunks:
            body += data
            if len(body) > _REFUSAL_BYTES:
                break
    try:
        decode(bytes(body))
    except UpstreamError as error:
        if error.upstream_code is not None:
            error.trace_id = error.trace_id or _trace_id(response)
            return error
    return refused_status(response.status_code, _trace_id(response))
