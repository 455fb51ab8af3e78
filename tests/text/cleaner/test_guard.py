"""Upstream's control syntax in a client's text."""

import pytest

from gateway.protocol.config import TextRules
from gateway.text.cleaner.guard import INTERJECTIONS
from tests.text.cleaner.cleaning import clean, cleaned

PASS = TextRules(markup="pass")
MANY_HIDDEN = "\u200b" * 900
TAGS = frozenset({"laughs", "sighs"})


@pytest.mark.parametrize("word", sorted(INTERJECTIONS))
def test_a_sound_is_text(word: str):
    assert cleaned(f"Ha ({word}) ha") == f"Ha [{word}] ha"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a<#0.5#>b <#99#>. <#x#>", "a b. "),
        ("处理(chu3)(li3)一下", "处理[chu3][li3]一下"),
        ("你(ngo5) word(ˈwɜːd) 行(xing2 hang2)", "你[ngo5] word[ˈwɜːd] 行[xing2 hang2]"),
        ("word(s) f(x) (optional) (see a2) (mp3) ()", "word(s) f(x) (optional) (see a2) (mp3) ()"),
        ("（laughs） laughs", "（laughs） laughs"),
    ],
)
def test_what_upstream_would_act_on_is_made_harmless(text: str, said: str):
    assert cleaned(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "(lau\u200bghs)",
        "(*laughs*)",
        "(<b>laughs</b>)",
        "&#40;laughs)",
        "(laug&#104;s)",
        "\\(laughs)",
        "(`laughs`)",
        "(lau🎉ghs)",
    ],
)
def test_no_markup_hides_a_sound(text: str):
    assert "(laughs)" not in cleaned(text)
    assert "laughs" in cleaned(text)


@pytest.mark.parametrize("text", ["<\u200b#1#>", "&lt;#1#&gt;", "\\<#1#>", "`<#1#>`", "<**#1#>", f"<{MANY_HIDDEN}#1#>"])
def test_no_markup_hides_a_pause(text: str):
    assert "<#" not in cleaned(text)


def test_a_tag_does_not_hide_behind_many_hidden_characters():
    assert cleaned(f"({MANY_HIDDEN}laughs)") == "[laughs)"


def test_allowed_sounds_and_valid_pauses_pass():
    said, _, pauses = clean("Hm (laughs)<#0.01#> a (coughs) <#99.99#>b<#100#> <#0.001#> <#0#>c(chu3)", PASS, TAGS)
    assert said == "Hm (laughs) a [coughs] b c[chu3]"
    assert pauses == [(12, 10), (23, 99990)]


def test_a_sound_passes_as_it_is_spelt():
    assert clean("(Laughs)", PASS, TAGS)[0] == "[Laughs]"
