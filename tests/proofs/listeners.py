"""One speaker, five hundred listeners, twenty of whom never read: one synthesis, 480 byte-exact copies, and the speaker
is served as without them.

    make proof-listeners [LISTENERS=500] [STALLED=20]

The gateway is a process of its own and gives audio in real time. Listeners keep bytes and look at them at the end, so
that what is measured is the gateway. The speaker is alone twice: how far these two differ is the machine's noise.
"""

import argparse
import asyncio
import base64
import itertools
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import connect

from gateway.app import running
from gateway.emulator import Habits
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import TERMINALS, Heard, stream_url
from tests.proofs.abuse import percentile

TEXT = "Everybody in this room hears the same old story, which was told once and is paid for once. " * 2
CONFIG = {"audio": {"rate": 44100, "channels": 2}}
SAMPLES_PER_MS = 44.1
BYTES_PER_MS = SAMPLES_PER_MS * 4
MOST_DELAY_MS = 50.0
"""That listeners may add to the 99th percentile of the speaker's frames."""


class Tape(asyncio.Protocol):
    """A listener: keeps what comes."""

    def __init__(self, request: bytes, hello: bytes) -> None:
        self._hello = hello
        self._request = request
        self.bytes = bytearray()
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self.bytes:
            self._transport.write(self._hello)
        self.bytes += data
        if not self.begun.done() and b'"type":"listening"' in self.bytes:
            self.begun.set_result(None)

    def connection_lost(self, error) -> None:
        if not self.begun.done():
            self.begun.set_exception(error or ConnectionResetError())

    def heard(self) -> Heard:
        """What the server's frames, which are neither masked nor in parts, hold behind `listening`."""
        heard, at = Heard(), self.bytes.index(b"\r\n\r\n") + 4
        while at < len(self.bytes):
            opcode, length, at = self.bytes[at], self.bytes[at + 1], at + 2
            if length >= 126:
                size = 2 if length == 126 else 8
                length, at = int.from_bytes(self.bytes[at : at + size], "big"), at + size
            payload, at = bytes(self.bytes[at : at + length]), at + length
            if opcode in {0x81, 0x82}:
                heard.take(payload if opcode == 0x82 else payload.decode())
        assert heard.messages.pop(0)["type"] == heard.order.pop(0) == "listening"
        return heard


def masked(text: str) -> bytes:
    data = text.encode()
    assert len(data) < 126
    return bytes((0x81, 0x80 | len(data), 0, 0, 0, 0)) + data


@dataclass
class Told:
    listeners: int = 0
    exact: int = 0
    requests_alone: int = 0
    requests: int = 0
    """Upstream, for the turn without and with listeners."""
    alone: list["Pace"] = field(default_factory=list)
    among: "Pace | None" = None
    audio_ms: float = 0.0

    @property
    def noise_ms(self) -> float:
        first, second = (pace.delay_ms for pace in self.alone)
        return abs(first - second)

    @property
    def unaffected(self) -> bool:
        assert self.among is not None
        return self.among.delay_ms <= max(pace.delay_ms for pace in self.alone) + MOST_DELAY_MS + self.noise_ms


@dataclass(frozen=True)
class Pace:
    """How the speaker's frames came: when each did, from its message on, and where in the audio it stands."""

    at_ms: list[float]
    from_ms: list[float]

    @property
    def delay_ms(self) -> float:
        """99th percentile of how much later than the most punctual a frame came."""
        late = [at - begin for at, begin in zip(self.at_ms, self.from_ms, strict=True)]
        return percentile(late) - min(late)

    @property
    def gap_ms(self) -> float:
        """99th percentile of the time from one frame to the next."""
        return percentile([after - before for before, after in itertools.pairwise(self.at_ms)])

    def __str__(self) -> str:
        return f"first frame after {self.at_ms[0]:.0f} ms; p99: {self.delay_ms:.0f} ms late, {self.gap_ms:.0f} ms apart"


async def prove(listeners: int, stalled: int, url: str, emulator: str) -> Told:
    told = Told(listeners=listeners - stalled)
    told.alone = [(await _spoken(url))[1] for _ in range(2)]
    before = await _requests(emulator)
    told.requests_alone = before // 2
    async with AsyncExitStack() as stack:
        owner = await stack.enter_async_context(connect(stream_url(url), max_size=None, compression=None))
        await owner.send(json.dumps({"type": "hello", "config": CONFIG}))
        session = json.loads(await owner.recv())["session"]
        tapes = [await _tape(url, session, stack) for _ in range(listeners - stalled)]
        for _ in range(stalled):
            await _never_reads(url, session, stack)
        heard, told.among = await _turn(owner)
        told.requests = await _requests(emulator) - before
        told.audio_ms = len(heard.audio) / BYTES_PER_MS
        told.exact = await _exact(tapes, heard)
    return told


