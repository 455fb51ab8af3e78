import math
import random
import sys
from array import array
from importlib.machinery import PathFinder

import pytest

from gateway.audio.mpeg import FrameSplitter
from gateway.errors import Refused
from gateway.lip import samples
from gateway.lip.envelope import HOP_MS, Envelope
from gateway.upstreams.base import Codec, Format
from tests.audio.chunks import chunkings
from tests.audio.sounds import decoded, encoded, mp3

RATES = (8000, 16000, 22050, 24000, 32000, 44100)


def form(codec: Codec = "pcm", rate: int = 24000, channels: int = 1) -> Format:
    return Format(codec, rate, channels, 64000)


def levels(form: Format, *chunks: bytes) -> list[int]:
    envelope = Envelope(form)
    return [level for chunk in chunks for level in envelope.feed(chunk)] + envelope.close()


def little_endian(values: array) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def tone(decibels: float, rate: int = 24000, seconds: float = 0.2, gains: tuple[float, ...] = (1.0,)) -> bytes:
    """330 Hz whose RMS is so many dB below full scale where the gain is 1, one channel a gain."""
    amplitude = 32768 * math.sqrt(2) * 10 ** (decibels / 20)
    wave = (amplitude * math.sin(2 * math.pi * 330 * at / rate) for at in range(round(rate * seconds)))
    return little_endian(array("h", [round(value * gain) for value in wave for gain in gains]))


def speech_like(rate: int, channels: int, seconds: float = 0.5) -> bytes:
    """Noise that swells and falls, the same in all channels."""
    chance = random.Random(rate)
    count = int(rate * seconds)
    swell = (6000 * (1 + math.sin(2 * math.pi * 4 * at / rate)) for at in range(count))
    return little_endian(array("h", [s for size in swell for s in [round(chance.gauss(0, size / 3))] * channels]))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    ("decibels", "level"), [(-60, 0), (-50, 0), (-40, 25), (-30, 50), (-20, 75), (-10, 100), (-4, 100)]
)
def test_a_tone_has_the_level_of_its_decibels_at_every_rate(rate: int, decibels: float, level: int):
    found = levels(form(rate=rate), tone(decibels, rate))
    assert len(found) == 200 // HOP_MS
    assert all(abs(each - level) <= 1 for each in found)


def test_silence_is_level_0():
    assert levels(form(), bytes(2 * 24000)) == [0] * 50


def test_an_onset_is_seen_in_its_hop_and_not_before():
    assert [level > 0 for level in levels(form(), bytes(2 * 480 * 3), tone(-20))] == [False] * 3 + [True] * 10


def test_a_stop_of_60_ms_is_seen_between_two_vowels():
    assert 0 in levels(form(), tone(-20, seconds=0.11), bytes(2 * 1440), tone(-20, seconds=0.11))


@pytest.mark.parametrize("gains", [(1.0, 0.0), (0.0, 1.0)])
@pytest.mark.parametrize("rate", RATES)
def test_a_stereo_tone_in_one_ear_is_3_db_softer_than_in_both(rate: int, gains: tuple[float, float]):
    found = levels(form(rate=rate, channels=2), tone(-20, rate, gains=gains))
    assert all(abs(level - 67.5) <= 2.5 for level in found)


@pytest.mark.parametrize("channels", [1, 2])
def test_levels_are_the_same_in_every_chunking(channels: int):
    sound = speech_like(8000, channels, 0.09)
    whole = levels(form(rate=8000, channels=channels), sound)
    assert len(whole) == 5
    for chunks in chunkings(sound):
        assert levels(form(rate=8000, channels=channels), *chunks) == whole


def test_a_level_is_told_as_soon_as_its_hop_is_whole():
    envelope, hop = Envelope(form()), tone(-20)[: 2 * 480]
    assert [len(envelope.feed(chunk)) for chunk in (hop[:-1], hop[-1:], hop + hop[:2])] == [0, 1, 1]


def test_the_last_hop_may_be_short():
    assert levels(form(), tone(-20)[: 2 * 600])[1] in range(70, 81)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("codec", ["mp3", "flac"])
def test_a_compressed_segment_has_the_levels_of_what_a_player_decodes(codec: Codec, rate: int, channels: int):
    file = mp3(rate, channels) if codec == "mp3" else encoded("flac", "flac", rate, channels)
    played = levels(form(rate=rate), decoded(file, codec))
    found = levels(form(codec, rate, channels), file)
    assert len(found) == len(played)
    assert max(abs(one - other) for one, other in zip(found, played, strict=True)) <= 1


def test_a_flac_of_any_length_is_decoded_whole():
    for tenths in (1, 5, 20):
        assert len(levels(form("flac"), encoded("flac", "flac", 24000, seconds=tenths / 10))) == tenths * 100 // HOP_MS


@pytest.mark.parametrize("codec", ["mp3", "flac"])
def test_a_compressed_segment_has_the_same_levels_in_every_chunking(codec: Codec):
    file = mp3(16000, tags=True) if codec == "mp3" else encoded("flac", "flac", 16000)
    whole = levels(form(codec, 16000), file)
    assert max(whole) > 50
    for size in (1, 7, 417, 1441):
        assert levels(form(codec, 16000), *(file[at : at + size] for at in range(0, len(file), size))) == whole


def test_a_broken_frame_of_mp3_keeps_the_clock():
    file = bytearray(mp3(24000))
    frame = 192
    file[10 * frame + 4 : 11 * frame] = bytes(random.Random(1).randbytes(frame - 4))
    assert len(levels(form("mp3"), bytes(file))) == len(levels(form("mp3"), mp3(24000)))


def test_only_pcm_needs_no_decoder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(samples, "find_spec", lambda name: PathFinder.find_spec(name, []))
    samples.check(form("pcm"))
    for codec in ("mp3", "flac"):
        with pytest.raises(Refused) as refused:
            samples.check(form(codec))
        assert (refused.value.code, refused.value.field) == ("unsupported_audio", "lip")


@pytest.mark.parametrize("codec", ["pcm", "mp3", "flac"])
def test_with_its_decoders_every_form_has_an_envelope(codec: Codec):
    samples.check(form(codec))


def test_frames_that_are_known_to_be_whole_are_heard_as_the_stream_is(monkeypatch):
    sound = mp3(24000, seconds=1.0, tags=True)
    expected = levels(form("mp3"), sound)
    splitter = FrameSplitter()
    runs = [run for at in range(0, len(sound), 1000) for run in splitter.feed(sound[at : at + 1000])]
    runs += splitter.end()
    monkeypatch.setattr(FrameSplitter, "feed", None)
    envelope = Envelope(form("mp3"))
    assert [level for run in runs for level in envelope.feed(run.data, run.samples)] + envelope.close() == expected
