"""One request to the account's HTTP API: JSON in, JSON out, upstream's codes translated."""

import ssl
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import httpx
import orjson

from gateway.errors import UpstreamError
from gateway.upstreams.management.answers import Unanswered
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.codes import broken, refusal, refused_status
from gateway.upstreams.t2a.dialect import trace_of

TIMEOUT = httpx.Timeout(30.0, read=120.0)
"""Seconds. Cloning and designing answer when they are done, which takes a while."""
_OK = 200
_FAILED = 500
_LINKS = ("https",)
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Caller:
    """`base` is a host's URL with an optional prefix; `query` is passed on with every call (`GroupId=…`)."""

    def __init__(self, base: str, key: Secret, query: str = "", context: ssl.SSLContext | None = None) -> None:
        self._base = base.rstrip("/")
        self._key = key
        self._query = dict(httpx.QueryParams(query))
        self._context = context

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        return await self._asked("POST", path, content=orjson.dumps(body), headers=headers)

    async def get(self, path: str, **query: str | int) -> dict[str, Any]:
        return await self._asked("GET", path, params=query)

    async def upload(self, path: str, purpose: str, name: str, content: IO[bytes]) -> dict[str, Any]:
        """`content` is read as it is sent."""
        return await self._asked("POST", path, data={"purpose": purpose}, files={"file": (name, content)})

    async def download(self, link: str, to: Path) -> int:
        """Write what is behind a link that upstream gave; → bytes. Links carry a signature of their own, so that the
        key stays here; they lead to storage of another host, over TLS or to the loopback host that gave them.
        """
        if not self._trusted(link):
            raise broken("Upstream gave a link that is not followed.")
        try:
            with to.open("wb") as file:
                async with self._http.stream("GET", link) as response:
                    if response.status_code != _OK:
                        raise refused_status(response.status_code, None)
                    async for chunk in response.aiter_bytes(1 << 16):
                        file.write(chunk)
                return file.tell()
        except httpx.HTTPError as error:
            raise _translated(error) from None

    async def aclose(self) -> None:
        if "_http" in vars(self):
            await self._http.aclose()

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        """Made when it is first needed: loading certificates takes tens of milliseconds."""
        return httpx.AsyncClient(verify=self._context or True, timeout=TIMEOUT, trust_env=False)

    def _trusted(self, link: str) -> bool:
        try:
            url = httpx.URL(link)
        except httpx.InvalidURL:
            return False
        return url.scheme in _LINKS or url.netloc == httpx.URL(self._base).netloc

    async def _asked(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        headers = {**how.pop("headers", {}), "Authorization": f"Bearer {self._key.reveal()}"}
        params = {**self._query, **how.pop("params", {})}
        try:
            response = await self._http.request(method, self._base + path, headers=headers, params=params, **how)
        except httpx.HTTPError as error:
            raise _translated(error) from None
        return _read(response)


def _translated(error: httpx.HTTPError) -> UpstreamError:
    """Not chained: what httpx raises holds the request, and that the key."""
    kind = UpstreamError if isinstance(error, _UNSENT) else Unanswered
    if isinstance(error, httpx.TimeoutException):
        return kind("upstream_timeout", "Upstream did not answer in time.")
    return kind("upstream_unavailable", "The connection to upstream failed.")


def _read(response: httpx.Response) -> dict[str, Any]:
    """Raises `UpstreamError` for a refusal, and `Unanswered` for what is no answer."""
    trace_id = response.headers.get("trace-id") or response.headers.get("x-trace-id")
    try:
        answer = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        answer = None
    base = answer.get("base_resp") if isinstance(answer, dict) else None
    code = base.get("status_code") if isinstance(base, dict) else None
    if not isinstance(answer, dict) or not isinstance(code, int):
        if _OK < response.status_code < _FAILED:
            raise refused_status(response.status_code, trace_id)
        raise Unanswered("upstream_unavailable", "Upstream sent no answer that makes sense.", trace_id=trace_id)
    if code != 0:
        message = base.get("status_msg") if isinstance(base, dict) else ""
        raise refusal(code, str(message), trace_of(answer) or trace_id)
    return {**answer, "trace_id": trace_of(answer) or trace_id}
