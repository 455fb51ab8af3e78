"""The test voice says exactly its words, and the decoder hears them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.emulator import Habits
from tests.emulator.served import order, samples, served, spoken, streamed
from tests.tones import heard, ids, words_heard

TEXT = "Don't panic: the answer is 42, said the well-known guide. 你好，世界！こんにちは Привет नमस्ते"


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 32000, 44100])
@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_the_words_are_heard_at_every_rate_and_speed(url, rate, speed):
    pcm = spoken(url, order(TEXT, voice="test_tones", audio={"sample_rate": rate}, setting={"speed": speed}))
    assert heard(pcm, rate) == ids(TEXT)


def test_each_han_and_kana_character_is_a_word():
    assert len(ids("你好，世界！ こんにちは world")) == 10


def test_the_words_themselves_are_heard(url):
    pcm = spoken(url, order("Mary had a little lamb", voice="test_tones"))
    assert words_heard(pcm, 16000, "a little lamb had Mary and more") == ["Mary", "had", "a", "little", "lamb"]


def test_a_word_sounds_the_same_wherever_it_stands(url):
    alone, after = (spoken(url, order(text, voice="test_tones")) for text in ("lamb", "Mary had a lamb"))
    assert after.endswith(alone)


@pytest.mark.parametrize(
    "changes",
    [
        {"setting": {"pitch": 3}},
        {"language_boost": "French"},
        {"model": "speech-02-hd"},
        {"setting": {"emotion": "sad"}},
    ],
)
def test_settings_change_the_sound_but_not_the_words(url, changes):
    plain, changed = (spoken(url, order(TEXT, voice="test_tones", **more)) for more in ({}, changes))
    assert plain != changed
    assert heard(changed, 16000) == ids(TEXT)


def test_the_same_request_gives_the_same_bytes(url):
    first, second = (spoken(url, order(TEXT, voice="test_tones")) for _ in range(2))
    assert first == second


def test_takes_differ_where_they_are_to_and_their_words_do_not():
    with served(Habits(neural_english=False, workers=1, varying_takes=True)) as base:
        takes = [spoken(base, order(TEXT, voice="test_tones")) for _ in range(5)]
    assert len(set(takes)) > 1
    assert [heard(take, 16000) for take in takes] == [ids(TEXT)] * 5


def test_a_cut_between_words_and_a_cross_fade_are_heard_through(url):
    first, second = (
        samples(spoken(url, order(text, voice="test_tones"))).astype(float) for text in ("one two", "three")
    )
    overlap = 160
    ramp = [index / overlap for index in range(overlap)]
    joint = first[-overlap:] * ramp[::-1] + second[:overlap] * ramp
    pcm = b"".join(part.astype("<i2").tobytes() for part in (first[:-overlap], joint, second[overlap:]))
    assert heard(pcm, 16000) == ids("one two three")


def test_a_cut_word_is_not_taken_for_another(url):
    pcm = spoken(url, order("alpha beta", voice="test_tones"))
    assert heard(pcm[: len(pcm) * 7 // 12], 16000)[0] == ids("alpha")[0]
    assert heard(pcm[: len(pcm) * 7 // 12], 16000)[1:] != ids("beta")


def test_words_survive_mp3(url):
    import io

    import av

    body = order(TEXT, voice="test_tones", audio={"format": "mp3", "sample_rate": 24000})
    with av.open(io.BytesIO(spoken(url, body))) as container:
        resampler = av.AudioResampler("s16", "mono", 24000)
        pcm = b"".join(
            piece.to_ndarray().tobytes() for frame in container.decode(audio=0) for piece in resampler.resample(frame)
        )
    assert heard(pcm, 24000) == ids(TEXT)


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_text_is_spoken_as_its_words(url, text):
    body = order(f"start {text} end", voice="test_tones", model="speech-02-hd", stream=True)
    events = streamed(url, body)
    if events:
        pcm = bytes.fromhex("".join(event["data"]["audio"] for event in events[:-1]))
        assert heard(pcm, 16000) == ids(f"start {text} end")
