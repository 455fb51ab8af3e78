"""PCM to this machine's loudspeaker, with miniaudio (`pip install "voice-gateway[play]"`)."""

import asyncio
import threading
import weakref
from collections.abc import Generator, Sequence
from typing import Any

from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import AudioFormat

AHEAD_S = 1.0
"""So much may wait for the loudspeaker; `play` waits for room."""
LATENCY_MS = 100


class Loudspeaker:
    """Plays `pcm_s16le` of one format. Raises `VoiceError` where nothing can be played."""

    def __init__(self, audio: AudioFormat, *, backends: Sequence[Any] | None = None) -> None:
        self._bytes_per_s = audio.rate * audio.channels * 2
        self._sample = audio.channels * 2
        self._loop = asyncio.get_running_loop()
        self._waiting = bytearray()
        self._lock = threading.Lock()
        self._changed = asyncio.Event()
        self._played = 0
        self._device = _device(audio, backends)
        samples = self._samples()
        next(samples)
        self._device.start(samples)
        # Its thread would keep a program that does not close it from ending.
        weakref.finalize(self, self._device.close)

    @property
    def played_ms(self) -> float:
        """Given to the device; its own latency still stands before the ear."""
        return self._played * 1000 / self._bytes_per_s

    async def play(self, pcm: bytes) -> None:
        await self._until_at_most(AHEAD_S)
        with self._lock:
            self._waiting += pcm

    async def drain(self) -> None:
        """Wait until all has been heard."""
        await self._until_at_most(0)
        await asyncio.sleep(LATENCY_MS / 1000)

    def close(self) -> None:
        """Silence, at once."""
        self._device.close()

    async def _until_at_most(self, seconds: float) -> None:
        while len(self._waiting) > seconds * self._bytes_per_s:
            self._changed.clear()
            await self._changed.wait()

    def _samples(self) -> Generator[bytes, int, None]:
        """Runs in the device's thread, and must never wait: silence where nothing has come."""
        wanted = yield b""
        while True:
            wanted = yield self._taken(wanted * self._sample)

    def _taken(self, size: int) -> bytes:
        with self._lock:
            taken = bytes(self._waiting[:size])
            del self._waiting[:size]
        self._played += len(taken)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)
        return taken.ljust(size, b"\0")


def _device(audio: AudioFormat, backends: Sequence[Any] | None) -> Any:
    try:
        import miniaudio
    except ImportError:
        raise VoiceError("no_player", 'To play, pip install "voice-gateway[play]".') from None
    try:
        return miniaudio.PlaybackDevice(
            nchannels=audio.channels,
            sample_rate=audio.rate,
            buffersize_msec=LATENCY_MS,
            backends=None if backends is None else list(backends),
        )
    except miniaudio.MiniaudioError as error:
        raise VoiceError("no_player", "No loudspeaker was found.") from error
