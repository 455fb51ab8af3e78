"""The emulator on a real socket, in a thread of its own, and the requests tests make of it."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av
import httpx
import numpy as np

from gateway.emulator import Habits, running

KEY = {"Authorization": "Bearer a-long-enough-key"}
VOICE = "Wise_Woman"
LOST_VOICE = "No_Such_Voice"


@contextmanager
def served(habits: Habits) -> Iterator[str]:
    """→ the base URL."""
    ready: list[str] = []
    started = threading.Event()
    stop: list[Any] = []

    async def serve() -> None:
        async with running("127.0.0.1", 0, habits) as url:
            ended = asyncio.Event()
            stop.append((asyncio.get_running_loop(), ended))
            ready.append(url)
            started.set()
            await ended.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(20)
        yield ready[0]
    finally:
        loop, ended = stop[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join()


def order(text: str = "Hello there.", voice: str = VOICE, **changes: Any) -> dict[str, Any]:
    """The body of a request; `audio`, `voice_setting` are merged, other keys replace."""
    audio = {"format": "pcm", "sample_rate": 16000, **changes.pop("audio", {})}
    setting = {"voice_id": voice, **changes.pop("setting", {})}
    model = changes.pop("model", "speech-2.8-turbo")
    return {"model": model, "text": text, "voice_setting": setting, "audio_setting": audio, **changes}


def post(url: str, body: Any, headers: dict[str, str] = KEY) -> httpx.Response:
    content = body if isinstance(body, str) else json.dumps(body)
    return httpx.post(f"{url}/v1/t2a_v2", content=content, headers=headers, timeout=20)


def spoken(url: str, body: dict[str, Any]) -> bytes:
    """The audio of an answer that is not streamed."""
    answer = post(url, body).json()
    assert answer["base_resp"] == {"status_code": 0, "status_msg": "success"}
    return bytes.fromhex(answer["data"]["audio"])


def streamed(url: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """All events of a streamed answer."""
    text = post(url, {**body, "stream": True}).text
    return [json.loads(line.removeprefix("data:")) for line in text.splitlines() if line.startswith("data:")]


def subtitled(url: str, body: dict[str, Any], kind: str = "word") -> tuple[bytes, list[dict[str, Any]]]:
    """The audio of an answer that is not streamed, and the segments of its subtitle file."""
    data = post(url, {**body, "subtitle_enable": True, "subtitle_type": kind}).json()["data"]
    segments: list[dict[str, Any]] = httpx.get(data["subtitle_file"]).json()
    return bytes.fromhex(data["audio"]), segments


def heard_words(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of what is heard: no white space, no punctuation."""
    entries = [entry for segment in segments for entry in segment["timestamped_words"] or ()]
    return [entry for entry in entries if any(char.isalnum() for char in entry["word"])]


def samples(pcm: bytes) -> np.ndarray[Any, np.dtype[np.int16]]:
    return np.frombuffer(pcm, "<i2")


def decoded(file: bytes) -> tuple[int, int, int]:
    """Samples per channel, rate, channels."""
    with av.open(io.BytesIO(file)) as container:
        stream = container.streams.audio[0]
        return sum(frame.samples for frame in container.decode(stream)), stream.rate, stream.channels


def loudness(pcm: bytes) -> float:
    return float(np.sqrt(np.mean(samples(pcm).astype(float) ** 2)))


def pitch(pcm: bytes, rate: int) -> float:
    """Median fundamental of what is voiced, in Hz, by autocorrelation."""
    wave, found = samples(pcm).astype(float), []
    size = rate // 12
    for start in range(0, wave.size - size, size // 2):
        frame = wave[start : start + size] - wave[start : start + size].mean()
        correlation = np.correlate(frame, frame, "full")[size - 1 :]
        lag = int(np.argmax(correlation[rate // 500 : rate // 55])) + rate // 500
        if np.sqrt(np.mean(frame**2)) > 800 and correlation[lag] > 0.5 * correlation[0]:
            found.append(rate / lag)
    return float(np.median(found))
