"""What can be asked of the account behind a key, besides to speak."""

import ssl
from pathlib import Path
from typing import IO, Literal
from urllib.parse import urlsplit, urlunsplit

from gateway.upstreams.management import answers
from gateway.upstreams.management.answers import Accepted, Cloned, Designed, Listed, Progress, Stored
from gateway.upstreams.management.call import Caller
from gateway.upstreams.management.orders import CloneOrder, DesignOrder, LongOrder
from gateway.upstreams.secret import Secret
from gateway.upstreams.urls import T2A_PATHS, Endpoint

Purpose = Literal["voice_clone", "prompt_audio", "t2a_async_input"]
_HTTP = {"wss": "https", "ws": "http"}


class UpstreamAccount:
    """At the host of an endpoint, whichever transport that names. Raises `UpstreamError`.

    Not governed: these calls have limits of their own (clone 60, design 20 a minute; a task's state 10 times a second).
    """

    def __init__(self, where: Endpoint, key: Secret, context: ssl.SSLContext | None = None) -> None:
        self.host = where.url
        url = urlsplit(where.url)
        path = url.path.removesuffix(T2A_PATHS[where.transport])
        base = urlunsplit((_HTTP.get(url.scheme, url.scheme), url.netloc, path, "", ""))
        self._caller = Caller(base, key, url.query, context)

    async def voices(self) -> tuple[Listed, ...]:
        """All that upstream tells: voices of one's own only once they have spoken."""
        return answers.listed(await self._caller.post("/v1/get_voice", {"voice_type": "all"}))

    async def clone(self, order: CloneOrder) -> Cloned:
        return answers.cloned(await self._caller.post("/v1/voice_clone", order.body()))

    async def design(self, order: DesignOrder) -> Designed:
        return answers.designed(await self._caller.post("/v1/voice_design", order.body()))

    async def delete(self, voice_id: str, kind: Literal["cloned", "designed"]) -> None:
        """For good: upstream never takes the id again."""
        body = {"voice_type": answers.GROUPS[kind], "voice_id": voice_id}
        await self._caller.post("/v1/delete_voice", body)

    async def upload(self, purpose: Purpose, name: str, content: IO[bytes]) -> Stored:
        return answers.stored(await self._caller.upload("/v1/files/upload", purpose, name, content))

    async def file(self, file_id: int) -> Stored:
        """With a fresh link."""
        return answers.stored(await self._caller.get("/v1/files/retrieve", file_id=file_id))

    async def download(self, link: str, to: Path) -> int:
        """→ bytes written."""
        return await self._caller.download(link, to)

    async def submit(self, order: LongOrder) -> Accepted:
        return answers.accepted(await self._caller.post("/v1/t2a_async_v2", order.body()))

    async def progress(self, task_id: str) -> Progress:
        return answers.progress(await self._caller.get("/v1/query/t2a_async_query_v2", task_id=task_id))

    async def aclose(self) -> None:
        await self._caller.aclose()
