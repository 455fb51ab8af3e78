"""The conversations of PROTOCOL.md, held with a running gateway."""

import asyncio
import json
import re
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
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(key in got and matches(value, got[key]) for key, value in expected.items())
    return expected == got


def fits(line: str, got: str) -> bool:
    if line.startswith("(") or got.startswith("("):
        return line == got
    return matches(json.loads(line), json.loads(got))


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=range(len(CONVERSATIONS)))
async def test_the_documents_conversations_are_held(conversation, gateway):
    async with connect(stream_url(gateway), compression=None) as socket:
        hearing = Hearing(socket)
        skipping = False
        for line in conversation.splitlines():
            direction, said = line[0], line[2:]
            if direction == ">":
                await socket.send(said)
            elif said == "…":
                skipping = True
            else:
                got = await hearing.next()
                while skipping and not fits(said, got):
                    got = await hearing.next()
                assert fits(said, got), f"expected {said}\ngot      {got}"
                skipping = False
