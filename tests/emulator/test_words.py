"""Every word of a text is found and gets a time, whatever the engine told of it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.emulator.anchors import Anchor, by_events, by_likeness
from gateway.emulator.words import LONGEST_WORD, Span, timed, tokens
from gateway.espeak.pool import Phoneme, Utterance, Word


def heard(text):
    return [text[token.begin : token.end] for token in tokens(text, 0, len(text)) if token.heard]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't pay $3.50 — (x@y.com) well-known!", ["Don't", "pay", "$3.50", "x@y.com", "well-known"]),
        ("你好，世界2024年", ["你", "好", "世", "界", "2024", "年"]),
        ("か\u3099っこう", ["か\u3099", "っ", "こ", "う"]),
        ("नमस्ते, दुनिया।", ["नमस्ते", "दुनिया"]),
        ("สวัสดีชาวโลก", ["สวัสดีชาวโลก"]),
        ("مرحبا بالعالم، שלום!", ["مرحبا", "بالعالم", "שלום"]),
        ("\u200fمرحبا\u200f", ["مرحبا"]),
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        (
            "so \U0001f468\u200d\U0001f469\u200d\U0001f467 fine",
            ["so", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "fine"],
        ),
        ("Hello，world…", ["Hello", "world"]),
        (" \n … ", []),
    ],
)
def test_words_of_every_script_are_found(text, words):
    assert heard(text) == words


def test_a_word_too_long_for_a_segment_is_cut_between_letters_and_never_before_a_mark():
    text = "สวัสดีชาวโลก" * 20
    words = heard(text)
    assert "".join(words) == text
    assert all(0 < len(word) <= LONGEST_WORD for word in words)
    assert not any(unicodedata.category(word[0]).startswith("M") for word in words)


@given(st.text(st.characters(codec="utf-8"), max_size=120))
def test_the_tokens_of_a_text_are_all_of_it_in_order(text):
    found = list(tokens(text, 0, len(text)))
    assert "".join(text[token.begin : token.end] for token in found) == text
    assert all(token.begin < token.end for token in found)


def spans(text, anchors, sound):
    found = list(tokens(text, 0, len(text)))
    return {
        text[token.begin : token.end]: span for token, span in zip(found, timed(found, anchors, sound), strict=True)
    }


def test_a_word_without_an_anchor_shares_the_time_of_the_one_before_by_length():
    anchors = [Anchor(0, 100, 200), Anchor(7, 300, 800)]
    assert spans("Hello, of the.", anchors, Span(100, 900)) == {
        "Hello": Span(100, 200),
        ",": Span(200, 300),
        " ": Span(500, 500),
        "of": Span(300, 500),
        "the": Span(500, 800),
        ".": Span(800, 800),
    }


def test_words_before_the_first_anchor_share_its_time_and_begin_with_the_sound():
    assert spans("a b", [Anchor(2, 100, 300)], Span(80, 300)) == {
        "a": Span(80, 200),
        " ": Span(200, 200),
        "b": Span(200, 300),
    }


def test_several_anchors_of_a_word_are_one_span():
    anchors = [Anchor(0, 0, 40), Anchor(1, 50, 70), Anchor(1, 70, 90), Anchor(5, 100, 120)]
    assert spans("2024 ab", anchors, Span(0, 120))["2024"] == Span(0, 90)


def test_without_anchors_the_words_share_the_sound_by_length():
    assert spans("ab abcd", [], Span(10, 70)) == {"ab": Span(10, 30), " ": Span(30, 30), "abcd": Span(30, 70)}


@given(
    st.text("ab 你,.1", max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1000), st.integers(0, 1000)), max_size=8),
)
def test_whatever_the_anchors_say_words_are_in_order_and_within_the_sound(text, places):
    anchors = [Anchor(position, begin, begin + length) for position, begin, length in places]
    found = list(tokens(text, 0, len(text)))
    edges = [edge for span in timed(found, anchors, Span(50, 900)) for edge in (span.begin, span.end)]
    assert edges == sorted(edges)
    assert not edges or (edges[0] >= 50 and edges[-1] <= 900)


def test_events_give_words_without_the_silence_around_them():
    utterance = Utterance(
        pcm=bytes(2 * 1000),
        words=(Word(0, 2, 0), Word(4, 1, 500), Word(6, 1, 700), Word(8, 1, 700)),
        phonemes=(Phoneme("a", 20), Phoneme("", 300), Phoneme("", 500), Phoneme("b", 510), Phoneme("c", 710)),
        ends=(500, 1000),
    )
    assert by_events(utterance, 10) == (Anchor(10, 20, 300), Anchor(14, 510, 700), Anchor(18, 710, 1000))


def test_words_alone_are_found_among_those_spoken():
    alone = [(0, "ðə"), (4, "tu"), (4, "ten"), (9, "maɪl"), (14, "æt")]
    spoken = ["ði", "tu", "ten", "ænd", "maɪl", "ət", "hoʊm"]
    times = [(10 * index, 10 * index + 9) for index in range(len(spoken))]
    assert by_likeness(alone, spoken, times) == (
        Anchor(0, 0, 9),
        Anchor(4, 10, 19),
        Anchor(4, 20, 29),
        Anchor(9, 40, 49),
        Anchor(14, 50, 69),
    )
