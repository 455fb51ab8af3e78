from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol.config import TextRules
from gateway.text.billing import LONGEST_NAME, billable, worth
from gateway.text.script import Line, Script
from gateway.text.segmenter import Urgency
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


EMOJI = [line.split("\t") for line in files("gateway.text.cleaner").joinpath("emoji.tsv").read_text().splitlines()]
MARKS = [
    "a ",
    "你",
    "\n",
    "# ",
    "**b** ",
    "`c`",
    "$x^2$ ",
    "http://a.example/b ",
    "<#0.5#>",
    "(laughs)",
    "&amp;",
    "| d |",
]


@given(
    st.lists(st.sampled_from([sequence for sequence, *_ in EMOJI]) | st.sampled_from(MARKS), max_size=30).map("".join),
    st.sampled_from(["drop", "name"]),
    st.sampled_from(["plain", "raw"]),
)
def test_nothing_is_billed_beyond_what_a_text_is_worth(text: str, emoji: str, markdown: str):
    script = Script(TextRules(emoji=emoji, markdown=markdown, code="speak", urls="speak", stage="speak"), frozenset())
    script.append(text)
    script.cut()
    lines = iter(lambda: script.take(Urgency.WORD), None)
    assert sum(billable(line.text) for line in lines if isinstance(line, Line)) <= worth(text, emoji)


def test_the_longest_name_of_an_emoji_is_known():
    assert max(len(name) for _, name in EMOJI) + 2 <= LONGEST_NAME


def test_without_names_a_text_is_worth_what_is_billed_for_it():
    assert [worth("Hi 😀😀", "drop"), worth("Hi 😀😀", "name")] == [5, 5 + 2 * LONGEST_NAME]
