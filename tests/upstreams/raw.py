"""A server that answers with given bytes, whatever it is asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

import orjson

from gateway.protocol.config import Voice
from gateway.upstreams.base import Audio, Finished, Format, Heard, Request, Traced, Upstream
from gateway.upstreams.valve import Valve

KEY = "sk-canary-1f6b"
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Unused on loopback; loading certificates for each client would take most of the tests' time."""
PCM = Format("pcm", 24000, 1, 128000)
REQUEST = Request("Hello there.", Voice(), "en", PCM)
TRACE = "06c11f53aabbccddeeff001122334455"
CHUNKS = [bytes(range(7)), b"\xff\x00odd", bytes(100)]
SOUND = b"".join(CHUNKS)


def chunk(data: bytes, status: int = 1) -> bytes:
    message = {"data": {"audio": data.hex(), "status": status, "ced": ""}, "trace_id": TRACE, "base_resp": OK}
    return orjson.dumps(message)


OK = {"status_code": 0, "status_msg": ""}


def final(audio: bytes | None = None, **extra: object) -> bytes:
    data = {"status": 2, "ced": ""} if audio is None else {"audio": audio.hex(), "status": 2, "ced": ""}
    info = {"audio_length": 1152, "usage_characters": 12, "audio_size": 112, **extra}
    success = {"status_code": 0, "status_msg": "success"}
    return orjson.dumps({"data": data, "extra_info": info, "trace_id": TRACE, "base_resp": success})


def refusing(code: int, message: str = "refused") -> bytes:
    return orjson.dumps({"base_resp": {"status_code": code, "status_msg": message}})


def sse(*payloads: bytes, lead: bytes = b"data: ", end: bytes = b"\n\n") -> bytes:
    return b"".join(lead + payload + end for payload in payloads)


STREAM = sse(*map(chunk, CHUNKS), final(b""))
FINISHED = Finished(TRACE, 12, 1152)


def response(
    body: bytes,
    *,
    status: str = "200 OK",
    kind: str = "text/event-stream",
    headers: str = "",
    length: bool = False,
) -> bytes:
    size = f"Content-Length: {len(body)}\r\n" if length else "Connection: close\r\n"
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{size}{headers}\r\n".encode() + body


@dataclass
class Server:
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """A client has closed a connection."""

    def header(self, name: str) -> str | None:
        for line in self.requests[-1].decode().split("\r\n"):
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None

    def body(self) -> dict[str, object]:
        return dict(orjson.loads(self.requests[-1].partition(b"\r\n\r\n")[2]))


@asynccontextmanager
async def answering(*writes: bytes, stay: bool = False) -> AsyncIterator[Server]:
    """Each request is answered with `writes`; then the connection is closed, or held open when `stay`."""
    server = Server()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            while request := await _request(reader):
                server.requests.append(request)
                server.asked.set()
                for data in writes:
                    writer.write(data)
                    await writer.drain()
                if not stay:
                    break
            server.closed.set()
        except ConnectionError:
            server.closed.set()
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1/t2a_v2"
    async with listening:
        yield server


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head + await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return b""


Spoken = Heard | Finished


async def spoken(upstream: Upstream, request: Request = REQUEST) -> list[Spoken]:
    """Without the names that upstream gives to it."""
    heard: list[Heard] = []
    finished = await upstream.speak(request, heard.append, Valve())
    return [*(event for event in heard if not isinstance(event, Traced)), finished]


class Ear:
    """Hears one request, an event at a time, without the names that upstream gives to it. Leaving stops it.

    async with Ear(upstream) as ear:
        await ear.next()
    """

    def __init__(self, upstream: Upstream, request: Request = REQUEST) -> None:
        self.valve = Valve()
        self._upstream = upstream
        self._request = request
        self._heard: asyncio.Queue[Spoken | Exception] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def next(self) -> Spoken:
        """`Finished` is the last. Raises what `speak` raises."""
        event = await self._heard.get()
        if isinstance(event, Exception):
            raise event
        return event

    async def rest(self) -> list[Spoken]:
        events = [await self.next()]
        while not isinstance(events[-1], Finished):
            events.append(await self.next())
        return events

    @property
    def heard(self) -> int:
        """Events that were not asked for yet."""
        return self._heard.qsize()

    async def leave(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            self._heard.put_nowait(await self._upstream.speak(self._request, self._hear, self.valve))
        except Exception as error:  # noqa: BLE001 - raised by `next`
            self._heard.put_nowait(error)

    def _hear(self, event: Heard) -> None:
        if not isinstance(event, Traced):
            self._heard.put_nowait(event)


def sound(events: list[Spoken]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Audio))
