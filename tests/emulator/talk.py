"""A client of the emulator's sockets, which keeps what it hears."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.emulator.served import KEY, order

CLASSIC, BIDI = "/ws/v1/t2a_v2", "/ws/v1/t2a_v2_bidi"


class Talk:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def say(self, event: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"event": event, **fields}))

    def start(self, **changes: Any) -> None:
        body = order(voice=changes.pop("voice", "test_tones"), **changes)
        del body["text"]
        self.say("task_start", **body)

    def hear(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self.socket.recv(20))
        return frame

    def hear_until(self, event: str) -> list[dict[str, Any]]:
        frames = [self.hear()]
        while frames[-1].get("event") != event:
            frames.append(self.hear())
        return frames

    def hear_segment(self) -> list[dict[str, Any]]:
        """Until a final frame."""
        frames = [self.hear()]
        while not frames[-1].get("is_final"):
            frames.append(self.hear())
        return frames

    def hear_all(self) -> list[dict[str, Any]]:
        """Until the server closes."""
        frames = []
        try:
            while True:
                frames.append(self.hear())
        except ConnectionClosed:
            return frames


@contextmanager
def talking(url: str, path: str = CLASSIC, headers: dict[str, str] = KEY) -> Iterator[Talk]:
    address = url.replace("http:", "ws:") + path
    with connect(address, additional_headers=headers, compression=None, max_size=None, ping_interval=None) as socket:
        yield Talk(socket)


def audio(frames: list[dict[str, Any]]) -> bytes:
    return b"".join(bytes.fromhex(frame["data"]["audio"]) for frame in frames if "data" in frame)


def events(frames: list[dict[str, Any]]) -> list[str]:
    """The events, with runs of audio frames told once, and final ones as `is_final`."""
    names: list[str] = []
    for frame in frames:
        name = "is_final" if frame.get("is_final") else frame["event"]
        if name != "task_continued" or names[-1:] != [name]:
            names.append(name)
    return names


def code(frame: dict[str, Any]) -> int:
    result: int = frame["base_resp"]["status_code"]
    return result
