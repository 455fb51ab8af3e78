"""Tells the operator's own service what happened, by HTTP.

    POST <url>    {"event": "voice.expiring", "at": 1795669000, …}
    X-Voice-Gateway-Signature: sha256=<HMAC-SHA256 of the body, in hex>

The signature is under the gateway's secret; without one there is none. An event is told again after 1, 5 and 25 s
while it is not answered with 2xx, and then given up.
"""

import asyncio
import hashlib
import hmac
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import orjson

from gateway.settings import PREFIX, BadSetting, is_loopback

SIGNATURE = "X-Voice-Gateway-Signature"
PAUSES_S = (1.0, 5.0, 25.0)
TIMEOUT_S = 10.0
MOST_WAITING = 1000

log = logging.getLogger(__name__)


class Webhook:
    """To be entered; at the end what still waits is tried once."""

    def __init__(
        self,
        url: str,
        secret: str | None,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Raises `BadSetting`."""
        _check(url)
        self._url = url
        self._secret = None if secret is None else secret.encode()
        self._clock = clock
        self._pause = pause
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._woken = asyncio.Event()

    def tell(self, event: str, fields: dict[str, Any]) -> None:
        if len(self._waiting) >= MOST_WAITING:
            log.warning("! webhook: %s is not told, too many wait", event)
            return
        body = orjson.dumps({"event": event, "at": int(self._clock()), **fields})
        self._waiting.append((event, body))
        self._woken.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})
        if self._waiting:
            async with _client() as client:
                for event, body in self._waiting:
                    await self._post(client, event, body)

    async def _run(self) -> None:
        await self._woken.wait()
        async with _client() as client:  # made when it is needed: loading certificates takes a while
            while True:
                while self._waiting:
                    await self._deliver(client, *self._waiting[0])
                    self._waiting.popleft()
                self._woken.clear()
                await self._woken.wait()

    async def _deliver(self, client: httpx.AsyncClient, event: str, body: bytes) -> None:
        for pause_s in (*PAUSES_S, None):
            if await self._post(client, event, body) or pause_s is None:
                return
            await self._pause(pause_s)

    async def _post(self, client: httpx.AsyncClient, event: str, body: bytes) -> bool:
        headers = {"Content-Type": "application/json"}
        if self._secret is not None:
            headers[SIGNATURE] = "sha256=" + hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        try:
            answer = await client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            log.warning("! webhook: %s was not taken: %s", event, type(error).__name__)
            return False
        if not answer.is_success:
            log.warning("! webhook: %s was answered with %s", event, answer.status_code)
        return answer.is_success


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        local = parts.scheme == "http" and is_loopback(parts.hostname or "")
        usable = parts.hostname and (local or parts.scheme == "https") and parts.username is None
    except ValueError:
        usable = False
    if not usable:
        raise BadSetting(f"{PREFIX}WEBHOOK must be an https address, or http of this machine, without credentials.")
