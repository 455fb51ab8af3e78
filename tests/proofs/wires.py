"""A proxy that cuts: after so many bytes from the gateway, with FIN or with RST."""

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
    after: int
    reset: bool


class Wires:
    """Each connection is cut as the next of `cuts` says; when they are used up, none is.

    `passed`: bytes of the last one.
    """

    def __init__(self, target: str, cuts: Iterator[Cut]) -> None:
        self._target = urlsplit(target)
        self._cuts = cuts
        self._carrying: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.url = ""
        self.passed = 0

    def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def close(self) -> None:
        """No connection is left."""
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cut = next(self._cuts, None)
        server_reader, server_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers.append(server_writer)
        out = asyncio.create_task(_pump(reader, server_writer))
        try:
            await self._back(server_reader, writer, cut)
        finally:
            out.cancel()
            for each in (writer, server_writer):
                _close(each, reset=cut is not None and cut.reset)
            await asyncio.gather(out, return_exceptions=True)

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
    server = await asyncio.start_server(carrying.carry, "127.0.0.1", 0)
    carrying.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        try:
            yield carrying
        finally:
            await carrying.close()
