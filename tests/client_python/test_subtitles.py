import pytest
from voice_gateway_client import Caption, Captions, SegmentStarted, VoiceError
from voice_gateway_client.subtitles import Cue, Subtitles, cues, srt, vtt
from voice_gateway_client.words import Words


def captions(*words: str, each_ms: int = 100) -> tuple[Caption, ...]:
    return tuple(Caption(word, n * each_ms, n * each_ms + 90, (0, 0)) for n, word in enumerate(words))


def lines(text: str, *words: str) -> list[str]:
    return [cue.text for cue in cues(captions(*words or text.split()), text)]


def test_a_cue_ends_where_a_sentence_does():
    assert lines("One, two. “Three!” Four?") == ["One, two.", "“Three!”", "Four?"]


def test_a_cue_is_a_line_wide_at_most():
    text = "Some words that go on and on until the line is full and then some more"
    assert lines(text) == ["Some words that go on and on until the", "line is full and then some more"]
    assert max(map(len, lines("word " * 100))) <= 42


def test_ideographs_take_two_columns_and_no_blanks():
    text = "我们今天去公园散步然后一起吃一顿很好吃的晚饭，" * 2
    words = [character for character in text if character != "，"]
    assert "".join(lines(text, *words)) == text
    assert max(map(len, lines(text, *words))) <= 21


def test_what_stands_between_words_is_kept_and_a_word_that_is_not_there_is_no_harm():
    assert lines("a — b\n\nc", "a", "b", "c") == ["a — b c"]
    assert lines("three", "3") == ["three"]
    assert [cue.text for cue in cues(captions("no", "text"), None)] == ["no text"]
    assert list(cues((), "Nothing told.")) == []


def test_a_cue_lasts_from_its_first_word_to_its_last():
    assert list(cues(captions("One", "two."), "One two.")) == [Cue("One two.", 0, 190)]


def test_both_forms_are_written_as_their_players_read_them():
    told = [Cue("A < b & c", 0, 999.6), Cue("Later", 3_723_004, 3_723_500)]
    assert srt(told) == (
        "1\n00:00:00,000 --> 00:00:01,000\nA < b & c\n\n2\n01:02:03,004 --> 01:02:03,500\nLater\n"
    )  # fmt: skip
    assert vtt(told) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nA &lt; b &amp; c\n\n01:02:03.004 --> 01:02:03.500\nLater\n"
    )


def test_turns_stand_one_after_the_other_on_the_sounds_clock(tmp_path):
    file = tmp_path / "x.srt"
    subtitles = Subtitles(str(file))
    words = Words()
    words.take(Captions("t", 0, captions("Hi."), exact=True))
    segments = [SegmentStarted("t", 0, (0, 3), 0, cached=False, text="Hi.")]
    subtitles.add(words, segments, 0)
    subtitles.add(words, segments, 2000)
    assert file.read_text() == "1\n00:00:00,000 --> 00:00:00,090\nHi.\n\n2\n00:00:02,000 --> 00:00:02,090\nHi.\n"


def test_other_forms_are_refused():
    with pytest.raises(VoiceError) as refused:
        Subtitles("x.txt")
    assert refused.value.code == "unsupported_captions"
