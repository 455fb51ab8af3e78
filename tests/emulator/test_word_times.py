"""A word's time is where it is heard: told exactly by the test voice, within the sound by the others."""

import io

import av
import numpy as np
import pytest

from tests.emulator.served import heard_words, order, samples, subtitled
from tests.tones import bursts

NEAR_MS = 25
FADED_MS = 50
"""Sounds begin at once and die away: who measures chooses the share of the highest loudness that is silence."""
TEXT = "Don't panic: 42, said the well-known guide.<#0.3#> 你好，Привет नमस्ते!"
SENTENCES = {
    "English": "Good morning, everyone.",
    "Spanish": "Buenos días a todos.",
    "German": "Guten Morgen zusammen.",
    "Russian": "Доброе утро, друзья.",
    "Chinese": "大家早上好，朋友们。",
    "Arabic": "صباح الخير يا أصدقاء.",
    "Hindi": "सुप्रभात, दोस्तों।",
    "Thai": "สวัสดีตอนเช้า เพื่อน",
    "Hebrew": "בוקר טוב, חברים.",
    "Japanese": "おはよう、みなさん。",
}


def edges(pcm, rate):
    """First and last sound in ms, in steps of 5."""
    block = rate // 200
    wave = samples(pcm).astype(float)
    level = np.sqrt(np.mean(wave[: wave.size // block * block].reshape(-1, block) ** 2, axis=1))
    loud = np.flatnonzero(level > 0.03 * level.max())
    return 5.0 * loud[0], 5.0 * (loud[-1] + 1)


def assert_edges(segments, pcm):
    times, (first, last) = told(segments), edges(pcm, 16000)
    assert times[0][0] == pytest.approx(first, abs=NEAR_MS)
    assert times[-1][1] == pytest.approx(last, abs=FADED_MS)


def pcm_of(file):
    with av.open(io.BytesIO(file)) as container:
        rate = container.streams.audio[0].rate
        resampler = av.AudioResampler("s16", "mono", rate)
        frames = [piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
        return b"".join(piece.to_ndarray().tobytes() for piece in frames), rate


def told(segments):
    return [(entry["time_begin"], entry["time_end"]) for entry in heard_words(segments)]


def sounding(pcm, rate):
    return [(1000 * begin / rate, 1000 * end / rate) for begin, end in bursts(samples(pcm).astype(float), rate)]


@pytest.mark.parametrize("rate", [8000, 22050, 44100])
@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_each_tone_of_the_test_voice_is_told_exactly(url, rate, speed):
    body = order(TEXT, "test_tones", audio={"sample_rate": rate}, setting={"speed": speed})
    pcm, segments = subtitled(url, body)
    assert np.array(told(segments)) == pytest.approx(np.array(sounding(pcm, rate)), abs=1.0)


@pytest.mark.parametrize("container", ["mp3", "opus", "flac", "wav"])
@pytest.mark.parametrize("rate", [16000, 32000])
def test_times_are_those_of_the_decoded_sound(url, container, rate):
    audio = {"format": container, "sample_rate": rate}
    file, segments = subtitled(url, order("One two.<#0.3#> Three", "test_tones", audio=audio))
    pcm, decoded_rate = pcm_of(file)
    blurred = 15.0 if container == "opus" else 1.0
    assert np.array(told(segments)) == pytest.approx(np.array(sounding(pcm, decoded_rate)), abs=blurred)


@pytest.mark.parametrize("voice", ["Calm_Woman", "Deep_Voice_Man"])
@pytest.mark.parametrize("language", SENTENCES)
def test_the_first_word_begins_and_the_last_ends_with_the_sound(url, language, voice):
    """With voices that have no echo."""
    body = order(SENTENCES[language], voice, language_boost=language, setting={"speed": 1.25})
    pcm, segments = subtitled(url, body)
    assert_edges(segments, pcm)


def test_a_pause_moves_the_words_after_it(url):
    straight, paused = (
        heard_words(subtitled(url, order(text))[1]) for text in ("One two. Three four.", "One two.<#2.5#> Three four.")
    )
    assert paused[2]["time_begin"] - paused[1]["time_end"] == pytest.approx(
        2500 + straight[2]["time_begin"] - straight[1]["time_end"], abs=60
    )


def test_words_apart_are_told_apart(url):
    """Each stands between silences that can be heard."""
    pcm, segments = subtitled(url, order("Apple, river, seven, mandolin."))
    wave = samples(pcm).astype(float)
    level = np.sqrt(np.mean(wave[: wave.size // 80 * 80].reshape(-1, 80) ** 2, axis=1))
    loud = np.flatnonzero(level > 0.03 * level.max())
    gaps = np.flatnonzero(np.diff(loud) > 12)
    begins = [5.0 * index for index in (loud[0], *loud[gaps + 1])]
    assert [begin for begin, _ in told(segments)] == pytest.approx(begins, abs=NEAR_MS)


def test_several_languages_in_a_sentence_are_one_line_of_time(url):
    pcm, segments = subtitled(url, order("你好 Python 世界 мир.", "Calm_Woman"))
    assert [entry["word"] for entry in heard_words(segments)] == ["你", "好", "Python", "世", "界", "мир"]
    times = [edge for span in told(segments) for edge in span]
    assert times == sorted(times)
    assert_edges(segments, pcm)
