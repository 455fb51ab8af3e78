"""English with the neural voice, where it is installed."""

from collections.abc import Iterator

import numpy as np
import pytest

from gateway.emulator import Habits, voices
from tests.emulator.served import heard_words, loudness, order, pitch, samples, served, spoken, subtitled

pytest.importorskip("hibari")

from gateway.emulator.studio import neural_place

TEXT = "We were away a year ago, all along the way"


@pytest.fixture(scope="module")
def neural() -> Iterator[str]:
    with served(Habits()) as base:
        yield base


def test_men_and_women_speak_and_are_equally_loud(neural):
    man, woman = (spoken(neural, order(TEXT, voice)) for voice in ("Deep_Voice_Man", "Wise_Woman"))
    assert pitch(man, 16000) < 160 < pitch(woman, 16000)
    assert loudness(man) == pytest.approx(loudness(woman), rel=0.3)


def test_every_voice_has_a_place_of_its_own():
    places = {tuple(round(part, 3) for part in neural_place(voices.timbre_of(voice))) for voice in voices.catalogue()}
    assert len(places) == len(voices.catalogue())


@pytest.mark.parametrize("speed", [0.5, 1.25, 2.0])
def test_speed_is_met(neural, speed):
    plain, changed = (spoken(neural, order(TEXT, setting={"speed": value})) for value in (1.0, speed))
    assert samples(plain).size / samples(changed).size == pytest.approx(speed, rel=0.1)


def test_pitch_leaves_the_length(neural):
    plain, changed = (spoken(neural, order(TEXT, setting={"pitch": value})) for value in (0, -6))
    assert pitch(plain, 16000) / pitch(changed, 16000) == pytest.approx(2**0.5, rel=0.1)
    assert samples(plain).size == samples(changed).size


def test_other_languages_are_spoken_beside_it(neural):
    assert len(spoken(neural, order("Hello. 你好，世界。 Goodbye."))) > len(spoken(neural, order("Hello. Goodbye.")))


def _onsets(pcm: bytes, silence_ms: float) -> list[float]:
    """Where sound begins after so much silence."""
    wave = samples(pcm).astype(float)
    level = np.sqrt(np.mean(wave[: wave.size // 80 * 80].reshape(-1, 80) ** 2, axis=1))
    loud = np.flatnonzero(level > 0.04 * level.max())
    gaps = np.flatnonzero(np.diff(loud) > silence_ms / 5)
    return [5.0 * index for index in (loud[0], *loud[gaps + 1])]


@pytest.mark.parametrize(("voice", "speed"), [("Wise_Woman", 1.0), ("Wise_Woman", 1.25), ("Deep_Voice_Man", 1.0)])
def test_where_sound_begins_after_a_silence_a_word_begins(neural, voice, speed):
    """No word has a stop within or at its end. The model counts in 25 ms."""
    text = "Paul, tall, car, bell; door, ten, pure, cow, power, tower, golf, bill."
    pcm, segments = subtitled(neural, order(text, voice, setting={"speed": speed}))
    begins = np.array([entry["time_begin"] for entry in heard_words(segments)])
    away = [float(np.abs(begins - onset).min()) for onset in _onsets(pcm, 40)]
    assert len(away) > 8
    assert np.median(away) <= 40
    assert max(away) <= 100


def test_numbers_and_names_stay_words_of_the_text(neural):
    text = "In 2024 Dr. No paid $3.50, not a euro."
    _, segments = subtitled(neural, order(text))
    words = heard_words(segments)
    assert [word["word"] for word in words] == ["In", "2024", "Dr", "No", "paid", "$3.50", "not", "a", "euro"]
    lengths = {word["word"]: word["time_end"] - word["time_begin"] for word in words}
    assert lengths["2024"] > 700
    assert lengths["$3.50"] > 1200
    assert all(length < 500 for word, length in lengths.items() if word.isalpha())


def test_an_unknown_model_is_spoken_and_its_words_share_the_time(neural, monkeypatch):
    from gateway.emulator import neural as module

    monkeypatch.setattr(module, "_KNOWN_MODEL", "another")
    told, rate, anchors = module.Neural().speak(TEXT, 1.0, 0.0, 1.0, 0)
    assert told.size > rate
    assert anchors == ()
