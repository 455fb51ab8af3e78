"""The shapes in which words and their times arrive, and the habits that change them."""

import json

import httpx
import pytest

from gateway.emulator import Habits
from tests.emulator.served import decoded, heard_words, order, post, served, spoken, streamed, subtitled
from tests.emulator.talk import BIDI, CLASSIC, audio, talking

TEXT = "One two.<#0.5#> Three, omg!"
WORD = {"subtitle_enable": True, "subtitle_type": "word"}
STREAMED = {"subtitle_enable": True, "subtitle_type": "word_streaming"}
SENTENCE = {"subtitle_enable": True}
PRONOUNCED = {"pronunciation_dict": {"tone": ["omg/oh my god"]}}


def entry(word, begin, end, from_ms, to_ms, said=None, shift=0):
    said = said or word
    return {
        "word": word,
        "word_begin": begin,
        "word_end": end,
        "pronounce_word": said,
        "pronounce_word_begin": begin + shift,
        "pronounce_word_end": begin + shift + len(said),
        "time_begin": from_ms,
        "time_end": to_ms,
    }


FIRST = {
    "text": "One two.",
    "pronounce_text": "One two.",
    "time_begin": 0.0,
    "time_end": 360.0,
    "text_begin": 0,
    "text_end": 8,
    "pronounce_text_begin": 0,
    "pronounce_text_end": 8,
    "is_final_segment": True,
}
FIRST_WORDS = [
    entry("One", 0, 3, 0.0, 120.0),
    entry(" ", 3, 4, 120.0, 150.0),
    entry("two", 4, 7, 150.0, 270.0),
    entry(".", 7, 8, 270.0, 270.0),
]
SECOND = {
    "text": "Three, omg!",
    "pronounce_text": "Three, oh my god!",
    "time_begin": 360.0,
    "time_end": 1520.0,
    "text_begin": 16,
    "text_end": 27,
    "pronounce_text_begin": 16,
    "pronounce_text_end": 33,
    "is_final_segment": True,
}
SECOND_WORDS = [
    entry("Three", 16, 21, 860.0, 980.0),
    entry(",", 21, 22, 980.0, 1010.0),
    entry(" ", 22, 23, 1010.0, 1010.0),
    entry("omg", 23, 26, 1010.0, 1430.0, "oh my god"),
    entry("!", 26, 27, 1430.0, 1430.0, shift=6),
]
SEGMENTS = [{**FIRST, "timestamped_words": FIRST_WORDS}, {**SECOND, "timestamped_words": SECOND_WORDS}]


def inline(frames):
    return [frame["data"]["subtitle"] for frame in frames if "subtitle" in frame.get("data", ())]


def with_habits(**changes):
    return served(Habits(neural_english=False, workers=1, **changes))


def on_socket(url, path, text, **changes):
    """The frames of one text."""
    with talking(url, path) as talk:
        talk.start(**changes)
        talk.say("task_continue", text=text)
        talk.say("task_finish")
        return talk.hear_all()


def entries(subtitles):
    return [each for subtitle in subtitles for each in subtitle["timestamped_words"] or ()]


def test_an_answer_names_a_file_with_words_in_segments(url):
    answer = post(url, order(TEXT, "test_tones", **WORD, **PRONOUNCED)).json()
    assert list(answer["data"]) == ["audio", "subtitle_file", "status", "ced"]
    response = httpx.get(answer["data"]["subtitle_file"])
    assert response.headers["content-type"] == "application/json"
    assert response.json() == SEGMENTS
    assert [list(segment) for segment in response.json()] == [list(segment) for segment in SEGMENTS]
    assert '"time_begin":0.0,' in response.text


def test_sentences_come_without_words(url):
    assert subtitled(url, order(TEXT, "test_tones", **PRONOUNCED), "sentence")[1] == [FIRST, SECOND]


def test_without_subtitle_enable_there_are_none(url):
    for kind in ("sentence", "word", "word_streaming"):
        assert list(post(url, order(subtitle_type=kind)).json()["data"]) == ["audio", "status", "ced"]
    *going, last = streamed(url, order(subtitle_enable=False, subtitle_type="word_streaming"))
    assert not inline(going)
    assert "subtitle_file" not in last["data"]


def test_audio_by_url_and_subtitles_are_two_files(url):
    data = post(url, order("One.", "test_tones", audio={"format": "wav"}, output_format="url", **WORD)).json()["data"]
    assert decoded(httpx.get(data["audio"]).content)[0] == 0.21 * 16000
    assert heard_words(httpx.get(data["subtitle_file"]).json()) == [entry("One", 0, 3, 0.0, 120.0)]


