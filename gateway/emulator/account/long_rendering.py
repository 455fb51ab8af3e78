"""One long text → its files, written as it is said, so that it is never whole in memory.

.mp3 .pcm .flac   as a stream of it would be: no Info frame in front
.titles           [{text, time_begin, time_end, text_begin, text_end}, …], one for each sentence of `markup.script`:
at most 200 characters, times in ms as decoded, places in code points of the text
.extra            {audio_length, audio_sample_rate, audio_size, bitrate, vol, word_count}
"""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import IO, Any

from gateway.emulator.answers import compact
from gateway.emulator.counting import word_count
from gateway.emulator.desk import Desk
from gateway.emulator.encoders import encoder
from gateway.emulator.markup import reading
from gateway.emulator.order import Setup
from gateway.emulator.performance import Performance
from gateway.emulator.sound import Sound, silence

_LEAST_S = 0.1


class LongRendering:
    """`setup` with subtitles of sentences, so that sounds tell what they say."""

    def __init__(self, text: str, setup: Setup, desk: Desk) -> None:
        self._text = text
        self._setup = setup
        self._habits = desk.habits
        self._encoder = encoder(setup.shape)
        self._reading = reading(text, setup.pronunciations)
        self._performance = Performance(self._reading, setup, self._encoder.rate, desk.studio, desk.habits)
        self._samples = 0
        self._begin: tuple[int, float] | None = None
        """Where the sentence that is being said begins: place in the reading, ms."""
        self._titles = 0

    async def write(self, audio: Path, titles: Path, extra: Path) -> int:
        """→ bytes of audio."""
        with audio.open("wb") as sound_file, titles.open("wb") as title_file:
            title_file.write(b"[")
            async with aclosing(self._performance.sounds()) as sounds:
                async for sound in sounds:
                    await asyncio.to_thread(self._take, sound, sound_file, title_file)
            title_file.write(b"]")
            return await asyncio.to_thread(self._end, sound_file, extra)

    def _take(self, sound: Sound, audio: IO[bytes], titles: IO[bytes]) -> None:
        samples, begin_ms = self._performance.shaped(sound), self._clock_ms
        audio.write(self._encoder.feed(samples))
        self._samples += samples.size
        if sound.said is None:
            return
        place, since_ms = self._begin or (sound.said.begin, begin_ms)
        self._begin = None if sound.said.last else (place, since_ms)
        if sound.said.last:
            titles.write(self._title(place, sound.said.end, since_ms))

    def _title(self, begin: int, end: int, since_ms: float) -> bytes:
        begin, end = self._reading.origin(begin, end)
        said = self._text[begin:end]
        begin += len(said) - len(said.lstrip())
        said = said.strip()
        times = {"time_begin": round(since_ms, 3), "time_end": round(self._clock_ms, 3)}
        self._titles += 1
        comma = b"," if self._titles > 1 else b""
        return comma + compact({"text": said, **times, "text_begin": begin, "text_end": begin + len(said)})

    def _end(self, audio: IO[bytes], extra: Path) -> int:
        if not self._samples:
            self._take(silence(_LEAST_S, self._encoder.rate), audio, audio)
        audio.write(self._encoder.close())
        extra.write_bytes(compact(self._extra(audio.tell())))
        return audio.tell()

    @property
    def _clock_ms(self) -> float:
        return 1000 * (self._samples + self._encoder.delay) / self._encoder.rate

    def _extra(self, size: int) -> dict[str, Any]:
        return {
            "audio_length": round(1000 * self._samples / self._encoder.rate),
            "audio_sample_rate": self._encoder.rate,
            "audio_size": size,
            "bitrate": self._encoder.bitrate,
            "vol": self._setup.vol,
            "word_count": word_count(self._text, punctuation=not self._habits.words_without_punctuation),
        }
