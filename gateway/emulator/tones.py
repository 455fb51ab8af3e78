"""The test voice: every word is a burst of tones that says which word it is. A pure function of text and settings.

    word     an alphanumeric run without punctuation; each Han or kana character is one of its own
    id       the first 20 bits of SHA-256 of the case-folded word (UTF-8)
    burst    6 symbols of 20 ms: the id's five groups of 4 bits, then their exclusive or; no gap between them
    symbol   a sine of 400 + 200 × value Hz, beside a pilot of 100–199 Hz: other settings, or another take, other pilot
    silence  30 ms after each word, 60 ms more after a sentence; `<#x#>` as asked. All durations divide by `speed`,
             and by the habit `tone_pace`

A word's samples depend on nothing before or after it.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from gateway.emulator.anchors import Anchor
from gateway.emulator.markup import Pause, Reading, Sentence, script
from gateway.emulator.order import Setup
from gateway.emulator.sound import Said, Samples, Sound, silence
from gateway.emulator.words import Span

SYMBOL_S, GAP_S, SENTENCE_GAP_S = 0.02, 0.03, 0.06
LOWEST_HZ, STEP_HZ = 400, 200
_FADE_S = 0.002
_TONE, _PILOT = 7000.0, 1500.0
_SINGLE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}][^\s{_SINGLE}.,!?;:…。！？；，、：\"“”()（）<>\[\]{{}}]*")


def words(text: str) -> Iterator[tuple[int, str]]:
    """Each word and its position."""
    for found in _WORD.finditer(text):
        yield found.start(), found[0].rstrip("'’-*_~")


def word_id(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.casefold().encode("utf-8", "replace")).digest()[:3], "big") >> 4


def sounds(reading: Reading, setup: Setup, rate: int, take: int = 0, pace: float = 1.0) -> Iterator[Sound]:
    """One sound per sentence and pause, at the rate asked for. Takes differ as settings do."""
    pilot = _pilot(setup, take)
    for part in script(reading.text, setup.model):
        if isinstance(part, Pause):
            yield silence(part.seconds, rate)
        else:
            yield _sentence(part, rate, setup.speed * pace, pilot)


def _sentence(part: Sentence, rate: int, speed: float, pilot: int) -> Sound:
    bursts, anchors, at = [], [], 0
    for position, word in words(part.text):
        bursts.append(_burst(word_id(word), rate, speed, pilot))
        after = at + bursts[-1].size
        anchors.append(Anchor(part.begin + position, at, after - round(GAP_S / speed * rate)))
        at = after
    samples = np.concatenate([*bursts, _quiet(SENTENCE_GAP_S / speed, rate)])
    heard = Span(0, anchors[-1].end if anchors else 0)
    return Sound(samples, rate, Said(part.begin, part.begin + len(part.text), heard, tuple(anchors)))


def _pilot(setup: Setup, take: int) -> int:
    """Hz, by everything that changes neither words, length nor loudness."""
    rest = (setup.model, setup.voices, setup.pitch, setup.emotion, setup.language, setup.modify)
    return 100 + (hashlib.sha256(repr(rest).encode()).digest()[0] + take) % 100


def _quiet(seconds: float, rate: int) -> Samples:
    return np.zeros(round(seconds * rate), np.int16)


@lru_cache(maxsize=1024)
def _burst(number: int, rate: int, speed: float, pilot: int) -> Samples:
    """One word and the silence after it."""
    values = [number >> shift & 15 for shift in (16, 12, 8, 4, 0)]
    values.append(values[0] ^ values[1] ^ values[2] ^ values[3] ^ values[4])
    length = round(SYMBOL_S / speed * rate)
    steps = np.repeat([LOWEST_HZ + STEP_HZ * value for value in values], length) / rate
    wave = _TONE * np.sin(2 * np.pi * np.cumsum(steps))
    wave += _PILOT * np.sin(2 * np.pi * pilot / rate * np.arange(wave.size))
    fade = np.linspace(0, 1, round(_FADE_S * rate))
    wave[: fade.size] *= fade
    wave[-fade.size :] *= fade[::-1]
    burst: Samples = np.concatenate([wave.astype(np.int16), _quiet(GAP_S / speed, rate)])
    burst.flags.writeable = False
    return burst