@pytest.mark.parametrize(
    "text",
    [
        "The quick brown fox jumps over the lazy dog and runs along the river until it finds a bridge. Then home!",
        "今天天气很好我们一起去公园散步然后回家吃饭看书写字睡觉明天早上再去学校上课下午去图书馆借书晚上和朋友聊天真是快乐的一天啊",
        "สวัสดีชาวโลก" * 9,
        "नमस्ते दुनिया, " * 9,
        "مرحبا بالعالم " * 9,
    ],
)
def test_segments_have_at_most_fifty_characters_and_all_of_the_text(url, text):
    _, segments = subtitled(url, order(text, "test_tones"))
    assert len(segments) > 1
    assert all(len(segment["text"]) <= 50 for segment in segments)
    assert [text[segment["text_begin"] : segment["text_end"]] for segment in segments] == [
        segment["text"] for segment in segments
    ]
    assert "".join("".join(segment["text"] for segment in segments).split()) == "".join(text.split())
    for segment in segments:
        assert "".join(each["word"] for each in segment["timestamped_words"]) == segment["text"]
    times = [segment[edge] for segment in segments for edge in ("time_begin", "time_end")]
    assert times[0] == 0
    assert times[1:-1:2] == times[2::2]


@pytest.mark.parametrize("kind", ["sentence", "word"])
def test_a_stream_names_the_file_in_its_last_event(url, kind):
    body = order(TEXT, "test_tones", **PRONOUNCED, subtitle_enable=True, subtitle_type=kind)
    *going, last = streamed(url, {**body, "stream_options": {"exclude_aggregated_audio": True}})
    assert not inline([*going, last])
    assert list(last["data"]) == ["audio", "subtitle_file", "status", "ced"]
    assert httpx.get(last["data"]["subtitle_file"]).json() == (SEGMENTS if kind == "word" else [FIRST, SECOND])


def test_a_stream_brings_words_with_the_audio_in_which_they_begin(url):
    *going, last = streamed(url, order(TEXT, "test_tones", **STREAMED, **PRONOUNCED))
    assert "subtitle_file" not in last["data"]
    assert entries(inline(going)) == [*FIRST_WORDS, *SECOND_WORDS]
    sent_ms = 0.0
    for event in going:
        begins_ms, sent_ms = sent_ms, sent_ms + len(event["data"]["audio"]) / 4 / 16
        for each in entries(inline([event])):
            assert begins_ms <= each["time_begin"] < sent_ms
    texts = [(piece["text"], piece["is_final_segment"]) for piece in inline(going)]
    assert texts == [("One two", False), (".", True), ("Three, omg", False), ("!", True)]


def test_word_streaming_needs_a_stream(url):
    refusal = {"status_code": 2013, "status_msg": "invalid params, invalid params: subtitle_type"}
    assert post(url, order(**STREAMED)).json() == {"base_resp": refusal}
    assert post(url, order(subtitle_type="letters")).json() == {"base_resp": refusal}


@pytest.mark.parametrize(("form", "beside", "named"), [("inline", True, False), ("none", False, False)])
def test_older_habits_of_a_stream(form, beside, named):
    with with_habits(stream_subtitles=form) as base:
        *going, last = streamed(base, order(TEXT, "test_tones", **WORD, **PRONOUNCED))
    assert inline(going) == (SEGMENTS if beside else [])
    assert ("subtitle_file" in last["data"]) == named


@pytest.mark.parametrize("path", [CLASSIC, BIDI])
def test_sockets_bring_each_segment_beside_its_first_audio(url, path):
    frames = on_socket(url, path, "One two. Three four.", **WORD)
    sounding = [frame for frame in frames if frame.get("data", {}).get("audio")]
    carrying = [index for index, frame in enumerate(sounding) if "subtitle" in frame["data"]]
    assert [segment["text"] for segment in inline(frames)] == ["One two.", "Three four."]
    assert inline(frames)[0] == SEGMENTS[0]
    assert carrying[0] == 0
    assert len(audio(sounding[: carrying[1]])) == 2 * 16 * 360


