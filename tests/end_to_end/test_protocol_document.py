"""The conversations of PROTOCOL.md, held with a running gateway."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.end_to_end.client import stream_url

DOCUMENT = Path(__file__).parent.parent.parent / "PROTOCOL.md"
CONVERSATIONS = re.findall(r"```conversation\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
PATIENCE_S = 30


class Hearing:
    """Messages as they come; binary ones in a row are one `(audio)`."""

    def __init__(self, socket):
        self._socket = socket
        self._in_audio = False

    async def next(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE_S):
                message = await self._socket.recv()
                while self._in_audio and isinstance(message, bytes):
                    message = await self._socket.recv()
        except ConnectionClosed as closed:
            return f"(close {closed.rcvd.code})"
        self._in_audio = isinstance(message, bytes)
        return "(audio)" if self._in_audio else message


def matches(expected, got) -> bool:
    """`…` is anything; an object may have more keys than expected."""
    if expected == "…":
        return True
    if isinstance(expected, str) and expected.startswith("$"):
        return isinstance(got, str)
    if isinstance(expected, list):
        return isinstance(got, list) and len(expected) == len(got) and all(map(matches, expected, got))
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(key in got and matches(value, got[key]) for key, value in expected.items())
    return expected == got


def fits(line: str, got: str) -> bool:
    if line.startswith("(") or got.startswith("("):
        return line == got
    return matches(json.loads(line), json.loads(got))


def bind(expected, got, names: dict[str, str]) -> None:
    """`$name` stands for what the gateway said there."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key, value in expected.items():
            bind(value, got.get(key), names)
    elif isinstance(expected, str) and expected.startswith("$"):
        names.setdefault(expected, got)


def known(line: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        line = line.replace(f'"{name}"', json.dumps(value))
    return line


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=range(len(CONVERSATIONS)))
async def test_the_documents_conversations_are_held(conversation, gateway):
    names: dict[str, str] = {}
    async with AsyncExitStack() as sockets:
        socket = await sockets.enter_async_context(connect(stream_url(gateway), compression=None))
        hearing = Hearing(socket)
        skipping = False
        for line in conversation.splitlines():
            direction, said = line[0], known(line[2:], names)
            if said in {"(cut)", "(another socket)"}:
                if said == "(cut)":
                    socket.transport.abort()
                socket = await sockets.enter_async_context(connect(stream_url(gateway), compression=None))
                hearing = Hearing(socket)
            elif direction == ">":
                await socket.send(said)
            elif said == "…":
                skipping = True
            else:
                got = await hearing.next()
                while skipping and not fits(said, got):
                    got = await hearing.next()
                assert fits(said, got), f"expected {said}\ngot      {got}"
                if got.startswith("{"):
                    bind(json.loads(said), json.loads(got), names)
                skipping = False
