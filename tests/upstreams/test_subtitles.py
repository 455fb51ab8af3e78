import pytest

from gateway.upstreams.base import Word
from gateway.upstreams.t2a.subtitles import Subtitles


def entry(word, begin, time_begin, time_end, end=None):
    end = begin + len(word) if end is None else end
    return {"word": word, "word_begin": begin, "word_end": end, "time_begin": time_begin, "time_end": time_end}


def subtitle(text, begin, *entries, **times):
    return {"text": text, "text_begin": begin, "text_end": begin + len(text), "timestamped_words": [*entries], **times}


HELLO = subtitle(
    "Hi you.", 0, entry("Hi", 0, 0, 200), entry(" ", 2, 200, 210), entry("you", 3, 210, 500.5), time_end=900
)
WORDS = (Word("Hi", 0, 200), Word("you", 210, 500.5))


def test_words_are_told_without_the_white_space_between_them():
    assert Subtitles().add(HELLO) == WORDS


def test_a_space_by_name_is_white_space_too():
    named = subtitle(
        "Hi you.", 0, entry("Hi", 0, 0, 200), entry("[SPACE]", 2, 200, 210, 3), entry("you", 3, 210, 500.5)
    )
    assert Subtitles().add(named) == WORDS


def test_a_word_cut_by_a_frames_end_is_one():
    subtitles = Subtitles()
    subtitles.add(subtitle("Hi you.", 0, entry("Hi", 0, 0, 120)))
    assert subtitles.add(subtitle("Hi you.", 0, entry("Hi", 0, 120, 200), entry("you", 3, 210, 500.5))) == WORDS


def test_the_same_word_twice_in_a_text_is_two():
    told = Subtitles().add(subtitle("no no", 0, entry("no", 0, 0, 100), entry("no", 3, 120, 220)))
    assert told == (Word("no", 0, 100), Word("no", 120, 220))


@pytest.mark.parametrize("start", [0, 900])
def test_times_of_a_second_sentence_count_from_the_request_or_from_itself(start):
    subtitles = Subtitles()
    subtitles.add(HELLO)
    second = subtitle("Go.", 8, entry("Go", 8, start + 10, start + 150), time_end=start + 300)
    assert subtitles.add(second) == (*WORDS, Word("Go", 910, 1050))
    third = subtitle("On.", 12, entry("On", 12, start and start + 310, start + 400), time_end=start + 600)
    assert subtitles.add(third)[-1].from_ms == 1200 + (10 if start else 0)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"timestamped_words": None},
        {"timestamped_words": "x"},
        {"timestamped_words": [None, 3, {}, {"word": 5}, {"word": "a", "time_begin": "0", "time_end": 1}]},
        {"timestamped_words": [{"word": "a", "time_begin": -1, "time_end": True}]},
    ],
)
def test_what_makes_no_sense_tells_no_words(odd):
    assert Subtitles().add(odd) is None
