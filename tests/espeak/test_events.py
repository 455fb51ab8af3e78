"""What is spoken comes with its words and phonemes, what is only asked for with phonemes by word."""

import pytest

from gateway.espeak.pool import Job, Pronounced, open_pool


async def spoken(text, language):
    async with open_pool(1) as pool:
        return await pool.speak(Job(text, language, "", 175, 0.0))


async def pronounced(text, language):
    async with open_pool(1) as pool:
        return await pool.phonemes(text, language)


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en-us", "Hello, brave new world.", ["Hello", "brave", "new", "world"]),
        ("de", "Guten Tag, schöne Welt", ["Guten", "Tag", "schöne", "Welt"]),
        ("ru", "Привет, мир", ["Привет", "мир"]),
        ("hi", "नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("ar", "مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("en-us", "\U0001f600 hi there", ["\U0001f600", " ", "hi", "there"]),
    ],
)
async def test_words_stand_where_they_are_in_the_text(language, text, words):
    utterance = await spoken(text, language)
    found = dict.fromkeys(text[word.position : word.position + word.length] for word in utterance.words)
    assert list(found) == words


async def test_words_phonemes_and_ends_come_in_order_and_within_the_sound():
    utterance = await spoken("Hello there, my friend. Good morning.", "en-us")
    size = len(utterance.pcm) // 2
    for samples in (
        [word.sample for word in utterance.words],
        [phoneme.sample for phoneme in utterance.phonemes],
        list(utterance.ends),
    ):
        assert samples == sorted(samples)
        assert 0 <= samples[0] <= samples[-1] <= size
    assert len(utterance.ends) == 3
    assert "".join(phoneme.name for phoneme in utterance.phonemes).startswith("həlˈoʊ")


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en-us", "of the world", [(0, 2, "ʌv"), (3, 3, "ðə"), (7, 5, "wˈɜːld")]),
        ("en-us", "In 12 —", [(0, 2, "ˈɪn"), (3, 2, "twˈɛlv"), (6, 1, "")]),
        ("cmn", "你好，世", [(0, 1, "nˈi2"), (1, 1, "χˈɑu2"), (2, 1, ""), (3, 1, "s.ˈi.5")]),
        ("ja", "せか\u3099い", [(0, 1, "sˈe̞"), (1, 2, "ɡˈä"), (3, 1, "ˈi")]),
        ("es", "Hola,\nmundo", [(0, 5, "ˈola"), (6, 5, "mˈundo")]),
        ("en-us", " ", []),
    ],
)
async def test_a_text_is_pronounced_word_by_word(language, text, words):
    found = await pronounced(text, language)
    assert [(word.position, word.length, "".join(word.phonemes)) for word in found] == words


async def test_phonemes_come_apart():
    assert await pronounced("thought", "en-us") == (Pronounced(0, 7, ("θ", "ˈɔː", "t")),)


async def test_where_another_language_reads_on_there_are_phonemes_only():
    text, sounds = "दुनिया hello", ["d", "ˈʊ", "n", "ɪ", "j", "ˌaː", "h", "ə", "l", "ˈəʊ"]
    utterance = await spoken(text, "hi")
    assert [phoneme.name for phoneme in utterance.phonemes if phoneme.name] == sounds
    assert [name for word in await pronounced(text, "hi") for name in word.phonemes] == sounds


@pytest.mark.parametrize("words_per_minute", [80, 350, 449, 450, 1000])
async def test_phonemes_come_in_order_at_every_pace(words_per_minute):
    async with open_pool(1) as pool:
        utterance = await pool.speak(Job("Hello there, my friend. " * 4, "en-us", "", words_per_minute, 0.0))
    samples = [phoneme.sample for phoneme in utterance.phonemes]
    assert samples == sorted(samples)
