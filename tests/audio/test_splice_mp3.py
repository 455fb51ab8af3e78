import pytest

from gateway.audio.base import Piece
from gateway.audio.splice_mp3 import ContinuedMp3

from .chunks import chunkings, joined
from .sounds import decoded, decoded_samples, mp3

RATE = 24000


def heard(*attempts: bytes, size: int = 333) -> bytes:
    """All attempts but the last break off."""
    sound = ContinuedMp3(24000)
    result = b""
    for number, attempt in enumerate(attempts):
        if number:
            sound.break_off()
        for at in range(0, len(attempt), size):
            result += sound.feed(attempt[at : at + size]).data
    return result + sound.close().data


@pytest.mark.parametrize("tags", [False, True])
def test_one_attempt_is_passed_on_without_its_tags_in_every_chunking(tags: bool):
    for chunks in chunkings(mp3(RATE, tags=tags)):
        sound = ContinuedMp3(24000)
        pieces = [*map(sound.feed, chunks), sound.close()]
        assert joined(pieces) == Piece(mp3(RATE), decoded_samples(mp3(RATE), "mp3"))


def test_a_frame_leaves_when_it_is_whole():
    whole = mp3(RATE)
    sound = ContinuedMp3(24000)
    size = next(at for at in range(1, len(whole)) if sound.feed(whole[at - 1 : at]).data)
    assert whole[size : size + 2] == whole[:2]


@pytest.mark.parametrize("tags", [False, True])
@pytest.mark.parametrize("rate", [24000, 44100])
def test_broken_off_anywhere_the_same_sound_goes_on_where_it_was(rate: int, tags: bool):
    whole, bare = mp3(rate, tags=tags), mp3(rate)
    for at in range(0, len(whole), 37):
        assert heard(whole[:at], whole) == bare
        assert heard(whole[: at // 2], whole[:at], whole) == bare
        assert heard(whole[:at], whole[: at // 2], whole) == bare


def test_another_sound_goes_on_at_the_same_time():
    first, second = mp3(RATE, seconds=0.5), mp3(RATE, seconds=1.1, tags=True)
    broken = first[: len(first) // 2]
    result = heard(broken, second)
    assert len(heard(broken)) > 0
    assert result.startswith(heard(broken)[:-1000])
    assert decoded_samples(result, "mp3") == decoded_samples(mp3(RATE, seconds=1.1), "mp3")
    assert len(decoded(result, "mp3")) == 2 * decoded_samples(result, "mp3")


def test_an_attempt_shorter_than_what_was_heard_adds_nothing():
    first = mp3(RATE, seconds=0.5)
    assert heard(first, mp3(RATE, seconds=0.2)) == first
