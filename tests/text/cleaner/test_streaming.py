"""When things are said: as early as they are decided."""

import pytest

from gateway.protocol.config import TextRules
from gateway.text.cleaner import Cleaner, Pause


def given(*pieces: str, rules: TextRules | None = None) -> list[list[str | Pause]]:
    cleaner = Cleaner(rules or TextRules())
    return [cleaner.feed(piece) for piece in pieces]


def test_plain_text_flows_letter_by_letter():
    assert given("Let me ch", "eck", " that", ".") == [["Let me ch"], ["eck"], [" that"], ["."]]


def test_the_blank_after_a_sentence_does_not_wait():
    assert given("Done. ", "Next", " ", "one") == [["Done. "], ["Next"], [], [" one"]]


def test_what_is_bold_does_not_wait_for_its_end():
    assert given("**bold ", "text", "**", " on") == [["bold"], [" text"], [], [" on"]]


def test_a_link_waits_until_it_is_one():
    assert given("[te", "xt](", "u", ")") == [[], [], [], ["text"]]


def test_thoughts_and_code_do_not_pile_up():
    cleaner = Cleaner()
    for text in ("<think>" + "a " * 999, "</think>\n```\n" + "b " * 999, "\n"):
        assert cleaner.feed(text) == []
        assert cleaner.held <= 16
    assert cleaner.feed("```\nc") == ["c"]


@pytest.mark.parametrize("opener", ["[", "$x", "`", "*a", '<a b="', "\\(", "![", "&a"])
def test_what_never_closes_is_given_up_at_the_end_of_the_line(opener: str):
    cleaner = Cleaner()
    cleaner.feed(f"{opener} text\n\nnext")
    assert cleaner.held == 0


def test_settling_decides_and_feeding_goes_on():
    cleaner = Cleaner()
    assert cleaner.feed("See [this") == ["See"]
    assert cleaner.held == 5
    assert cleaner.settle() == [" [this"]
    assert cleaner.held == 0
    assert cleaner.feed(" **and** that [x](y)") == [" and that x"]
    assert cleaner.settle() == []


def test_a_pause_stands_between_what_is_said():
    assert given("a<#1.5#>", "b", rules=TextRules(markup="pass")) == [["a", Pause(1500)], [" b"]]
