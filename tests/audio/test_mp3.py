import pytest

from gateway.audio.base import Piece
from gateway.audio.mp3 import Mp3
from gateway.audio.mpeg import FrameSplitter, each, header

from .chunks import chunkings, heard, joined
from .sounds import decoded_samples, mp3

RATES = [8000, 16000, 22050, 24000, 32000, 44100]


def frames(chunks: list[bytes]) -> list[Piece]:
    splitter = FrameSplitter()
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)] + splitter.end()
    return [*each(pieces)]


def sound(data: bytes) -> Piece:
    return joined(heard(Mp3(4096), [data]))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_the_length_counted_from_frames_is_what_a_decoder_finds(rate: int, channels: int):
    bare = mp3(rate, channels)
    assert sound(bare) == Piece(bare, decoded_samples(bare, "mp3"))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_tags_and_the_encoders_note_are_no_sound(rate: int, channels: int):
    tagged = mp3(rate, channels, tags=True)
    assert tagged.startswith(b"ID3")
    assert b"Info" in tagged or b"Xing" in tagged
    assert tagged[-128:].startswith(b"TAG")
    assert sound(tagged).data == mp3(rate, channels)


@pytest.mark.parametrize("rate", [24000, 44100])
def test_every_chunking_gives_the_same_frames(rate: int):
    tagged = mp3(rate, tags=True)
    expected = frames([tagged])
    for chunks in chunkings(tagged):
        assert frames(chunks) == expected


@pytest.mark.parametrize("rate", RATES)
def test_joined_segments_decode_as_one_stream_of_the_right_length(rate: int):
    form = Mp3(4096)
    segments = [mp3(rate, seconds=seconds, tags=True) for seconds in (0.5, 0.31, 0.77)]
    pieces = [piece for segment in segments for piece in heard(form, [segment])]
    stream = joined(pieces)
    assert stream.samples == sum(sound(segment).samples for segment in segments)
    assert decoded_samples(stream.data, "mp3") == stream.samples


def test_segments_joined_in_the_middle_of_a_broken_attempt_keep_their_length():
    """The rest of an incomplete frame is dropped, and the whole segment follows."""
    form = Mp3(4096)
    whole = mp3(tags=True)
    pieces = heard(form, [whole[: len(whole) // 2]]) + heard(form, [whole])
    stream = joined(pieces)
    assert decoded_samples(stream.data, "mp3") == stream.samples
    assert stream.data.endswith(mp3())


@pytest.mark.parametrize("rate", RATES)
def test_the_first_frame_of_a_segment_points_back_at_no_other(rate: int):
    """`main_data_begin`, the first 9 bits of the side information (8 in MPEG 2), is zero."""
    begin = mp3(rate)[4:6]
    assert begin[0] == 0
    assert rate < 32000 or begin[1] < 0x80


def test_pieces_hold_as_many_whole_frames_as_fit():
    bare = mp3(32000)
    each = frames([bare])
    pieces = Mp3(1000).feed(bare) + Mp3(1000).end_segment()
    assert joined(pieces) == Piece(bare, sum(frame.samples for frame in each))
    assert all(header(piece.data) for piece in pieces)
    assert {len(piece.data) // len(each[0].data) for piece in pieces[:-1]} == {1000 // len(each[0].data)}


def test_a_frame_leaves_as_soon_as_it_is_whole():
    bare = mp3(32000)
    size = len(frames([bare])[0].data)
    form = Mp3(4096)
    assert form.feed(bare[: size - 1]) == []
    assert form.feed(bare[size - 1 : size]) == [Piece(bare[:size], 1152)]


GARBAGE = {
    "silence": bytes(500),
    "false headers": b"\xff\xfb\x90\x00" * 40,
    "words": b"TAG and ID3 are words here, " * 9,
    "a lone header": b"x\xff\xf3\x84\xc4",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_sound_is_found_again_after_garbage_in_every_chunking(name: str):
    """A header among the garbage may swallow a few frames."""
    bare = mp3(24000)
    stream = bare + GARBAGE[name] + bare
    found = frames([stream])
    one = frames([bare])
    assert found[: len(one)] == one
    assert found[-len(one) + 5 :] == one[5:]
    for chunks in chunkings(stream, 40):
        assert frames(chunks) == found


@pytest.mark.parametrize("footer", [0, 10])
def test_a_tag_of_any_size_is_passed_over(footer: int):
    size = 70000
    parts = bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    tag = b"ID3\x04\x00" + bytes([0x10 if footer else 0]) + parts + b"\xff\xfb\x90\x00" * (size // 4) + bytes(footer)
    for step in (1000, 4096, len(tag)):
        stream = tag + mp3()
        assert b"".join(f.data for f in frames([stream[at : at + step] for at in range(0, len(stream), step)])) == mp3()


def test_what_is_no_mp3_is_nothing():
    for data in (b"", b"RIFF" * 100, bytes(1000), b"\xff" * 1000, b"ID3", b"ID3\x04\x00\x00\xff\xff\xff\xff"):
        assert heard(Mp3(4096), [data]) == []
