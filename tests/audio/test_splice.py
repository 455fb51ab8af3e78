import math
from array import array

import pytest

from gateway.audio.base import Piece
from gateway.audio.splice import HELD_MS, Continued, crossfade, loudness

RATE = 8000
MS = RATE * 2 // 1000


def tone(ms: int, hertz: float = 440, level: int = 8000) -> bytes:
    steps = (round(level * math.sin(index * math.tau * hertz / RATE)) for index in range(ms * RATE // 1000))
    return array("h", steps).tobytes()


def silence(ms: int) -> bytes:
    return bytes(ms * MS)


def heard(*attempts: bytes, size: int = 333) -> bytes:
    """All attempts but the last break off."""
    sound = Continued(RATE, 1)
    result = b""
    for number, attempt in enumerate(attempts):
        if number:
            sound.break_off()
        for at in range(0, len(attempt), size):
            result += sound.feed(attempt[at : at + size]).data
    return result + sound.close().data


WORDS = tone(300) + silence(200) + tone(400, 300) + silence(100) + tone(500, 700)


@pytest.mark.parametrize("size", [1, 2, 7, 333, 100_000])
def test_one_attempt_is_passed_on_as_it_is(size: int):
    assert heard(WORDS, size=size) == WORDS
    assert heard(WORDS + b"\x01", size=size) == WORDS + b"\x01"


def test_no_more_is_held_back_than_said():
    sound = Continued(RATE, 1)
    assert sound.feed(WORDS) == Piece(WORDS[: -HELD_MS * MS], len(WORDS) // 2 - HELD_MS * MS // 2)


@pytest.mark.parametrize("at", [0, 1, 2, 3, HELD_MS * MS, 1001, 5555, 8000, len(WORDS) - 1, len(WORDS)])
def test_the_same_sound_goes_on_exactly_where_it_was(at: int):
    assert heard(WORDS[:at], WORDS) == WORDS
    assert heard(WORDS[: at // 2], WORDS[:at], WORDS) == WORDS
    assert heard(WORDS[:at], WORDS[: at // 2], WORDS) == WORDS


def test_broken_off_in_a_pause_it_goes_on_in_the_pause():
    slower = tone(330) + silence(200) + tone(440, 300)
    assert heard(WORDS[: 310 * MS], slower) == tone(300) + silence(10) + slower[340 * MS :]


def test_broken_off_within_a_word_the_word_is_not_said_again():
    other = tone(300, 500) + silence(200) + tone(400, 250)
    result = heard(WORDS[: 200 * MS], other)
    assert result[: 190 * MS] == WORDS[: 190 * MS]
    assert result[200 * MS :] == other[310 * MS :]


def test_without_any_silence_it_goes_on_at_the_same_time():
    first, second = tone(900), tone(1500, 500)
    result = heard(first[: 700 * MS], second)
    assert (result[: 690 * MS], result[700 * MS :]) == (first[: 690 * MS], second[700 * MS :])
    assert result[690 * MS : 700 * MS] == crossfade(first[690 * MS : 700 * MS], second[690 * MS : 700 * MS], 1)


def test_a_second_attempt_shorter_than_what_was_heard_adds_nothing():
    assert heard(WORDS[: 500 * MS], tone(100, 500)) == WORDS[: 500 * MS]


def test_every_chunking_gives_the_same_joint():
    other = tone(310, 500) + silence(150) + tone(400, 250)
    whole = heard(WORDS[: 200 * MS], other, size=100_000)
    assert all(heard(WORDS[: 200 * MS], other, size=size) == whole for size in (1, 3, 160, 1001))


def test_a_cross_fade_goes_from_one_sound_to_the_other():
    old, new = array("h", [1000] * 6).tobytes(), array("h", [-1000] * 6).tobytes()
    assert list(array("h", crossfade(old, new, 2))) == [500, 500, 0, 0, -500, -500]
    assert crossfade(b"", b"", 1) == b""


def test_loudness_is_the_mean_amplitude():
    assert loudness(array("h", [-300, 100]).tobytes()) == 200
    assert loudness(b"") == 0
