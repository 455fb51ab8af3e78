import itertools
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.text.billing import billable
from gateway.text.segmenter import Segment, Segmenter, Urgency
from gateway.text.speakable import speakable

PACK, SENTENCE, WORD = Urgency
SENTENCES = "One two three four five six seven eight. " * 20
"""Of 40 code points and a space each."""


def fed(*pieces: str | None) -> Segmenter:
    """None is a cut."""
    segmenter = Segmenter()
    for piece in pieces:
        if piece is None:
            segmenter.cut()
        else:
            segmenter.feed(piece)
    return segmenter


def taken(segmenter: Segmenter, urgency: Urgency = SENTENCE) -> list[str]:
    return [segment.text for segment in segments(segmenter, urgency)]


def segments(segmenter: Segmenter, urgency: Urgency = SENTENCE) -> list[Segment]:
    return list(iter(lambda: segmenter.take(urgency), None))


def test_spans_are_code_points_of_all_that_was_fed():
    segmenter = fed("  Hi! ", "🎉 你好", "。\n", None)
    assert segments(segmenter) == [Segment("Hi!", 2, 5), Segment("你好。", 8, 11)]
    assert segmenter.held == 0


def test_the_first_segment_is_a_sentence_and_the_rest_is_packed():
    assert taken(fed("Sure! Here you go. It is warm. Bye.", None)) == ["Sure!", "Here you go. It is warm. Bye."]


def test_the_first_segment_is_a_clause_when_it_has_a_handful_of_words():
    assert taken(fed("Well, as far as I know, it works. Yes.", None)) == ["Well, as far as I know,", "it works. Yes."]
    assert taken(fed("今天天气很好，我们去公园吧。", None)) == ["今天天气很好，", "我们去公园吧。"]


def test_a_long_first_sentence_is_parted_within_120():
    first, second = taken(fed("word " * 30, None))
    assert (first, second) == (("word " * 24).strip(), ("word " * 6).strip())


def test_a_pack_is_given_when_a_sentence_ends_beyond_300():
    segmenter = fed(SENTENCES[:300])
    assert segmenter.take(PACK) is None
    segmenter.feed(SENTENCES[300:])
    assert [len(segment.text) for segment in segments(segmenter, PACK)] == [327, 327]
    assert len(segmenter.take(SENTENCE).text) == 122 + 41
    assert segmenter.held == 1


def test_a_pack_ends_before_a_sentence_that_would_not_fit():
    long = "word " * 40 + "end."
    assert taken(fed(long + " " + long + " " + long, None), PACK) == [long, long, long]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("word " * 50 + "so. " + "word " * 50, "word " * 50 + "so."),
        ("word " * 50 + "so, " + "word " * 50, "word " * 50 + "so,"),
        ("so. " + "word " * 100, "so. " + "word " * 79),
        ("x" * 500, "x" * 400),
        ("so " + "x" * 500, "so"),
        ("天" * 300, "天" * 200),
        ("👍🏽" * 10 + "e\u0301" * 300, "👍🏽" * 10 + "e\u0301" * 190),
        ("x" + "e\u0301" * 300, "x" + "e\u0301" * 199),
        ("e" + "\u0301" * 500, "e" + "\u0301" * 399),
    ],
)
def test_too_long_a_text_is_parted_at_the_best_border(text: str, first: str):
    segmenter = fed(text)
    assert segmenter.take(PACK).text == first.strip()
    assert billable(first.strip()) <= 400


def test_whole_sentences_are_given_when_asked_and_the_next_is_held():
    segmenter = fed("Hello there. How are you? I am")
    assert taken(segmenter) == ["Hello there.", "How are you?"]
    assert segmenter.held == len(" I am")


def test_words_are_given_when_nothing_more_comes():
    segmenter = fed("Hello there. I think that perha")
    assert taken(segmenter, WORD) == ["Hello there.", "I think that"]
    segmenter.feed("ps not")
    assert taken(segmenter, WORD) == ["perhaps"]


@pytest.mark.parametrize("text", ["How are you?", "Hello,", "I said “yes.”", "今天天气", "Well..."])
def test_what_ends_with_a_mark_is_whole_when_nothing_more_comes(text: str):
    assert taken(fed(text), SENTENCE) == []
    assert taken(fed(text), WORD) == [text]


