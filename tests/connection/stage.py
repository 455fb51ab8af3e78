"""A gateway in this loop in front of an upstream that answers with given bytes."""

import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from gateway.app import running
from gateway.settings import Settings
from tests.end_to_end.client import Heard, stream_url
from tests.upstreams.raw import Server, answering, chunk, final, response, sse


def stream(*payloads: bytes) -> bytes:
    return response(sse(*map(chunk, payloads), final(b"")))


@asynccontextmanager
async def gateway(*writes: bytes, stay: bool = False, **settings) -> AsyncIterator[tuple[str, Server]]:
    async with answering(*writes, stay=stay) as upstream:
        url = "t2a+" + upstream.url.removesuffix("/v1/t2a_v2")
        async with running(Settings(port=0, upstream=url, api_key="canary-key", **settings)) as serving:
            yield serving.url, upstream


@asynccontextmanager
async def client(url: str, hello: dict | None = None, **options) -> AsyncIterator[ClientConnection]:
    """Greeted already, but for `hello` False."""
    async with connect(stream_url(url), max_size=None, compression=None, **options) as socket:
        if hello is not False:
            await say(socket, "hello", v=1, **(hello or {}))
            assert json.loads(await socket.recv())["type"] == "welcome"
        yield socket


async def say(socket: ClientConnection, type_: str, **fields) -> None:
    await socket.send(json.dumps({"type": type_, **fields}))


async def hear(socket: ClientConnection, until: set[str]) -> Heard:
    heard = Heard()
    with contextlib.suppress(ConnectionClosedError):
        async for message in socket:
            if heard.take(message) in until:
                break
    return heard


def numbers(heard: Heard) -> list[int]:
    """Every number that was delivered or named, in order."""
    covered: list[int] = []
    messages, frames = iter(heard.messages), iter(heard.frames)
    for kind in heard.order:
        if kind == "frame":
            covered.append(next(frames)[4])
        else:
            message = next(messages)
            if kind == "skipped":
                covered += range(message["seq"], message["to_seq"] + 1)
            elif "seq" in message:
                covered.append(message["seq"])
    return covered
