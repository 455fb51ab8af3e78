"""Sockets that own, resume and hear sessions."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.connection.stage import hear, say
from tests.end_to_end.client import Heard, stream_url


@asynccontextmanager
async def greeted(url: str, **hello) -> AsyncIterator[tuple[ClientConnection, dict]]:
    """A socket, and what its hello was answered with."""
    async with connect(stream_url(url), max_size=None, compression=None) as socket:
        await say(socket, "hello", **hello)
        yield socket, json.loads(await socket.recv())


def resuming(answer: dict, last_seq: int) -> dict:
    return {"session": answer["session"], "token": answer["resume_token"], "last_seq": last_seq}


def last_seq(heard: Heard) -> int:
    numbers = [message.get("to_seq", message.get("seq", 0)) for message in heard.messages]
    return max([*numbers, *(frame[4] for frame in heard.frames)], default=0)


async def refusal(url: str, resume: dict) -> int:
    async with connect(stream_url(url), compression=None) as socket:
        await say(socket, "hello", resume=resume)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
    return closed.value.rcvd.code


async def until(socket: ClientConnection, kind: str) -> Heard:
    return await hear(socket, {kind})
