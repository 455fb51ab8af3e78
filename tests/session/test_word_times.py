"""When words are said: estimated, told, and both."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.session.word_times import Said, WordTimes
from gateway.text.words import tokens
from gateway.upstreams.base import Word

TEXT = "Hello there, you two. End"


def timed(times: WordTimes, text: str) -> list[tuple[str, float, float]]:
    return [(text[word.start : word.end], round(word.from_ms), round(word.to_ms)) for word in times.words]


def test_without_being_told_words_follow_each_other_as_such_words_take():
    first, *_, last = WordTimes("Hi you.").words
    assert (first, last.from_ms) == (Said(0, 2, 0.0, 130.0), 130.0)
    assert WordTimes("Hi you.", pace=2).words[0].to_ms == 65.0


def test_a_known_length_is_shared_among_the_words():
    times = WordTimes("aa aa, aa.")
    times.end(1140)
    assert timed(times, "aa aa, aa.") == [("aa", 0, 260), ("aa,", 260, 520), ("aa.", 880, 1140)]
    assert not times.exact


def test_told_words_are_exact_and_what_was_not_told_lies_between():
    times = WordTimes(TEXT)
    times.tell([Word("Hello", 10, 200), Word("there", 220, 400), Word("two", 900, 1200)])
    times.end(2000)
    expected = [("Hello", 10, 200), ("there,", 220, 400), ("you", 400, 900), ("two.", 900, 1200), ("End", 1200, 2000)]
    assert timed(times, TEXT) == expected
    assert (times.exact, times.told_ms) == (True, 1200)


def test_a_mark_told_by_itself_belongs_to_the_word_before_it():
    times = WordTimes("Hi, you.")
    times.tell([Word("Hi", 0, 100), Word(",", 100, 150), Word("you", 200, 300), Word(".", 300, 300)])
    assert timed(times, "Hi, you.") == [("Hi,", 0, 100), ("you.", 200, 300)]


def test_words_that_upstream_spells_otherwise_are_passed_over():
    times = WordTimes("In 2024 I came.")
    times.tell([Word("in", 0, 100), Word("twenty", 100, 300), Word("I", 800, 900), Word("CAME", 900, 1200)])
    times.end(1200)
    assert timed(times, "In 2024 I came.") == [
        ("In", 0, 100),
        ("2024", 100, 800),
        ("I", 800, 900),
        ("came.", 900, 1200),
    ]


def test_a_told_word_of_several_ideographs_is_shared_among_them():
    times = WordTimes("你好吗？")
    times.tell([Word("你好", 0, 400), Word("吗", 400, 500)])
    assert timed(times, "你好吗？") == [("你", 0, 200), ("好", 200, 400), ("吗？", 400, 500)]


def test_several_told_words_in_one_run_of_letters_are_words():
    times = WordTimes("สวัสดีครับ!")
    times.tell([Word("สวัสดี", 0, 400), Word("ครับ", 400, 700)])
    assert timed(times, "สวัสดีครับ!") == [("สวัสดี", 0, 400), ("ครับ!", 400, 700)]


@pytest.mark.parametrize(
    ("played_ms", "heard"), [(0, ""), (1, "Hello"), (219, "Hello"), (221, "Hello there,"), (9999, TEXT)]
)
def test_heard_ends_with_the_last_word_begun(played_ms: float, heard: str):
    times = WordTimes(TEXT)
    times.tell([Word("Hello", 0, 200), Word("there", 220, 400)])
    assert TEXT[: times.reached(played_ms)] == heard


def test_a_place_is_reached_when_the_word_behind_it_begins():
    times = WordTimes(TEXT)
    times.tell([Word("Hello", 10, 200), Word("there", 220, 400)])
    times.end(1500)
    assert [times.at_ms(at) for at in (0, 3, 6, len(TEXT))] == [10, 220, 220, 1500]
    assert WordTimes("").at_ms(0) == 0


@given(
    st.text(alphabet="ab ,.你はé3", max_size=40),
    st.lists(st.tuples(st.sampled_from(["a", "ab", "你", "b3", "zz"]), st.integers(1, 300)), max_size=8),
    st.integers(0, 3000),
)
def test_times_never_go_back_whatever_is_told(text: str, spoken: list[tuple[str, int]], length_ms: int):
    words, at = [], 0
    for word, ms in spoken:
        words.append(Word(word, at, at + ms))
        at += ms
    times = WordTimes(text)
    times.tell(words)
    times.end(max(length_ms, at))
    said = times.words
    assert len(said) >= len(tokens(text))
    edges = [edge for word in said for edge in (word.from_ms, word.to_ms)]
    assert all(before <= after + 1e-6 for before, after in pairwise(edges))
