"""A text becomes sentences and pauses, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.emulator.markup import LONGEST_SENTENCE, Pause, Sentence, script, sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two!", [Sentence("One."), Sentence(" Two!")]),
        ("Dr. No paid 3.50 at 5 p.m.", [Sentence("Dr. No paid 3.50 at 5 p.m.")]),
        ("你好。世界！", [Sentence("你好。"), Sentence("世界！")]),
        ("One<#0.5#>two", [Sentence("One"), Pause(0.5), Sentence("two")]),
        ("One <#100#> two", [Sentence("One <#100#> two")]),
        ("Yes (laughs) no", [Sentence("Yes "), Pause(0.3), Sentence(" no")]),
        ("omg!", [Sentence("oh my god!")]),
        ("  \n ", []),
    ],
)
def test_marks_and_ends_are_found(text, parts):
    assert list(script(text, "speech-2.8-hd", [("omg", "oh my god")])) == parts


@given(st.text("ab .,!?。，\n", max_size=700))
def test_no_character_that_can_be_said_is_lost(text):
    found = [sentence.text for sentence in sentences(text)]
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(len(sentence) <= LONGEST_SENTENCE for sentence in found)
