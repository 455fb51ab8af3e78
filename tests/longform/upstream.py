"""An upstream that speaks long texts: 2 ms of PCM a character, loud where a sentence is and silent between."""

import asyncio
import io
import itertools
import re
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from tests.standing_in import standing_in

RATE = 8000
CHARACTER = RATE * 2 // 1000 * 2
"""Bytes."""
OK = {"status_code": 0, "status_msg": "success"}


@dataclass
class Upstream:
    """`refusals`: codes, or `cut` for a connection that ends without an answer, for the submits to come."""

    refusals: list[int | str] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    """States that tasks are in when looked at, one after the other; then Success."""
    dead_links: int = 0
    torn: int = 0
    """Results that end in their middle."""
    submitted: list[str] = field(default_factory=list)
    """Texts that were taken, and paid for."""
    inline: list[bool] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """Submits are answered once it is set."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _files: dict[int, bytes] = field(default_factory=dict)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(101))

    @property
    def url(self) -> str:
        return f"t2a+http://127.0.0.1:{self.port}"

    async def submit(self, request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        refusal = self.refusals.pop(0) if self.refusals else None
        if isinstance(refusal, int):
            return web.json_response({"base_resp": {"status_code": refusal, "status_msg": "no"}})
        text = body.get("text") or self._files[body["text_file_id"]].decode()
        number = next(self._numbers)
        self.submitted.append(text)
        self.inline.append("text" in body)
        self._files[number] = result(text, number)
        self.arrived.set()
        await self.gate.wait()
        if refusal == "cut":
            request.transport.abort()
        answer = {"task_id": str(number), "file_id": number, "usage_characters": len(text), "base_resp": OK}
        return web.json_response(answer)

    async def state(self, request: web.Request) -> web.Response:
        state = self.looks.pop(0) if self.looks else "Success"
        number = int(request.query["task_id"])
        return web.json_response({"task_id": number, "status": state, "file_id": number, "base_resp": OK})

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        number = next(self._numbers)
        with form["file"].file as file:  # aiohttp leaves its temporary file to the collector
            self._files[number] = file.read()
        return web.json_response({"file": {"file_id": number, "bytes": 1, "filename": "1.txt"}, "base_resp": OK})

    async def retrieve(self, request: web.Request) -> web.Response:
        number = int(request.query["file_id"])
        link = f"http://127.0.0.1:{self.port}/link/{number}"
        if self.dead_links:
            self.dead_links -= 1
            link += "?dead"
        file = {"file_id": number, "bytes": 1, "filename": "r.tar", "download_url": link}
        return web.json_response({"file": file, "base_resp": OK})

    async def link(self, request: web.Request) -> web.Response:
        if "dead" in request.query_string:
            return web.Response(status=403)
        data = self._files[int(request.match_info["number"])]
        if self.torn:
            self.torn -= 1
            data = data[: len(data) // 2]
        return web.Response(body=data)


def result(text: str, number: int) -> bytes:
    sound, titles = bytearray(), []
    for found in re.finditer(r"[^.\n]+\.?", text):
        level = b"\x00\x40" if found[0].strip() else b"\0\0"
        begin = len(sound) * 1000 / (RATE * 2)
        sound += level * (CHARACTER // 2 * len(found[0]))
        times = {"time_begin": begin, "time_end": len(sound) * 1000 / (RATE * 2)}
        if found[0].strip():
            titles.append({"text": found[0], "text_begin": found.start(), "text_end": found.end(), **times})
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for ending, data in (("pcm", bytes(sound)), ("titles", orjson.dumps(titles)), ("extra", b"{}")):
            info = tarfile.TarInfo(f"content-{number}.{ending}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


@asynccontextmanager
async def speaking(**how: object) -> AsyncIterator[Upstream]:
    upstream = Upstream(**how)
    upstream.gate.set()
    application = web.Application()
    application.router.add_post("/v1/t2a_async_v2", upstream.submit)
    application.router.add_get("/v1/query/t2a_async_query_v2", upstream.state)
    application.router.add_post("/v1/files/upload", upstream.upload)
    application.router.add_get("/v1/files/retrieve", upstream.retrieve)
    application.router.add_get("/link/{number}", upstream.link)
    async with standing_in(application) as port:
        upstream.port = port
        yield upstream
