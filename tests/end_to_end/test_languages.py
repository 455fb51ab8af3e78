"""Forty languages through the whole chain: speech in that language, not English of the same text."""

import json
from pathlib import Path

import numpy as np
import pytest

from gateway.emulator.boosts import BOOSTS
from gateway.espeak.pool import Job, open_pool
from gateway.protocol.languages import LANGUAGES
from gateway.upstreams.t2a.offer import LANGUAGE_BOOST
from tests.end_to_end.client import speak

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text())
WORDS_PER_MINUTE = 175
POINTS = 150


async def alone(language: str, text: str) -> tuple[np.ndarray, float]:
    """What espeak-ng makes of it without us: samples and seconds."""
    async with open_pool(1) as pool:
        spoken = await pool.speak(Job(text, language, "", WORDS_PER_MINUTE, 0.0))
        samples = np.frombuffer(spoken.pcm, "<i2")
        return samples, len(samples) / pool.rate


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(float) ** 2)))


def rhythm(samples: np.ndarray) -> np.ndarray:
    """Loudness over the utterance, whatever its length and voice."""
    parts = np.array_split(samples.astype(float), POINTS)
    return np.array([np.sqrt(np.mean(part**2)) for part in parts])


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of the two rhythms at the best shift of up to a tenth."""
    first, second = rhythm(one), rhythm(other)
    shifts = range(-POINTS // 10, POINTS // 10 + 1)
    return max(float(np.corrcoef(first, np.roll(second, shift))[0, 1]) for shift in shifts)


def test_there_is_a_sentence_for_each_language():
    assert set(SENTENCES) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_sentence_is_spoken_in_its_language(language, gateway):
    text = SENTENCES[language]
    heard = await speak(gateway, text, language=language)
    assert heard.order[-1] == "turn.done"
    samples = np.frombuffer(heard.audio, "<i2")
    own, seconds = await alone(BOOSTS[LANGUAGE_BOOST[language]], text)
    assert abs(len(samples) / 24_000 - seconds) < 3
    assert loudness(samples) > 300
    if language != "en":
        english, _ = await alone("en-us", text)
        # espeak-ng's English reads Hangul as Korean by itself; there both are alike.
        assert likeness(samples, own) > min(0.8, likeness(samples, english))


async def test_mandarin_and_cantonese_differ(gateway):
    text = SENTENCES["yue"]
    mandarin, cantonese = [await speak(gateway, text, language=tag) for tag in ("zh-TW", "zh-HK")]
    own, _ = await alone("yue", text)
    heard = [np.frombuffer(spoken.audio, "<i2") for spoken in (mandarin, cantonese)]
    assert likeness(heard[1], own) > likeness(heard[0], own)
