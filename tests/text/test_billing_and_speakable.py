import pytest

from gateway.text.billing import billable
from gateway.text.speakable import speakable


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("", 0),
        ("One code.<#0.45#>No app.<#0.45#>No sign-up.", 43),
        ("今天是不是很开心呀(laughs)，当然了！", 34),
        ("今天是不是很开心呀，当然了！", 26),
        ("カナとかな。", 6),
        ("한국어", 3),
        ("\U00020000\U0003134a\uf900\u3400", 8),
        ("👍🏽", 2),
    ],
)
def test_ideographs_are_billed_twice(text: str, characters: int):
    assert billable(text) == characters


@pytest.mark.parametrize("text", [*"a7½你ก%&+=@#$€₹°²"])
def test_letters_digits_and_symbols_with_names_are_spoken(text: str):
    assert speakable(text)


@pytest.mark.parametrize("text", ["", " \n", "...", "!?—", "“”", "🎉", "👍🏽", "*_|", "。」", "\u0301\u200d"])
def test_punctuation_white_space_and_emoji_are_silent(text: str):
    assert not speakable(text)
