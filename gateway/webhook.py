"""Tells the operator's own service what happened, by HTTP.

    POST <url>    {"event": "voice.expiring", "at": 1795669000, …}
    X-Voice-Gateway-Signature: sha256=<HMAC-SHA256 of the body, in hex>

The signature is under the gateway's secret; without one there is none. An event is told again after 1, 5 and 25 s
while it is not answered with 2xx, and then given up.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import orjson

from gateway.settings import PREFIX, BadSetting, is_loopback

SIGNATURE = "X-Voice-Gateway-Signature"
PAUSES_S = (1.0, 5.0, 25.0)
TIMEOUT_S = 10.0
FAREWELL_S = 5.0
MOST_WAITING = 1000

log = logging.getLogger(__name__)


class Webhook:
    """To be entered; at the end what still waits is tried once."""

    def __init__(
        self,
        url: str,
        secret: str | None,
        clock: Callable[[], float] = time.time,
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        """Raises `BadSetting`."""
        _check(url)
        self._url = url
        self._secret = None if secret is None else secret.encode()
        self._clock = clock
        self._pauses_s = pauses_s
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._woken = asyncio.Event()
        self._ended = asyncio.Event()

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
        self._ended.set()
        self._woken.set()
        await asyncio.wait({self._task}, timeout=FAREWELL_S)
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        await self._woken.wait()
        # Made when it is needed: loading certificates takes a while.
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            while True:
                while self._waiting:
                    await self._deliver(client, *self._waiting[0])
                    self._waiting.popleft()
                if self._ended.is_set():
                    return
                self._woken.clear()
                await self._woken.wait()

    async def _deliver(self, client: httpx.AsyncClient, event: str, body: bytes) -> None:
        for pause_s in (*self._pauses_s, None):
            if await self._post(client, event, body) or pause_s is None or self._ended.is_set():
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._ended.wait()

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


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        local = parts.scheme == "http" and is_loopback(parts.hostname or "")
        usable = parts.hostname and (local or parts.scheme == "https") and parts.username is None
    except ValueError:
        usable = False
    if not usable:
        raise BadSetting(f"{PREFIX}WEBHOOK must be an https address, or http of this machine, without credentials.")