@pytest.mark.parametrize("path", [CLASSIC, BIDI])
def test_sockets_bring_words_one_by_one_when_asked(url, path):
    frames = on_socket(url, path, "One two.", **STREAMED)
    assert entries(inline(frames)) == FIRST_WORDS
    assert [piece["text"] for piece in inline(frames)] == ["One", " two", "."]


@pytest.mark.parametrize("path", [CLASSIC, BIDI])
def test_sockets_bring_sentences_without_words(url, path):
    assert inline(on_socket(url, path, "One two.", **SENTENCE)) == [FIRST]


def test_each_text_of_a_socket_has_times_of_its_own(url):
    with talking(url) as talk:
        talk.start(**WORD)
        for _ in range(2):
            talk.say("task_continue", text="One two.")
        talk.say("task_finish")
        assert inline(talk.hear_all()) == [SEGMENTS[0]] * 2


def test_an_unknown_subtitle_type_ends_a_socket(url):
    with talking(url) as talk:
        talk.start(subtitle_type="letters")
        assert talk.hear_until("task_failed")[-1]["base_resp"]["status_code"] == 2013


def test_a_space_may_arrive_as_a_mark():
    with with_habits(space_as_mark=True) as base:
        _, segments = subtitled(base, order("One two.", "test_tones"))
    expected = [{**each, "word": "[SPACE]"} if each["word"] == " " else each for each in FIRST_WORDS]
    assert segments[0]["timestamped_words"] == expected


def test_a_word_may_arrive_in_entries_with_equal_places():
    with with_habits(word_pieces=2) as base:
        _, segments = subtitled(base, order("Four, 你.", "test_tones"))
    names = ("word", "word_begin", "word_end", "pronounce_word", "time_begin", "time_end")
    assert [tuple(each[name] for name in names) for each in heard_words(segments)] == [
        *(("Four", 0, 4, "Fo", 0.0, 60.0), ("Four", 0, 4, "ur", 60.0, 120.0), ("你", 6, 7, "你", 150.0, 270.0)),
    ]


def test_times_may_count_from_each_segment():
    with with_habits(subtitle_times="segment") as base:
        _, segments = subtitled(base, order(TEXT, "test_tones", **PRONOUNCED))
    assert [(segment["time_begin"], segment["time_end"]) for segment in segments] == [(0.0, 360.0), (0.0, 1160.0)]
    assert segments[1]["timestamped_words"] == [
        {**each, "time_begin": each["time_begin"] - 360, "time_end": each["time_end"] - 360} for each in SECOND_WORDS
    ]


def test_places_may_leave_out_pause_marks():
    with with_habits(pause_marks_counted=False) as base:
        _, segments = subtitled(base, order(TEXT, "test_tones"))
    assert (segments[1]["text_begin"], segments[1]["text_end"]) == (9, 20)
    assert [each["word_begin"] for each in heard_words(segments)] == [0, 4, 9, 16]


def test_frames_without_a_new_word_may_carry_null():
    with with_habits(null_words=True) as base:
        frames = on_socket(base, CLASSIC, "One two.", **STREAMED)
    found = inline(frames)
    assert len(found) == len([frame for frame in frames if frame.get("data", {}).get("audio")])
    assert [piece["timestamped_words"] is None for piece in found] == [
        *(False, True, True, False, True, True, False, True, True),
    ]
    assert entries(found) == FIRST_WORDS


def test_a_word_may_be_split_over_frames():
    with with_habits(split_words=True, chunk_ms=100) as base:
        *going, _ = streamed(base, order("One two.", "test_tones", **STREAMED))
    found = [each for each in entries(inline(going)) if each["word"].isalpha()]
    assert [(each["word"], each["time_begin"], each["time_end"]) for each in found] == [
        *(("One", 0.0, 100.0), ("One", 100.0, 120.0), ("two", 150.0, 200.0), ("two", 200.0, 270.0)),
    ]
    assert {(each["word_begin"], each["word_end"]) for each in found} == {(0, 3), (4, 7)}


def test_subtitles_change_no_sample(url):
    assert spoken(url, order(TEXT, "test_tones")) == subtitled(url, order(TEXT, "test_tones"))[0]


def test_a_stream_torn_anywhere_brings_the_same_subtitles():
    with with_habits(tear_bytes=5, odd_chunks=True) as base:
        text = post(base, order(TEXT, "test_tones", stream=True, **STREAMED, **PRONOUNCED)).text
    events = [json.loads(line[6:]) for line in text.splitlines() if line]
    assert entries(inline(events)) == [*FIRST_WORDS, *SECOND_WORDS]
