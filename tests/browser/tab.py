"""A page under test: what it complains about, and what its socket carried."""

import asyncio
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
PATIENCE_S = 60
"""A page that does not answer fails the test."""
HEADER = struct.Struct("<BBHIII")
Wave = np.ndarray[Any, np.dtype[np.float32]]


class Tab:
    def __init__(self, page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.cut = False
        """Connections break, and Chromium tells its console."""
        self.compared = 0
        """Samples."""
        self.received: dict[int, bytes] = {}
        """Audio by turn handle, as the network brought it."""
        self.sent: list[dict] = []
        self.told: list[dict] = []
        """What the gateway said."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("websocket", self._watch)

    def _hear(self, line) -> None:
        """A bare page has no icon, and browsers ask for one. A gateway that has ended refuses who wants back."""
        if line.type not in {"error", "warning"} or line.location["url"].endswith("/favicon.ico"):
            return
        expected = self.cut or line.text.endswith("net::ERR_CONNECTION_REFUSED")
        if not (expected and line.text.startswith("WebSocket connection to")):
            self.complaints.append(line.text)

    def _watch(self, socket) -> None:
        socket.on("framesent", lambda message: self.sent.append(json.loads(message)))
        socket.on("framereceived", self._take)

    def _take(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            handle = HEADER.unpack_from(message)[3]
            self.received[handle] = self.received.get(handle, b"") + message[16:]
        else:
            self.told.append(json.loads(message))

    def wave(self, handle: int) -> Wave:
        """What the gateway sent, as the audio thread should play it."""
        return samples(self.received[handle])

    def said(self, type_: str) -> list[dict]:
        """Without the numbers of the messages."""
        said = [message for message in self.sent if message["type"] == type_]
        return [{name: value for name, value in message.items() if name != "n"} for message in said]

    async def run(self, script: str, url: str) -> None:
        """A script of this folder in a bare page of the gateway: no gesture has been made there."""
        await self.page.add_init_script(path=HERE / script)
        await self.page.goto(f"{url}/healthz")

    async def ask(self, script: str, argument: Any = None) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return await self.page.evaluate(script, argument)

    async def harness(self, url: str, **options) -> None:
        await self.run("harness.js", url)
        await self.begin(**options)

    async def reload(self, **options) -> None:
        await self.page.reload()
        await self.begin(**options)

    async def begin(self, **options) -> None:
        recorder = (HERE / "recorder.js").read_text()
        await self.ask("([options, recorder]) => record(options, recorder)", [options, recorder])

    async def recorded(self) -> Wave:
        return np.array(await self.ask("() => listen()"), np.float32)

    def compare(self, heard: Wave, sent: Wave) -> None:
        """To the sample."""
        assert np.array_equal(heard, sent)
        self.compared += len(sent)


def samples(data: bytes) -> Wave:
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


def sounding(*waves: Wave) -> Wave:
    """Without the silences, whose length is the network's."""
    whole = np.concatenate(waves)
    return whole[whole != 0]


def faded(wave: Wave, samples: int, fade: int = 144) -> Wave:
    """The first `samples`, the last 6 ms of them fading out."""
    cut = wave[:samples].copy()
    cut[-fade:] *= np.arange(fade, 0, -1, dtype=np.float32) / fade
    return cut
