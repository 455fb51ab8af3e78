"""What holds for every text, however it is cut."""

import itertools
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.protocol.config import TextRules
from gateway.text.cleaner import Cleaner, Pause
from gateway.text.cleaner.guard import INTERJECTIONS
from gateway.text.cleaner.scan import LIMIT
from tests.text.cleaner.cleaning import at_random, clean, rising, seen

MARKS = [
    *"*_~`#>|[](){}<>!$&\\/:.,-+=^;\"'0129 aZé中か한ا\n\t",
    *(
        "**",
        "***",
        "~~",
        "||",
        "```",
        "~~~",
        "\n\n",
        "\r\n",
        "\r",
        "    ",
        "\n- ",
        "\n1. ",
        "\n# ",
        "\n> ",
        "\n---\n",
        "\n===\n",
    ),
    *(
        "](",
        "](u)",
        '[x](y "z")',
        "![",
        "][",
        "[^1]",
        "[^1]: ",
        "\n[a]: b",
        "[ ] ",
        "\n| a | b |\n|---|---|\n",
        "| ",
        " |\n",
    ),
    *(
        "<think>",
        "</think>",
        "<thinking>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<br>",
        "</p>",
        "<td>",
        "<b>",
        '<a href="x">',
        "<a@b.c>",
    ),
    *(
        "&amp;",
        "&lt;",
        "&#40;",
        "&nbsp;",
        "&#8203;",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\frac{a}{b}",
        "$x$",
        "$5",
        "x^2",
    ),
    *(
        "http://",
        "https://www.a.co/b",
        "www.",
        "example.com/",
        "(laughs)",
        "(laughs",
        "laughs)",
        "(chu3)",
        "(ɹɛd)",
        "<#",
        "#>",
        "<#0.5#>",
    ),
    *(
        "🎉",
        "👍🏽",
        "👩‍🚀",
        "🇩🇪",
        "1️⃣",
        "❤️",
        "ℹ️",
        "\u200d",
        "\u200c",
        "\u200b",
        "\ufe0f",
        "\u00ad",
        "\u202e",
        "\ue000",
        "\x00",
    ),
    *(
        "क्",
        "ष",
        "می",
        "\u00a0",
        "\u3000",
        "\u2028",
        "【1†a】",
        "kwargs",
        "__init__",
        "_a_b",
        "Hello ",
        "two words. ",
        "x" * 70,
    ),
]
MARKED = st.lists(st.sampled_from(MARKS), max_size=40).map("".join)
TEXTS = st.one_of(st.text(), MARKED)
RULES = st.builds(
    TextRules,
    markdown=st.sampled_from(["plain", "raw"]),
    code=st.sampled_from(["skip", "speak"]),
    urls=st.sampled_from(["host", "skip", "speak"]),
    emoji=st.sampled_from(["drop", "name"]),
    think=st.sampled_from(["drop", "speak"]),
    stage=st.sampled_from(["drop", "speak"]),
    markup=st.sampled_from(["escape", "pass"]),
)
TAGS = frozenset({"laughs", "sighs"})
HELD_AT_MOST = 2 * LIMIT


@settings(deadline=None, max_examples=400)
@given(TEXTS, RULES, st.integers(1, 7), st.integers())
def test_every_chunking_gives_the_same_text_and_map(text: str, rules: TextRules, size: int, seed: int):
    whole = clean(text, rules, TAGS)
    assert clean([text[at : at + size] for at in range(0, len(text), size)], rules, TAGS) == whole
    assert clean(at_random(text, seed, 40), rules, TAGS) == whole


@settings(deadline=None)
@given(TEXTS, RULES)
def test_spans_rise_and_stay_within_the_source(text: str, rules: TextRules):
    _, spans, _ = clean(text, rules, TAGS)
    assert rising(spans)
    assert all(0 <= start <= end <= len(text) for start, end in spans)


@settings(deadline=None)
@given(TEXTS, RULES)
@example("🌀\t0", TextRules(emoji="name"))
def test_spans_and_counts_agree(text: str, rules: TextRules):
    cleaner = Cleaner(rules, TAGS)
    given_ = "".join(part for part in cleaner.feed(text) + cleaner.settle() if isinstance(part, str))
    spans = [cleaner.map.span(at, at + 1) for at in range(len(given_))]
    for source in range(len(text) + 1):
        assert cleaner.map.cleaned(source) == sum(end <= source for _, end in spans)


