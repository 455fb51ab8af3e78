"""A proxy that cuts: after so many bytes from the gateway, with FIN, with RST or without a word."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: a close sends RST."""


@dataclass(frozen=True)
class Cut:
    """`silent`: nobody is told; nothing comes any more."""

    after: int
    reset: bool
    silent: bool = False


class Wires:
    """Each WebSocket is cut as the next of `cuts` says; when they are used up, none is. Other requests pass.

    `passed`: bytes of the last connection.
    """

    def __init__(self, target: str, cuts: Iterator[Cut]) -> None:
        self._cuts = cuts
        self.url = ""
        self.passed = 0
        self._carrying: set[asyncio.Task[None]] = set()
        self.turn_to(target)

    def turn_to(self, target: str) -> None:
        """New connections lead there."""
        self._target = urlsplit(target)

    async def close(self) -> None:
        for each in self._carrying:
            each.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrying = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(carrying)
        carrying.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._carried(reader, writer)
        finally:
            writer.close()

    async def _carried(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            server_reader, server_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        except (asyncio.IncompleteReadError, OSError):
            return
        server_writer.write(head)
        out = asyncio.create_task(_pump(reader, server_writer))
        cut = next(self._cuts, None) if b"\r\nupgrade: websocket" in head.lower() else None
        try:
            await self._back(server_reader, writer, cut)
            if cut is not None and cut.silent:
                await out
        finally:
            out.cancel()
            await asyncio.gather(out, return_exceptions=True)
            for each in (writer, server_writer):
                _close(each, reset=cut is not None and cut.reset)

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: Cut | None) -> None:
        self.passed = 0
        with contextlib.suppress(ConnectionError):
            while cut is None or self.passed < cut.after:
                data = await reader.read(65536 if cut is None else min(65536, cut.after - self.passed))
                if not data:
                    return
                self.passed += len(data)
                writer.write(data)
                await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def _close(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    if reset:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()
    else:
        writer.close()


@asynccontextmanager
async def wires(target: str, *cuts: Cut) -> AsyncIterator[Wires]:
    """Between a client and the gateway at `target`."""
    carrying = Wires(target, iter(cuts))
    server = await asyncio.start_server(carrying.accept, "127.0.0.1", 0)
    carrying.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with server:
            yield carrying
    finally:
        await carrying.close()
