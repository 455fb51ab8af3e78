"""What sticks, what is preferred, and what holds for any text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol.languages import LANGUAGES
from gateway.text.languages import Linguist, Run
from gateway.text.languages.writing import LANGUAGES_OF
from gateway.text.speakable import speaks


def spoken(*texts: str, expected: tuple[str, ...] = (), before: str | None = None) -> list[list[str]]:
    linguist = Linguist(expected, before)
    return [[run.language for run in linguist.runs(text)] for text in texts]


def test_each_of_the_forty_is_written_in_one_script():
    assert sorted(tag for tags in LANGUAGES_OF.values() for tag in tags) == sorted(LANGUAGES)


@pytest.mark.parametrize("word", ["OK!", "Ciao!", "Merci.", "No.", "Bonjour!", "Ja.", "Sí.", "Hallo!", "123", "Super!"])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "I'd love to help you with that."),
        ("de", "Einen Moment bitte, ich schaue gleich nach."),
        ("fr", "Attendez un instant, je vérifie tout de suite."),
        ("tr", "Bir dakika lütfen, hemen kontrol ediyorum."),
        ("zh", "我马上帮你查一下。"),
        ("ja", "少々お待ちください。"),
        ("ru", "Подождите минутку, пожалуйста."),
    ],
)
def test_an_interjection_sticks_to_what_was_spoken(word, language, sentence):
    assert spoken(sentence, word, sentence) == [[language]] * 3


@pytest.mark.parametrize(
    ("before", "language", "sentence"),
    [
        ("en", "es", "Buenos días, señor."),
        ("en", "zh", "你好！"),
        ("zh", "en", "How are you?"),
        ("ja", "en", "Thank you very much!"),
        ("en", "ru", "Привет!"),
        ("ru", "en", "What a surprise!"),
        ("ar", "he", "שלום!"),
        ("ko", "ja", "はい。"),
    ],
)
def test_a_clear_sentence_switches_however_short(before, language, sentence):
    opening = {"en": "That sounds like a great idea!", "zh": "今天天气怎么样？", "ja": "お元気ですか？"}
    opening |= {"ru": "Как у тебя дела?", "ar": "كيف حالك اليوم؟", "ko": "잠시만 기다려 주세요."}
    assert spoken(opening[before], sentence) == [[before], [language]]


def test_the_rest_of_a_sentence_binds_more_than_the_next_sentence():
    assert spoken("I met him in Berlin", "Guten Tag auch") == [["en"], ["en"]]
    assert spoken("I met him in Berlin.", "Guten Tag auch") == [["en"], ["de"]]


def test_a_guess_is_put_right_by_what_follows():
    linguist = Linguist()
    assert [run.language for run in linguist.runs("Ciao")] == ["en"]
    assert [run.language for run in linguist.runs("come stai oggi, amica mia?")] == ["it"]


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("42", "en"),
        ("OK", "en"),
        ("Ciao!", "en"),
        ("日本", "zh"),
        ("Да", "ru"),
        ("سلام", "ar"),
        ("네", "ko"),
        ("😀 7", "en"),
    ],
)
def test_too_little_text_is_what_its_script_is_most_used_for(text, alone):
    assert spoken(text) == [[alone]]


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("42", "ja"),
        ("OK", "de"),
        ("Ciao!", "it"),
        ("日本", "ja"),
        ("日本", "yue"),
        ("Да", "bg"),
        ("سلام", "fa"),
        ("3 €", "fr"),
    ],
)
def test_too_little_text_is_what_was_spoken_before(text, before):
    assert spoken(text, before=before) == [[before]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("42", "ja"), ("OK", "de"), ("大丈夫。", "ja"), ("日本語", "ja"), ("多謝！", "yue"), ("Да", "bg"), ("سلام", "fa")],
)
def test_too_little_text_is_the_one_language_there_is_a_voice_for(text, expected):
    assert spoken(text, expected=(expected,)) == [[expected]]


@pytest.mark.parametrize(
    ("text", "language"),
    [("今天天气怎么样？", "zh"), ("How are you today?", "en"), ("Как у тебя дела?", "ru"), ("안녕", "ko")],
)
def test_voices_and_the_turn_before_are_no_limit(text, language):
    assert spoken(text, expected=("ja", "de"), before="ja") == [[language]]


def test_kanji_among_chinese_are_chinese_and_among_japanese_japanese():
    assert spoken("我们明天下午三点见面吧。", "东京、大阪、京都。") == [["zh"], ["zh"]]
    assert spoken("明日どこに行きますか？", "東京、大阪、京都。") == [["ja"], ["ja"]]


def test_it_knows_what_was_spoken_last():
    linguist = Linguist()
    assert linguist.language is None
    linguist.runs("How are you today? お元気ですか？")
    assert linguist.language == "ja"
    assert linguist.runs("… !") == []
    assert linguist.language == "ja"


def test_runs_are_counted_in_code_points_of_the_text_without_blanks_around():
    assert Linguist().runs("  🎉 What a lovely day it is!\n  お元気ですか？  ") == [Run(2, 28, "en"), Run(31, 38, "ja")]


@pytest.mark.parametrize("text", ["", " ", "…", "!?", "🎉", "\u0301", "\u0e31\u0e34", "「」", "\n\n"])
def test_what_is_not_speakable_is_no_run(text):
    assert Linguist().runs(text) == []


PIECES = st.sampled_from(
    ["Hello", "there", "你好", "日本", "です", "안녕", "Київ", "κόσμε", "سلام", "שלום", "ไทย", "नमस्ते", "வணக்கம்", "é",
     "e\u0301", " ", "\n", ". ", ", ", "! ", "。", "、", "「", "」", '"', "“", "”", "«", "»", "(", ")", "42", "€", "🎉",
     "\u200d", "ა", "\u0301"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=40)


@given(
    st.lists(TEXTS, max_size=4), st.sets(st.sampled_from(LANGUAGES), max_size=3), st.none() | st.sampled_from(LANGUAGES)
)
def test_runs_cover_what_is_speakable_in_order(texts, expected, before):
    linguist, again = Linguist(expected, before), Linguist(sorted(expected), before)
    for text in texts:
        runs = linguist.runs(text)
        assert runs == again.runs(text)
        places = [place for run in runs for place in (run.start, run.end)]
        assert places == sorted(places)
        assert places[:1] >= [0] or not runs
        covered = {at for run in runs for at in range(run.start, run.end)}
        assert {at for at, character in enumerate(text) if speaks(character)} <= covered
        for run in runs:
            part = text[run.start : run.end]
            assert run.language in LANGUAGES
            assert part == part.strip()
            assert any(map(speaks, part))
        assert all(one.language != other.language for one, other in pairwise(runs))