@settings(deadline=None)
@given(st.lists(st.one_of(TEXTS, st.none())), RULES)
def test_feeding_may_go_on_after_settling(steps: list[str | None], rules: TextRules):
    cleaner = Cleaner(rules, TAGS)
    for step in steps:
        given_ = cleaner.settle() if step is None else cleaner.feed(step)
        assert all(isinstance(part, Pause) or part for part in given_)
        assert step is not None or cleaner.held == 0
        assert cleaner.held <= HELD_AT_MOST


@settings(deadline=None)
@given(TEXTS, RULES.filter(lambda rules: rules.markup == "escape"))
def test_no_control_syntax_goes_out(text: str, rules: TextRules):
    said, _, _ = clean(text, rules, TAGS)
    assert "<#" not in said
    assert not any(word in INTERJECTIONS for word in re.findall(r"\(([a-z-]+)\)", said))


@settings(deadline=None)
@given(TEXTS, RULES)
def test_white_space_is_folded(text: str, rules: TextRules):
    said, _, _ = clean(text, rules, TAGS)
    assert not re.search(r"[ \n\u00a0] |\n[\n\u00a0]|^[ \n]|[\t\r\u3000\u200b\ufeff\u00ad\x00]", said)


HOSTILE = [
    *"*_~`[]<>$&\\!#|-=+:(){}.0h",
    *(
        "![",
        "](",
        "[a](",
        "**a ",
        "*a ",
        "<a ",
        "<b c=",
        "</",
        "<!--",
        "$1 ",
        "$x",
        "$$",
        "\\(",
        "\\[",
        "&a",
        "&#1",
        "``",
        "` ",
        "```",
        "\n```",
    ),
    *(
        "<think>",
        "\n> ",
        "\n- ",
        "\n| ",
        "|-",
        "\n|a",
        "\n[a",
        "\n[a]: ",
        "\n    ",
        "https://a",
        "www.a.",
        "(laughs",
        "(a\u200b",
        "<#",
        "<#1#>",
        "word(a",
    ),
    *(
        "🎉",
        "👩\u200d",
        "🇩",
        "\u200d",
        "\u200b",
        " ",
        "\n",
        "\r",
        "_a",
        "__a",
        "*k",
        "((",
        "【1†",
        "\\frac{",
        "*a**b",
        '<b c="',
        "$\\text{",
        "a@b.",
    ),
]


@pytest.mark.parametrize("mark", HOSTILE)
@pytest.mark.parametrize(
    "rules",
    [TextRules(), TextRules(markdown="raw"), TextRules(emoji="name", markup="pass", code="speak", urls="speak")],
)
def test_what_is_held_is_bounded(mark: str, rules: TextRules):
    cleaner, given_ = Cleaner(rules), []
    text = mark * (1400 // len(mark))
    for character in text:
        given_ += cleaner.feed(character)
        assert cleaner.held <= HELD_AT_MOST
    assert clean(text, rules) == seen(cleaner, given_ + cleaner.settle())


@contextmanager
def counting() -> Iterator[Callable[[], int]]:
    """Function calls, and returns of them, until it is asked."""
    made = itertools.count()
    sys.setprofile(lambda *_: next(made))
    try:
        yield lambda: next(made)
    finally:
        sys.setprofile(None)


def calls_by_letter(mark: str) -> list[int]:
    """What each of three stretches of a text costs."""
    cleaner, told = Cleaner(), [0]
    with counting() as count:
        for _ in range(3):
            for character in mark * (1000 // len(mark)):
                cleaner.feed(character)
            told.append(count())
    return [after - before for before, after in itertools.pairwise(told)]


def calls_at_once(mark: str) -> list[int]:
    """What each further stretch of a text adds, settled."""
    told = [0]
    for length in (1000, 2000, 3000):
        cleaner = Cleaner()
        with counting() as count:
            cleaner.feed(mark * (length // len(mark)))
            cleaner.settle()
            told.append(count())
    return [after - before for before, after in itertools.pairwise(told)]


@pytest.mark.parametrize("mark", ["A **word** and `code`, [a](b). ", "今天天气很好，**我们**去公园吧。", *HOSTILE])
@pytest.mark.parametrize("calls", [calls_by_letter, calls_at_once])
def test_every_further_stretch_of_text_is_as_much_work_as_the_one_before(mark: str, calls: Callable[[str], list[int]]):
    """The first is left out: what may be held makes it cheaper or dearer."""
    _, second, third = calls(mark)
    assert third < 1.3 * second + 200