async def _exact(tapes: list[Tape], heard: Heard) -> int:
    """How many have all that the owner has; those who are not there yet have ten seconds for it."""
    async with asyncio.timeout(10):
        while any(b'"type":"turn.done"' not in tape.bytes[-4096:] for tape in tapes):
            await asyncio.sleep(0.05)
    everything = heard.messages, heard.frames, heard.order
    return sum((got.messages, got.frames, got.order) == everything for got in (tape.heard() for tape in tapes))


async def _spoken(url: str) -> tuple[Heard, Pace]:
    async with connect(stream_url(url), max_size=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "config": CONFIG}))
        await socket.recv()
        return await _turn(socket)


async def _turn(socket) -> tuple[Heard, Pace]:
    """What came, and when its frames did."""
    heard, at_ms = Heard(), []
    await socket.send(json.dumps({"type": "speak", "turn": "a", "text": TEXT}))
    began = time.monotonic()
    async for message in socket:
        if heard.take(message) in TERMINALS:
            break
        if isinstance(message, bytes):
            at_ms.append((time.monotonic() - began) * 1000)
    return heard, Pace(at_ms, [frame[5] / SAMPLES_PER_MS for frame in heard.frames])


def _greeting(url: str, session: str) -> tuple[bytes, bytes]:
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /v1/stream HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    return request.encode(), masked(json.dumps({"type": "hello", "listen": {"session": session}}))


async def _tape(url: str, session: str, stack: AsyncExitStack) -> Tape:
    loop, where = asyncio.get_running_loop(), urlsplit(url)
    made = lambda: Tape(*_greeting(url, session))  # noqa: E731 - create_connection wants a factory
    transport, tape = await loop.create_connection(made, where.hostname, where.port)
    stack.callback(transport.abort)
    await tape.begun
    return tape


async def _never_reads(url: str, session: str, stack: AsyncExitStack) -> None:
    loop, where = asyncio.get_running_loop(), urlsplit(url)
    sock = stack.enter_context(socket.socket())
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await loop.sock_connect(sock, (where.hostname, where.port))
    request, hello = _greeting(url, session)
    await loop.sock_sendall(sock, request)
    await loop.sock_recv(sock, 1024)
    await loop.sock_sendall(sock, hello)


async def _requests(emulator: str) -> int:
    async with httpx.AsyncClient(base_url=emulator, trust_env=False) as http:
        return len((await http.get("/emulator/usage")).json()["requests"])


@asynccontextmanager
async def served(emulator: str) -> AsyncIterator[str]:
    """A gateway in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"VOICE_GATEWAY_UPSTREAM": "t2a+" + emulator, "VOICE_GATEWAY_API_KEY": "proof"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli", "serve", "--port", str(port)), env=environment
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            while True:
                try:
                    await http.get("/readyz")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def sample(listeners: int, stalled: int) -> Told:
    """All in one process, as fast as it can."""
    async with emulating("127.0.0.1", 0) as emulator:
        settings = Settings(port=0, upstream="t2a+" + emulator, api_key="proof")
        async with running(settings) as gateway:
            return await prove(listeners, stalled, gateway.url, emulator)


async def whole(listeners: int, stalled: int) -> Told:
    async with emulating("127.0.0.1", 0, Habits(pace=1.0)) as emulator, served(emulator) as url:
        return await prove(listeners, stalled, url, emulator)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--stalled", type=int, default=20)
    args = parser.parse_args()
    told = asyncio.run(whole(args.listeners, args.stalled))
    print(f"{told.exact} of {told.listeners} listeners who read have every message and byte of {told.audio_ms:.0f} ms;")
    print(f"{args.stalled} never read; {told.requests} requests upstream, for the speaker alone {told.requests_alone};")
    for pace in told.alone:
        print(f"alone: {pace}")
    ratio = told.among.gap_ms / max(pace.gap_ms for pace in told.alone)
    print(f"among them: {told.among}: gaps {ratio:.2f} times as long; noise {told.noise_ms:.0f} ms")
    return 0 if told.exact == told.listeners and told.requests == told.requests_alone and told.unaffected else 1


if __name__ == "__main__":
    sys.exit(main())
