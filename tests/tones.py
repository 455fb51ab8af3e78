"""Hears the emulator's test voice: PCM → the words' ids, as gateway/emulator/tones.py lays them down.

    assert heard(pcm, 24000) == ids("What was said.")

It shares no code with the emulator. A burst that was cut or mixed with another is heard as None.
"""

import hashlib
import re
from typing import Any

import numpy as np

Wave = np.ndarray[Any, np.dtype[np.float64]]
SYMBOLS = 6
_SINGLE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}][^\s{_SINGLE}.,!?;:…。！？；，、：\"“”()（）<>\[\]{{}}]*")


def ids(text: str) -> list[int]:
    return [number(word) for word in spoken_words(text)]


def spoken_words(text: str) -> list[str]:
    """The words of plain text, without pause marks and interjections."""
    return [word.rstrip("'’-*_~") for word in _WORD.findall(text)]


def number(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.casefold().encode("utf-8", "replace")).digest()[:3], "big") >> 4


def words_heard(pcm: bytes, rate: int, vocabulary: str) -> list[str | None]:
    """The words themselves, where `vocabulary` (any text) has them."""
    names = {number(word): word for word in spoken_words(vocabulary)}
    return [names.get(each) if each is not None else None for each in heard(pcm, rate)]


def heard(pcm: bytes, rate: int) -> list[int | None]:
    """Mono s16le → the ids in the order of their sounding."""
    return [each for each, _, _ in timed(pcm, rate)]


def timed(pcm: bytes, rate: int) -> list[tuple[int | None, float, float]]:
    """The same with the milliseconds between which each sounds, to a millisecond."""
    wave = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(float)
    found = bursts(wave, rate)
    return [(_read(wave[start:end], rate), start * 1000 / rate, end * 1000 / rate) for start, end in found]


def bursts(wave: Wave, rate: int) -> list[tuple[int, int]]:
    """Stretches of sound between silences of at least 8 ms."""
    block = max(1, rate // 1000)
    count = wave.size // block
    if not count:
        return []
    level = np.sqrt(np.mean(wave[: count * block].reshape(count, block) ** 2, axis=1))
    loud = np.flatnonzero(level > max(0.15 * level.max(), 30))
    if not loud.size:
        return []
    gaps = np.flatnonzero(np.diff(loud) > 8)
    starts, ends = [loud[0], *loud[gaps + 1]], [*loud[gaps], loud[-1]]
    return [(start * block, (end + 1) * block) for start, end in zip(starts, ends, strict=True)]


def _read(burst: Wave, rate: int) -> int | None:
    length = burst.size / SYMBOLS
    values = [_symbol(burst[round((k + 0.25) * length) : round((k + 0.75) * length)], rate) for k in range(SYMBOLS)]
    *data, check = values
    result = parity = 0
    for value in data:
        result, parity = result << 4 | value, parity ^ value
    return result if parity == check else None


def _symbol(wave: Wave, rate: int) -> int:
    if not wave.size:
        return 0
    frequencies = 400 + 200 * np.arange(16)
    turns = np.exp(-2j * np.pi * np.outer(frequencies, np.arange(wave.size)) / rate)
    return int(np.argmax(np.abs(turns @ (wave * np.hanning(wave.size)))))
