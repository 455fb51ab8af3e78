"""Words of a text, and how long they take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.text.speakable import speakable, speaks
from gateway.text.words import tokens


def estimate_ms(text: str) -> float:
    return sum(token.said_ms for token in tokens(text))


def words(text: str) -> list[str]:
    return [text[token.start : token.end] for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there.", ["Hello", "there."]),
        ("Wait, 你好!", ["Wait,", "你", "好!"]),
        ("Hello — world. «Où?» (yes)", ["Hello", "world.", "«Où?»", "(yes)"]),
        ("今日はStarbucksに行った。", ["今", "日", "は", "Starbucks", "に", "行っ", "た。"]),
        ("「お元気ですか。」", ["「お", "元", "気", "で", "す", "か。」"]),
        ("3.14 and $5", ["3.14", "and", "$5"]),
        ("안녕하세요, 세계!", ["안녕하세요,", "세계!"]),
        ("שלום עולם!", ["שלום", "עולם!"]),
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया।"]),
        ("…?! \n", []),
        ("", []),
    ],
)
def test_a_text_is_parted_into_its_words(text: str, expected: list[str]):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "rest_ms"), [("a", 0), ("a,", 180), ("a.", 420), ("a。」", 420), ("a”", 0), ("a\n", 420), ("好，", 180)]
)
def test_marks_after_a_word_are_a_rest(text: str, rest_ms: float):
    assert tokens(text)[-1].rest_ms == rest_ms


def test_more_text_takes_longer():
    assert 0 == estimate_ms("…") < estimate_ms("a") < estimate_ms("ab") < estimate_ms("ab 你") < estimate_ms("ab 你 7")


@given(st.text(alphabet=st.sampled_from("ab,. \n你好はッー！「」éא한3—😀\u0301\u200d")))
def test_words_are_in_order_and_hold_all_that_is_said(text: str):
    found = tokens(text)
    said = [at for token in found for at in range(token.start, token.end)]
    assert said == sorted(set(said))
    assert {at for at, character in enumerate(text) if speaks(character)} <= set(said)
    assert all(speakable(text[token.start : token.end]) and token.said_ms > 0 for token in found)
