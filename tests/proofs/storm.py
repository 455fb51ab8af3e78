"""Everything bad at once, from a process of its own; says what became of it, as JSON.

    python -m tests.proofs.storm URL SECONDS

Each attacker begins again, a while after it was thrown out, until the time is over.
"""

import asyncio
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.connection.raw import CONTINUATION, PING, TEXT, UPGRADE, dialled, frame, upgraded

PAUSE_S = 0.25
OVER_S = 60.0
"""Whoever is not thrown out by then has stayed."""

PINGS = frame(PING, bytes(125)) * 500
FRAGMENTS = frame(CONTINUATION, b"", fin=False) * 5000
STEREO = {"audio": {"rate": 44100, "channels": 2}, "voice": {"voice_id": "test_tones"}}
LISTEN = [
    {"type": "hello", "config": STEREO},
    {"type": "speak", "turn": "a", "text": "This is said to nobody who listens. " * 20},
]


async def half_open(url: str) -> None:
    """A handshake at a byte a second."""
    async with dialled(url) as (reader, writer):
        writer.write(UPGRADE + b"X: ")
        while not reader.at_eof():
            writer.write(b"x")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 1)


async def ping_flood(url: str) -> None:
    async with upgraded(url, receive_buffer=4096) as (_, writer):
        for _ in range(200):
            writer.write(PINGS)
            await writer.drain()


async def fragment_bomb(url: str) -> None:
    async with upgraded(url) as (_, writer):
        writer.write(frame(TEXT, b"{", fin=False))
        for _ in range(200):
            writer.write(FRAGMENTS)
            await writer.drain()
        writer.write(frame(CONTINUATION, b"}"))
        await writer.drain()


async def huge_head(url: str) -> None:
    async with dialled(url) as (reader, writer):
        writer.write(UPGRADE + b"X: " + b"x" * 65_536)
        await writer.drain()
        await reader.read()


async def pipeline(url: str) -> None:
    async with dialled(url) as (_, writer):
        for _ in range(100):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 500)
            await writer.drain()


async def never_read(url: str) -> None:
    """What is not read is never seen to end: a close shows by what can no longer be written."""
    async with upgraded(url, receive_buffer=4096) as (_, writer):
        for message in LISTEN:
            writer.write(frame(TEXT, json.dumps(message).encode()))
        while True:
            await asyncio.sleep(PAUSE_S)
            writer.write(frame(TEXT, b'{"type":"ping"}'))
            await writer.drain()


ATTACKERS: dict[Callable[[str], Awaitable[None]], int] = {
    half_open: 300, never_read: 4, ping_flood: 2, fragment_bomb: 2, huge_head: 2, pipeline: 1,
}  # fmt: skip


async def storm(url: str, seconds: float) -> dict[str, dict[str, int]]:
    begun, stayed = Counter[str](), Counter[str]()
    until = asyncio.get_running_loop().time() + seconds

    async def attack(one: Callable[[str], Awaitable[None]]) -> None:
        while asyncio.get_running_loop().time() < until:
            begun[one.__name__] += 1
            try:
                async with asyncio.timeout(OVER_S):
                    await one(url)
            except TimeoutError:
                stayed[one.__name__] += 1
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # thrown out
            await asyncio.sleep(PAUSE_S)

    async with asyncio.TaskGroup() as tasks:
        for one, count in ATTACKERS.items():
            for _ in range(count):
                tasks.create_task(attack(one))
    return {"begun": dict(begun), "stayed": dict(stayed)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(storm(sys.argv[1], float(sys.argv[2])))))
