"""Bytes to and from a gateway, by hand."""

import asyncio
import re
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

UPGRADE = (
    b"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
)
TEXT, PING, CONTINUATION, CLOSE = 1, 9, 0, 8


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """As a client sends it, of up to 64 KiB."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
    return bytes([0x80 * fin | opcode]) + size + bytes(4) + payload


@asynccontextmanager
async def dialled(
    url: str, receive_buffer: int | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    sock = sockets.socket()
    if receive_buffer:
        sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
    sock.setblocking(False)
    host, port = url.removeprefix("http://").split(":")
    await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=sock, limit=1 << 12)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@asynccontextmanager
async def upgraded(
    url: str, receive_buffer: int | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with dialled(url, receive_buffer) as (reader, writer):
        writer.write(UPGRADE + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        yield reader, writer


async def close_code(reader: asyncio.StreamReader) -> int | None:
    """Of the close frame, which is the last; None without one."""
    last = 0
    while head := await reader.read(2):
        length = head[1]
        if length >= 126:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        payload = await reader.readexactly(length)
        last = int.from_bytes(payload[:2], "big") if head[0] == 0x80 | CLOSE else 0
    return last or None


async def evictions(url: str) -> dict[str, int]:
    """How many connections were ended, by reason."""
    async with httpx.AsyncClient(trust_env=False) as http:
        text = (await http.get(url + "/metrics")).text
    counts = re.findall(r'^voice_gateway_evicted_total\{reason="(\w+)"\} (\d+)', text, re.MULTILINE)
    return {reason: int(count) for reason, count in counts}
