import base64
from array import array

import numpy as np
import pytest

from gateway.audio import formats
from gateway.audio.loudness import MOST_DB, Loudness, Matching
from gateway.audio.made import Made
from gateway.audio.resampler import Resampler
from gateway.audio.waveform import Waveform
from gateway.protocol.config import Audio

from .chunks import chunkings
from .meter import lufs
from .sounds import decoded_samples, mp3, tone


def made(**audio) -> Made:
    form = formats.form(Audio(**audio), 4096, Loudness())
    assert isinstance(form, Made)
    return form


@pytest.mark.parametrize(
    ("codec", "rate", "size", "silence"), [("pcm_s16le", 24000, 960, 0), ("mulaw", 8000, 160, 0xFF)]
)
def test_frames_are_exact_across_segments_and_the_last_is_filled_up_with_silence(codec, rate, size, silence):
    form = made(codec=codec, rate=rate, frame_ms=20)
    sounds = [tone(rate, seconds=0.033), tone(rate, seconds=0.05)]
    pieces, lengths = [], []
    for sound in sounds:
        form.begin_segment(None)
        pieces += form.feed(sound) + form.end_segment()
        lengths.append(form.fed_ms)
    assert lengths == [33, 50]
    pieces += form.end_turn()
    assert [(len(piece.data), piece.samples) for piece in pieces] == [(size, rate // 50)] * 5
    assert pieces[-1].data.endswith(bytes([silence]) * (17 * size // 20))
    assert form.end_turn() == []


def test_frames_are_the_same_in_every_chunking():
    sound = tone(8000, seconds=0.1)
    expected = [sound[at : at + 160] for at in range(0, 1600, 160)]
    for chunks in chunkings(sound, 50):
        form = made(rate=8000, frame_ms=10)
        assert [piece.data for chunk in chunks for piece in form.feed(chunk)] == expected


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("rate", "to"), [(44100, 48000), (24000, 12000)])
def test_a_resampled_stream_has_the_right_length_and_the_same_sound(rate: int, to: int, channels: int):
    resampler = Resampler(rate, to, channels)
    sound = tone(rate, channels, 0.5)
    parts = [sound[at : at + 1000] for at in range(0, len(sound), 1000)]
    heard = np.frombuffer(b"".join([*map(resampler.feed, parts), resampler.end()]), "<i2")
    assert len(heard) == to // 2 * channels
    true = np.frombuffer(tone(to, channels, 0.5), "<i2")
    assert np.abs(heard[500:-500].astype(int) - true[500:-500]).max() < 100


def test_a_waveform_has_a_level_each_tenth_of_a_second_and_at_most_256():
    waveform = Waveform(8000, 1)
    for amplitude in (100, 4000, 1000):
        waveform.feed(array("h", [amplitude, -amplitude] * 400).tobytes())
    waveform.feed(array("h", [2000] * 40).tobytes())
    assert list(waveform.levels()) == [6, 255, 64, 128]
    waveform.feed(bytes(16000 * 60))
    assert len(waveform.levels()) == 256
    assert Waveform(8000, 1).levels() == b""


def test_a_file_a_turn_tells_what_is_to_be_known_of_it():
    form = made(codec="wav", file="turn")
    for seconds in (0.25, 0.5):
        form.begin_segment(None)
        assert form.feed(tone(24000, seconds=seconds)) + form.end_segment() == []
    assert sum(piece.samples for piece in form.end_turn()) == 18000
    told = form.file()
    assert (told["mime"], told["duration_secs"]) == ("audio/wav", 0.75)
    assert len(base64.b64decode(told["waveform"])) == 8


def test_what_another_process_has_made_of_a_file_is_in_what_is_told_of_it():
    def voice_message() -> Made:
        return made(codec="ogg_opus", file="turn", bitrate=32000)

    sounds = [tone(24000, seconds=1.6), tone(24000, seconds=0.9, hertz=500.0)]
    whole, heir = voice_message(), voice_message()
    begun = b"".join(piece.data for piece in whole.feed(sounds[0]) + whole.end_segment())
    assert heir.go_on(begun)
    heir.recall(begun)
    for form in (whole, heir):
        form.begin_segment(None)
        form.feed(sounds[1])
        form.end_segment()
        form.end_turn()
    true, told = whole.file(), heir.file()
    assert told["mime"] == true["mime"] == "audio/ogg"
    assert told["duration_secs"] == pytest.approx(true["duration_secs"], abs=0.03)
    levels, others = (list(base64.b64decode(each["waveform"])) for each in (true, told))
    assert len(levels) == len(others) == 25
    assert max(abs(level - other) for level, other in zip(levels, others, strict=True)) < 40


def test_of_a_file_whose_beginning_is_forgotten_only_the_rest_is_told():
    form = made(codec="ogg_opus", file="turn", bitrate=32000)
    begun = b"".join(piece.data for piece in form.feed(tone(24000, seconds=3.0)))
    rest = begun[begun.rindex(b"OggS") :]
    heir = made(codec="ogg_opus", file="turn", bitrate=32000)
    assert heir.go_on(rest)
    heir.recall(rest)
    heir.begin_segment(None)
    heir.feed(tone(24000, seconds=0.5))
    heir.end_turn()
    assert heir.file()["duration_secs"] == 0.5


def speech(rng: np.random.Generator, level: float, seconds: float = 3.037) -> bytes:
    """Bursts of noise with pauses between them, as syllables are."""
    count = int(24000 * seconds)
    syllables = np.arange(count) // 2400 % 10 > 2
    return (rng.normal(0, level, count) * syllables).clip(-32768, 32767).astype("<i2").tobytes()


def test_ten_voices_are_within_one_unit_from_their_second_segment_on():
    rng = np.random.default_rng(7)
    memory = Loudness()
    heard = []
    for voice, level in enumerate(np.geomspace(700, 7000, 10)):
        matching = Matching(memory, -20.0, 24000, 1)
        for _ in range(2):
            sound = speech(rng, level)
            matching.begin(voice)
            parts = [matching.feed(sound[at : at + 5000]) for at in range(0, len(sound), 5000)]
            result = b"".join([*parts, matching.end(3.037)])
            assert len(result) == len(sound)
        heard.append(lufs(result, 24000))
    assert max(heard) - min(heard) < 1
    assert abs(sum(heard) / len(heard) + 20) < 0.5


def test_the_first_segment_of_a_voice_is_heard_as_it_is_and_a_pause_tells_nothing():
    memory = Loudness()
    matching = Matching(memory, -20.0, 24000, 1)
    sound = speech(np.random.default_rng(1), 1000)
    matching.begin("voice")
    assert matching.feed(sound) + matching.end(3.037) == sound
    matching.begin(None)
    assert matching.feed(bytes(4800)) + matching.end(0.1) == bytes(4800)
    assert list(memory._learnt) == ["voice"]


def test_a_gain_is_bounded_and_peaks_stay_below_full_scale():
    memory = Loudness()
    memory.learn("quiet", -60.0, 5.0)
    memory.learn("loud", -3.0, 5.0)
    assert (memory.gain_db("quiet", -16.0), memory.gain_db("loud", -30.0)) == (MOST_DB, -MOST_DB)
    assert memory.gain_db("unheard", -16.0) == 0
    matching = Matching(memory, -16.0, 24000, 1)
    matching.begin("quiet")
    heard = array("h", matching.feed(tone(24000)) + matching.end(0.5))
    assert 27000 < max(heard) <= 29300


def test_what_a_voice_said_long_ago_counts_ever_less():
    memory = Loudness()
    memory.learn("voice", -10.0, 60.0)
    for _ in range(10):
        memory.learn("voice", -30.0, 60.0)
    assert abs(memory.gain_db("voice", -30.0)) < 1


@pytest.mark.parametrize("channels", [1, 2])
def test_what_upstream_gives_as_mp3_is_decoded_in_every_chunking_and_as_long_as_relayed(channels: int):
    sound = mp3(24000, channels, seconds=0.5, tags=True)
    length = decoded_samples(mp3(24000, channels, seconds=0.5), "mp3")
    heard = set()
    for size in (7, 333, len(sound)):
        form = made(frame_ms=20, channels=channels)
        form.begin_segment("voice", as_mp3=True)
        assert form.heavy
        parts = [sound[at : at + size] for at in range(0, len(sound), size)]
        pieces = [piece for part in parts for piece in form.feed(part)] + form.end_segment() + form.end_turn()
        assert form.fed_ms == pytest.approx(length / 24)
        heard.add(b"".join(piece.data for piece in pieces))
    (pcm,) = heard
    middle = np.frombuffer(pcm, "<i2")[::channels][4000:8000].astype(float)
    assert np.sqrt((middle**2).mean()) == pytest.approx(9000 / np.sqrt(2), rel=0.1)
    assert np.argmax(np.abs(np.fft.rfft(middle))) == pytest.approx(330 * 4000 / 24000, abs=1)


def test_a_segment_after_one_of_mp3_is_pcm_again():
    form = made(rate=8000, frame_ms=10)
    form.begin_segment("modified", as_mp3=True)
    form.feed(mp3(8000))
    form.end_segment()
    form.begin_segment("plain")
    sound = tone(8000, seconds=0.1)
    heard = b"".join(piece.data for piece in form.feed(sound) + form.end_turn())
    assert sound in heard
