import io
import sys
import warnings
import wave
from array import array

import pytest

from gateway.audio.base import Piece
from gateway.audio.mulaw import Mulaw, encode
from gateway.audio.pcm import Pcm
from gateway.audio.wav import Wav

from .chunks import chunkings, heard, joined
from .sounds import decoded, decoded_samples, tone


@pytest.mark.parametrize("channels", [1, 2])
def test_pcm_is_the_same_sound_in_whole_groups_in_every_chunking(channels: int):
    sound = tone(8000, channels, 0.05)
    for chunks in chunkings(sound):
        pieces = heard(Pcm(channels, 401), chunks)
        assert joined(pieces) == Piece(sound, len(sound) // (2 * channels))
        assert all(0 < len(piece.data) <= 401 and len(piece.data) % (2 * channels) == 0 for piece in pieces)


def test_a_chunk_of_whole_samples_is_relayed_as_it_is():
    assert Pcm(1, 4096).feed(b"abcd") == [Piece(b"abcd", 2)]


def test_an_odd_byte_waits_for_the_next_chunk_and_is_dropped_at_the_end_of_a_segment():
    pcm = Pcm(2, 4096)
    assert pcm.feed(b"abc") == []
    assert pcm.feed(b"defgh") == [Piece(b"abcdefgh", 2)]
    assert pcm.feed(b"x") == []
    assert pcm.end_segment() == []
    assert pcm.feed(b"abcd") == [Piece(b"abcd", 1)]


def test_mulaw_is_one_byte_a_sample_in_every_chunking():
    sound = tone(8000, 1, 0.05)
    for chunks in chunkings(sound):
        pieces = heard(Mulaw(160), chunks)
        assert joined(pieces) == Piece(encode(sound), len(sound) // 2)
        assert all(0 < len(piece.data) <= 160 for piece in pieces)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the standard library has no audioop any more")
def test_mulaw_is_g711_for_every_sample():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import audioop
    every = array("h", range(-32768, 32768))
    if sys.byteorder == "big":
        every.byteswap()
    assert encode(every.tobytes()) == audioop.lin2ulaw(array("h", range(-32768, 32768)).tobytes(), 2)


def test_another_decoder_finds_the_sound_in_the_mulaw():
    """Within the step of its size: a sixteenth of the amplitude and a little."""
    sound = tone(8000)
    found = array("h", decoded(encode(sound), "mulaw"))
    assert len(found) == len(sound) // 2
    assert all(abs(near - true) <= abs(true) // 16 + 8 for near, true in zip(found, array("h", sound), strict=True))


@pytest.mark.parametrize("channels", [1, 2])
def test_wav_is_one_true_file_a_segment_in_every_chunking(channels: int):
    sound = tone(8000, channels, 0.05)
    form = Wav(8000, channels, 403)
    for chunks in chunkings(sound, 20):
        pieces = heard(form, [*chunks, b"x"])
        assert all(0 < len(piece.data) <= 403 for piece in pieces)
        file = joined(pieces)
        assert file.samples == len(sound) // (2 * channels)
        with wave.open(io.BytesIO(file.data)) as read:
            assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (8000, channels, 2)
            assert read.readframes(read.getnframes()) == sound


def test_wav_is_understood_by_a_player():
    sound = tone(24000)
    assert decoded_samples(joined(heard(Wav(24000, 1, 20000), [sound])).data, "wav") == len(sound) // 2


def test_a_segment_without_sound_makes_no_file():
    assert heard(Wav(24000, 1, 4096), []) == heard(Wav(24000, 1, 4096), [b"x"]) == []
