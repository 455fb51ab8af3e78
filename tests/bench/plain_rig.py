"""The rig where there is no Rust compiler: the same upstream and load client, slower. See rig/*.rs for what they do.

`python -m tests.bench.plain_rig upstream|load --name value …`
"""

import asyncio
import contextlib
import json
import re
import statistics
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

MARK = b"\xa7stamp:)"
TIMES = struct.Struct("<QQ")
FILLER = b"\x55"
MP3_HEADER, MP3_FRAME, MP3_STAMP_AT = b"\xff\xfb\x98\xc0", 576, 64
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
FINE = {"trace_id": "04c0f7b2d1f2a3b4c5d6e7f8a9b0c1d2", "base_resp": {"status_code": 0, "status_msg": ""}}
LONGEST_S = 90.0


@dataclass(frozen=True, slots=True)
class Order:
    chunks: int
    size: int
    every_s: float
    mp3: bool

    @classmethod
    def parse(cls, text: str) -> "Order":
        found = dict(re.findall(r"\b(n|b|us|mp)(\d+)", text))
        return cls(int(found["n"]), int(found["b"]), int(found["us"]) / 1e6, "mp" in found)

    def chunk(self, index: int, sent_ns: int, asked_ns: int) -> bytes:
        stamp_at, audio = 0, bytearray(FILLER * self.size)
        if self.mp3:
            begin = index * self.size % MP3_FRAME
            stream = (MP3_HEADER + FILLER * (MP3_FRAME - len(MP3_HEADER))) * (self.size // MP3_FRAME + 2)
            audio = bytearray(stream[begin : begin + self.size])
            stamp_at = -begin % MP3_FRAME + MP3_STAMP_AT
        audio[stamp_at : stamp_at + len(MARK) + TIMES.size] = MARK + TIMES.pack(sent_ns, asked_ns)
        return bytes(audio)


async def upstream(port: int) -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r")[0])
            body = json.loads(await reader.readexactly(length))
            await _speak(writer, Order.parse(body["text"]))


async def _speak(writer: asyncio.StreamWriter, order: Order) -> None:
    asked_ns = time.monotonic_ns()
    writer.write(HEAD)
    for index in range(order.chunks):
        due_s = asked_ns / 1e9 + index * order.every_s - time.monotonic()
        if due_s > 0:
            await asyncio.sleep(due_s)
        audio = order.chunk(index, time.monotonic_ns(), asked_ns).hex()
        writer.write(event({"data": {"audio": audio, "status": 1, "ced": ""}, **FINE}))
        await writer.drain()
    extra = {"audio_length": 1000, "usage_characters": 28}
    writer.write(event({"data": {"audio": "", "status": 2, "ced": ""}, "extra_info": extra, **FINE}) + b"0\r\n\r\n")


def event(message: dict[str, Any]) -> bytes:
    """One event as one chunk of HTTP, spelt as the service spells it."""
    line = b"data: " + json.dumps(message, separators=(",", ":")).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(line), line)


@dataclass(slots=True)
class Seen:
    sessions: int
    recording: bool = False
    turns: int = 0
    failed: int = 0
    chunks: int = 0
    octets: int = 0
    messages: int = 0
    first: list[float] = field(default_factory=list)
    chunk: list[float] = field(default_factory=list)
    turn: list[float] = field(default_factory=list)

    def json(self) -> str:
        counts = {name: getattr(self, name) for name in ("sessions", "turns", "failed", "chunks", "messages")}
        times = {f"{name}_ms": _spread(getattr(self, name)) for name in ("first", "chunk", "turn")}
        return json.dumps({"bytes": self.octets} | counts | times)

    def audio(self, message: bytes, arrived_ns: int) -> None:
        self.messages += 1
        self.octets += len(message)
        for sent_ns in stamps(message):
            self.chunks += 1
            self.chunk.append((arrived_ns - sent_ns) / 1e6)


def stamps(message: bytes) -> Iterator[int]:
    """When each chunk in it was sent."""
    at = message.find(MARK)
    while at >= 0 and len(message) >= at + len(MARK) + TIMES.size:
        yield TIMES.unpack_from(message, at + len(MARK))[0]
        at = message.find(MARK, at + 1)


def _spread(times_ms: list[float]) -> dict[str, float]:
    if len(times_ms) < 2:
        return {"p50": 0.0, "p99": 0.0}
    cuts = statistics.quantiles(times_ms, n=100, method="inclusive")
    return {"p50": cuts[49], "p99": cuts[98]}


async def load(options: dict[str, str]) -> None:
    seen = Seen(int(options["sessions"]))
    sockets = [await _welcomed(options) for _ in range(seen.sessions)]
    await _agree("CONNECTED")
    spread_s = int(options["spread-ms"]) / 1000 / seen.sessions
    speaking = [asyncio.create_task(_session(options, seen, each, n * spread_s)) for n, each in enumerate(sockets)]
    await asyncio.sleep(int(options["warm-ms"]) / 1000)
    seen.recording = True
    if int(options["warm-ms"]):
        print("WARM", flush=True)
    left_ms = int(options["for-ms"]) - int(options["warm-ms"])
    await asyncio.wait(speaking, timeout=left_ms / 1000 if left_ms > 0 else LONGEST_S)
    await _agree("OVER")
    for task in speaking:
        task.cancel()
    await asyncio.wait(speaking)
    if int(options["bye"]) and not int(options["stall"]):
        await asyncio.gather(*map(_leave, sockets))
    print(seen.json(), flush=True)


async def _leave(socket: ClientConnection) -> None:
    """Sessions would be kept, and spoken to, for who was cut."""
    with contextlib.suppress(ConnectionClosed):
        await socket.send('{"type":"bye"}')
        async for _ in socket:
            pass


async def _welcomed(options: dict[str, str]) -> ClientConnection:
    url = f"ws://127.0.0.1:{options['port']}/v1/stream"
    headers = {"Authorization": f"Bearer {options['bearer']}"}
    queue = 1 if int(options["stall"]) else 1024
    socket = await connect(url, additional_headers=headers, compression=None, proxy=None, max_queue=queue)
    await socket.send(options["hello"])
    await socket.recv()
    return socket


async def _session(options: dict[str, str], seen: Seen, socket: ClientConnection, start_s: float) -> None:
    await asyncio.sleep(start_s)
    number, most = 0, int(options["turns"])
    with contextlib.suppress(ConnectionClosed):
        while not most or number < most:
            number += 1
            asked_ns = time.monotonic_ns()
            await socket.send(json.dumps({"type": "speak", "turn": f"t{number}", "text": options["text"]}))
            if int(options["stall"]):
                await asyncio.Event().wait()
            await _hear(seen, socket, asked_ns)


async def _hear(seen: Seen, socket: ClientConnection, asked_ns: int) -> None:
    heard = False
    async for message in socket:
        now = time.monotonic_ns()
        if isinstance(message, bytes):
            if seen.recording:
                seen.audio(message, now)
                seen.first += [] if heard else [(now - asked_ns) / 1e6]
            heard = True
        elif '"turn.done"' in message or '"turn.failed"' in message or '"type":"error"' in message:
            seen.failed += '"turn.done"' not in message
            seen.turns += seen.recording
            seen.turn += [(now - asked_ns) / 1e6] if seen.recording else []
            return


async def _agree(word: str) -> None:
    print(word, flush=True)
    await asyncio.to_thread(sys.stdin.readline)


def main() -> None:
    words = sys.argv[2:]
    options = {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(upstream(int(options["port"])) if sys.argv[1] == "upstream" else load(options))


if __name__ == "__main__":
    main()
