"""Replies as assistants, characters and bots write them, each with what is to be heard of it."""

import re
from pathlib import Path

import pytest

from gateway.protocol.config import TextRules
from gateway.text.cleaner import Cleaner
from gateway.text.segmenter import Segmenter, Urgency
from tests.text.cleaner.cleaning import at_every_place, at_random, clean, rising, seen

REPLIES = Path(__file__).parent.parent / "replies"
NAMES = sorted(path.stem for path in REPLIES.glob("*.md"))
RULES = {
    "rules_names": TextRules(emoji="name"),
    "rules_speak": TextRules(code="speak", urls="speak", think="speak", stage="speak"),
    "rules_skip": TextRules(urls="skip"),
    "rules_raw": TextRules(markdown="raw"),
    "rules_pass": TextRules(markup="pass"),
}
TAGS = frozenset({"laughs"})
SHORT = 200
MARKUP = re.compile(
    r"\]\(|\[\^|```|~~|\|\s*-|</|<br|<think|\$\$|https?:|^#+ |^[-*+] |^> |\*\*\w[^*]*\*\*", re.MULTILINE
)
REPLACED = re.compile(
    r"https?://\S+|(?:www\.)?[\w-]+(?:\.[\w-]+)+/\S*|www\.\S+|\$.+\$|\\\(.+\\\)|\\\[.+\\\]|&#?\w+;|<br>|<img .*>"
    r"|\s*\|\s*|\s|[^\x00-\u1fff]+|<#[^#]*#>|\(|\)",
    re.DOTALL,
)


def source(name: str) -> str:
    return (REPLIES / f"{name}.md").read_text(encoding="utf-8")


def rules(name: str) -> TextRules:
    return RULES.get(name, TextRules())


def cuts(text: str) -> list[list[str]]:
    cut_everywhere = list(at_every_place(text)) if len(text) <= SHORT else [list(text)]
    return cut_everywhere + [at_random(text, seed) for seed in range(6)]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_heard_of_a_reply(name: str):
    expected = (REPLIES / f"{name}.txt").read_text(encoding="utf-8")
    assert clean(source(name), rules(name), TAGS)[0] == expected


@pytest.mark.parametrize("name", NAMES)
def test_it_does_not_matter_how_a_reply_is_cut(name: str):
    whole = clean(source(name), rules(name), TAGS)
    for pieces in cuts(source(name)):
        assert clean(pieces, rules(name), TAGS) == whole


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"rules_raw", "rules_speak"}])
def test_no_markup_is_heard(name: str):
    assert MARKUP.findall(clean(source(name), rules(name), TAGS)[0]) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_code_point_knows_its_place(name: str):
    text = source(name)
    said, spans, _ = clean(text, rules(name), TAGS)
    assert rising(spans)
    for character, (start, end) in zip(said, spans, strict=True):
        copied = text[start:end] == character
        inserted = start == end and character in " \n,，"
        assert copied or inserted or REPLACED.fullmatch(text[start:end]), (character, text[start:end])


@pytest.mark.parametrize("name", NAMES)
def test_segments_and_their_places_are_the_same_for_every_cut(name: str):
    text = source(name)
    whole = segments([text], rules(name))
    assert all(0 <= start < end <= len(text) for _, start, end in whole)
    for pieces in cuts(text):
        assert segments(pieces, rules(name)) == whole


def segments(pieces: list[str], rules: TextRules) -> list[tuple[str, int, int]]:
    """Text, and its span in the source."""
    cleaner, segmenter = Cleaner(rules, TAGS), Segmenter()
    given = [part for piece in pieces for part in cleaner.feed(piece)] + cleaner.settle()
    for part in given:
        if isinstance(part, str):
            segmenter.feed(part)
    segmenter.cut()
    taken = list(iter(lambda: segmenter.take(Urgency.SENTENCE), None))
    said = seen(cleaner, given)[0]
    assert all(said[segment.start : segment.end] == segment.text for segment in taken)
    return [(segment.text, *cleaner.map.span(segment.start, segment.end)) for segment in taken]


def test_replies_are_many_and_in_many_languages():
    languages = {name.split("_")[0] for name in NAMES if len(name.split("_")[0]) in {2, 3}}
    assert len(NAMES) >= 60
    assert len(languages) >= 12
