"""A text becomes sentences and pauses, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.emulator.markup import LONGEST_SENTENCE, Pause, Sentence, reading, script, sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two!", [Sentence("One."), Sentence(" Two!", 4)]),
        ("Dr. No paid 3.50 at 5 p.m.", [Sentence("Dr. No paid 3.50 at 5 p.m.")]),
        ("你好。世界！", [Sentence("你好。"), Sentence("世界！", 3)]),
        ("One<#0.5#>two", [Sentence("One"), Pause(0.5), Sentence("two", 10)]),
        ("One <#100#> two", [Sentence("One <#100#> two")]),
        ("Yes (laughs) no", [Sentence("Yes "), Pause(0.3), Sentence(" no", 12)]),
        ("One. (laughs) Two.", [Sentence("One."), Pause(0.3), Sentence(" Two.", 13)]),
        ("  \n ", []),
    ],
)
def test_marks_and_ends_are_found(text, parts):
    assert list(script(text, "speech-2.8-hd")) == parts


def test_a_pronunciation_takes_the_place_of_what_is_written():
    found = reading("So omg, OMG omg", [("omg", "oh my god"), ("oh", "never")])
    assert found.text == "So oh my god, OMG oh my god"
    assert [found.origin(begin, begin + 2) for begin in (0, 3, 6, 14, 18, 25)] == [
        (0, 2), (3, 6), (3, 6), (8, 10), (12, 15), (12, 15),
    ]  # fmt: skip
    assert found.origin(10, 15) == (3, 9)


@given(st.text("ab .,!?。，\n", max_size=700))
def test_no_character_that_can_be_said_is_lost(text):
    found = [sentence.text for sentence in sentences(text, 0, len(text))]
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(len(sentence) <= LONGEST_SENTENCE for sentence in found)
