"""English with the neural voice, where it is installed."""

from collections.abc import Iterator

import pytest

from gateway.emulator import Habits, voices
from tests.emulator.served import loudness, order, pitch, samples, served, spoken

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
