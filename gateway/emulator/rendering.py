"""One text on its way out: spoken, shaped, encoded, and counted."""

import asyncio
import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from gateway.emulator.answers import compact
from gateway.emulator.counting import invisible_ratio, usage_characters, word_count
from gateway.emulator.encoders import Encoder, encoder
from gateway.emulator.habits import Habits
from gateway.emulator.markup import reading
from gateway.emulator.order import Setup
from gateway.emulator.performance import Performance
from gateway.emulator.sound import Samples, Sound, silence
from gateway.emulator.studio import Studio
from gateway.emulator.subtitles import Subtitles

_LEAST_S = 0.1
"""A text without anything to say is this much silence."""


class Rendering:
    """Take `chunks` to their end; then `file` and `extra_info` are known."""

    def __init__(self, text: str, setup: Setup, studio: Studio, habits: Habits) -> None:
        self.text = text
        self.setup = setup
        self.samples = 0
        self._habits = habits
        self._encoder = encoder(setup.shape)
        self._reading = reading(text, setup.pronunciations)
        self._performance = Performance(self._reading, setup, self._encoder.rate, studio, habits)
        self._subtitles = Subtitles(self._reading, setup.subtitle, habits) if setup.subtitle else None
        self._ended = False
        self._stream = bytearray()
        self._counts = {
            "word_count": word_count(text, punctuation=not habits.words_without_punctuation),
            "invisible_character_ratio": invisible_ratio(text),
            "usage_characters": usage_characters(text),
        }

    @property
    def rate(self) -> int:
        return self._encoder.rate

    @property
    def size(self) -> int:
        """Bytes that `chunks` has given."""
        return len(self._stream)

    async def chunks(self, chunk_ms: int) -> AsyncGenerator[bytes, None]:
        """Encoded audio as it becomes ready, about `chunk_ms` of it at a time."""
        async with aclosing(self._performance.sounds()) as sounds:
            async for sound in sounds:
                if self._subtitles:
                    self._subtitles.add(sound, self._clock_ms)
                for block in blocks(await self._shaped(sound), self.rate * chunk_ms // 1000):
                    if data := await self._encoded(block):
                        yield data
        if not self.samples:
            yield await self._encoded(silence(_LEAST_S, self.rate).samples)
        if rest := await _run(self._encoder, self._encoder.close):
            self._stream += rest
            yield rest
        self._ended = True

    @property
    def _clock_ms(self) -> float:
        return 1000 * (self.samples + self._encoder.delay) / self.rate

    def subtitle(self) -> dict[str, Any] | None:
        """What goes out beside the chunk that was taken last; after all chunks, what is left, one by one."""
        if self._subtitles is None:
            return None
        if self._ended:
            return self._subtitles.next(math.inf)
        found = self._subtitles.next(self._clock_ms)
        return found or (self._subtitles.without_words() if self._habits.null_words else None)

    def subtitle_file(self) -> bytes:
        return compact(self._subtitles.file() if self._subtitles else [])

    async def file(self) -> bytes:
        return await asyncio.to_thread(self._encoder.file, bytes(self._stream))

    def extra_info(self, size: int) -> dict[str, Any]:
        shape = self.setup.shape
        return {
            "audio_length": round(1000 * self.samples / self.rate),
            "audio_sample_rate": self.rate,
            "audio_size": size,
            self._habits.bitrate_key: self._encoder.bitrate,
            **self._counts,
            "audio_format": shape.container,
            "audio_channel": shape.channels,
        }

    async def _shaped(self, sound: Sound) -> Samples:
        if sound.rate == self.rate:
            return self._performance.shaped(sound)
        return await asyncio.to_thread(self._performance.shaped, sound)

    async def _encoded(self, block: Samples) -> bytes:
        data: bytes = await _run(self._encoder, self._encoder.feed, block)
        self.samples += block.size
        self._stream += data
        return data


async def _run(encoder: Encoder, work: Any, *arguments: Any) -> bytes:
    result: bytes = work(*arguments) if encoder.light else await asyncio.to_thread(work, *arguments)
    return result


def blocks(samples: Samples, size: int) -> Iterator[Samples]:
    """At most `size` samples each; 0 leaves them together."""
    size = size or max(1, samples.size)
    for start in range(0, samples.size, size):
        yield samples[start : start + size]
