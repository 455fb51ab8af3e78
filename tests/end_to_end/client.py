"""A client that is not ours: bare `websockets`, thirty lines."""

import json
import struct
from dataclasses import dataclass, field

from websockets.asyncio.client import connect

HEADER = struct.Struct("<BBHIII")


@dataclass
class Heard:
    """Everything that came, in order; frames as (kind, flags, segment, handle, seq, position, payload)."""

    messages: list[dict] = field(default_factory=list)
    frames: list[tuple] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def take(self, message) -> str:
        if isinstance(message, bytes):
            self.frames.append((*HEADER.unpack_from(message), message[16:]))
            self.order.append("frame")
        else:
            self.messages.append(json.loads(message))
            self.order.append(self.messages[-1]["type"])
        return self.order[-1]

    def last(self, type_: str) -> dict:
        return [message for message in self.messages if message["type"] == type_][-1]

    @property
    def audio(self) -> bytes:
        return b"".join(frame[-1] for frame in self.frames)


TERMINALS = {"turn.done", "turn.cancelled", "turn.failed"}


async def speak(url: str, text: str, *, config=None, until=TERMINALS, **options) -> Heard:
    """One turn over a fresh socket."""
    heard = Heard()
    async with connect(stream_url(url), max_size=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "v": 1, "config": config or {}}))
        await socket.send(json.dumps({"type": "speak", "turn": "a", "text": text, **options}))
        async for message in socket:
            if heard.take(message) in until:
                break
    return heard


def stream_url(url: str) -> str:
    return "ws" + url.removeprefix("http") + "/v1/stream"