def test_a_full_stop_waits_for_what_follows_it():
    for text, rest in (("It is 3.", "14 or so"), ("See example.", "com now"), ("Hello, Dr.", " Who said")):
        segmenter = fed(text)
        assert taken(segmenter, SENTENCE) == []
        segmenter.feed(rest)
        assert taken(segmenter, SENTENCE) == []
        segmenter.cut()
        assert taken(segmenter, PACK) == [text + rest]


def test_nothing_is_missing_before_a_cut_and_nothing_crosses_it():
    segmenter = fed("Wait", None, " for me. I", None, None, "am", None)
    assert taken(segmenter, PACK) == ["Wait", "for me. I", "am"]
    assert segmenter.held == 0


@pytest.mark.parametrize("silence", ["", " ", "\n\n", "...", " 🎉 ", "!?", "—" * 900, "- " * 900])
def test_what_makes_no_sound_is_passed_over_at_a_cut(silence: str):
    assert taken(fed(silence, None)) == []
    assert fed(silence, None, silence, None).held == 0
    segmenter = fed(silence, None, "Hello. ", silence, None, silence, None)
    assert segmenter.take(SENTENCE).text.startswith("Hello.")
    assert segmenter.take(SENTENCE) is None
    assert segmenter.held == 0


def test_a_sound_after_long_silence_is_heard():
    assert taken(fed("- " * 900 + "Hello.", None)) == ["Hello."]
    assert "Hello." in taken(fed("-" * 900 + " Hello.", None))[-1]


def test_a_new_line_ends_a_sentence():
    assert taken(fed("A title\nA line\n\nx")) == ["A title", "A line"]


MARKS = [*" .,!?;:\n\"'()…—-。，“」؟।"]
WORDS = [
    "0",
    "19",
    "a",
    "Zé",
    "Dr",
    "e.g",
    "你好",
    "か\u3099",
    "ー",
    "ไทย",
    "word word word word word word",
    "e\u0301" * 150,
]
ALPHABET = st.sampled_from(MARKS + WORDS)
TEXTS = st.one_of(st.text(), st.lists(ALPHABET, max_size=300).map("".join))
SCHEDULES = st.lists(st.sampled_from(Urgency), min_size=1, max_size=5)


def spoken_by(text: str, pieces: list[str], schedule: list[Urgency]) -> list[Segment]:
    segmenter = fed(*pieces, None)
    takes = (segmenter.take(urgency) for urgency in itertools.cycle(schedule))
    found = list(itertools.takewhile(lambda segment: segment is not None, takes))
    assert segmenter.held == 0
    return found


def check_spans(text: str, found: list[Segment]) -> None:
    place = 0
    for segment in found:
        assert segment.text == text[segment.start : segment.end] == segment.text.strip()
        assert speakable(segment.text)
        assert billable(segment.text) <= 400
        assert segment.start >= place
        assert not speakable(text[place : segment.start])
        place = segment.end
    assert not speakable(text[place:])


@settings(deadline=None)
@given(TEXTS, SCHEDULES)
def test_all_that_can_be_spoken_is_spoken_once_and_in_order(text: str, schedule: list[Urgency]):
    check_spans(text, spoken_by(text, [text], schedule))


@settings(deadline=None)
@given(TEXTS, SCHEDULES, st.integers(1, 9))
def test_every_chunking_gives_the_same_segments(text: str, schedule: list[Urgency], size: int):
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert spoken_by(text, pieces, schedule) == spoken_by(text, [text], schedule)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, st.sampled_from([None, *Urgency]))))
def test_segments_taken_while_text_streams_in_cover_it_too(steps: list[tuple[str, Urgency | None]]):
    segmenter, found = Segmenter(), []
    for text, urgency in steps:
        segmenter.feed(text)
        if urgency is None:
            segmenter.cut()
        else:
            found += segments(segmenter, urgency)
    segmenter.cut()
    check_spans("".join(text for text, _ in steps), found + segments(segmenter))
    assert segmenter.held == 0


def calls(source: str) -> int:
    """Function calls it takes to segment a text that arrives one by one."""
    count = itertools.count()
    segmenter = Segmenter()
    sys.setprofile(lambda *_: next(count))
    try:
        for character in source:
            segmenter.feed(character)
            segmenter.take(PACK)
        segmenter.cut()
    finally:
        sys.setprofile(None)
    return next(count)


@pytest.mark.parametrize("text", [SENTENCES, "今天天气很好我们去公园吧", "x", ".", ". ", "\u0301", "”", " ", "ก "])
def test_twice_the_text_is_twice_the_work(text: str):
    assert calls(text * (4000 // len(text))) < 2.2 * calls(text * (2000 // len(text)))
