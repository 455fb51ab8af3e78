"""The classic socket: one task per connection, one answer per text, in order."""

import pytest
from websockets.exceptions import InvalidStatus

from gateway.emulator import Habits
from tests.emulator.served import KEY, LOST_VOICE, order, served, spoken
from tests.emulator.talk import CLASSIC, audio, code, events, talking
from tests.tones import heard, ids

SUCCESS = {"status_code": 0, "status_msg": "success"}
TEXT = "The first, and the second sentence. And a third!"


def test_a_task_from_its_greeting_to_its_end(url):
    with talking(url) as talk:
        talk.start()
        for text in ("One two.", "Three four."):
            talk.say("task_continue", text=text)
        talk.say("task_finish")
        frames = talk.hear_all()
    assert events(frames) == [
        *("connected_success", "task_started"),
        *("task_continued", "is_final", "task_continued", "is_final", "task_finished"),
    ]
    assert heard(audio(frames), 16000) == ids("One two. Three four.")
    assert {frame["session_id"] for frame in frames} == {frames[0]["session_id"]}
    assert {frame["trace_id"] for frame in frames} == {frames[0]["trace_id"]}
    assert all(frame["base_resp"] == SUCCESS for frame in frames)


def test_the_final_frame_has_no_audio_and_tells_what_it_amounted_to(url):
    with talking(url) as talk:
        talk.start()
        talk.say("task_continue", text="One two.")
        talk.hear_until("task_started")
        *frames, final = talk.hear_segment()
    assert final["data"] == {"audio": ""}
    assert final["extra_info"]["usage_characters"] == 8
    assert final["extra_info"]["audio_size"] == len(audio(frames))
    assert all(frame["data"]["audio"] and not frame["is_final"] for frame in frames)


@pytest.mark.parametrize("container", ["pcm", "mp3", "flac"])
def test_a_socket_and_http_give_the_same_audio(url, container):
    shape = {"format": container, "sample_rate": 24000}
    with talking(url) as talk:
        talk.start(audio=shape)
        talk.say("task_continue", text=TEXT)
        talk.say("task_finish")
        by_socket = audio(talk.hear_all())
    by_http = spoken(url, order(TEXT, "test_tones", audio=shape))
    if container == "mp3":  # a file has a longer tag than a stream, and one frame more
        by_socket, by_http = by_socket[45:], by_http[-len(by_socket[45:]) :]
    assert by_socket == by_http


def test_a_real_voice_speaks_too(url):
    with talking(url) as talk:
        talk.start(voice="Wise_Woman")
        talk.say("task_continue", text="Hello there.")
        talk.say("task_finish")
        assert len(audio(talk.hear_all())) > 10_000


@pytest.mark.parametrize(
    ("changes", "refused"),
    [({"voice": LOST_VOICE}, 2054), ({"model": "speech-9"}, 2013), ({"setting": {"pitch": 0.5}}, 2013)],
)
def test_what_cannot_be_started_fails_and_closes(url, changes, refused):
    with talking(url) as talk:
        talk.start(**changes)
        _, failed = talk.hear_all()
    assert failed["event"] == "task_failed"
    assert code(failed) == refused


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ([("task_cancel", {})], 2202),
        ([("task_flush", {})], 2202),
        ([("nonsense", {})], 2202),
        ([("task_continue", {"text": "Early."})], 2206),
        ([("task_finish", {})], 2206),
        ([("task_start", order(voice="test_tones"))] * 2, 2206),
    ],
)
def test_what_is_not_understood_ends_the_connection(url, said, refused):
    with talking(url) as talk:
        for event, fields in said:
            talk.say(event, **fields)
        frames = talk.hear_all()
    assert frames[-1]["event"] == "task_failed"
    assert code(frames[-1]) == refused


def test_what_is_not_json_ends_the_connection(url):
    with talking(url) as talk:
        talk.socket.send("{")
        assert code(talk.hear_all()[-1]) == 2013


def test_an_empty_text_is_answered_once_and_in_order(url):
    with talking(url) as talk:
        talk.start()
        talk.say("task_continue", text="One.")
        talk.say("task_continue", text="")
        talk.say("task_continue", text="a" * 10_001)
        talk.say("task_continue", text="Two.")
        talk.say("task_finish")
        frames = talk.hear_all()
    assert events(frames)[2:] == [
        *("task_continued", "is_final", "task_failed", "task_failed"),
        *("task_continued", "is_final", "task_finished"),
    ]
    assert [code(frame) for frame in frames if frame["event"] == "task_failed"] == [2203, 2204]


def test_too_many_texts_waiting_are_refused_softly():
    habits = Habits(neural_english=False, queued_texts=2, soft_error_event="task_continued")
    with served(habits) as base, talking(base) as talk:
        talk.start(voice="Wise_Woman")
        for _ in range(20):
            talk.say("task_continue", text="This takes a moment to be said.")
        talk.say("task_finish")
        frames = talk.hear_all()
    assert {code(frame) for frame in frames} == {0, 2205}
    assert frames[-1]["event"] == "task_finished"


def test_an_idle_connection_is_ended():
    with served(Habits(neural_english=False, idle_s=0.05)) as base, talking(base) as talk:
        talk.start()
        frames = talk.hear_all()
    assert frames[-1]["event"] == "task_failed"
    assert frames[-1]["base_resp"] == {"status_code": 2201, "status_msg": "no messages received for 0.05 seconds"}


@pytest.mark.parametrize(
    ("form", "headers", "refused"),
    [
        ("frame_1004", {"Authorization": "Bearer bad-key"}, 1004),
        ("frame_2049", {"Authorization": "Bearer bad-key"}, 2049),
        ("frame_1004", {}, 1004),
    ],
)
def test_a_bad_key_may_be_refused_by_a_frame(form, headers, refused):
    with served(Habits(neural_english=False, socket_bad_key=form)) as base, talking(base, CLASSIC, headers) as talk:
        (failed,) = talk.hear_all()
    assert failed["event"] == "task_failed"
    assert code(failed) == refused


def test_a_bad_key_may_be_refused_at_the_upgrade():
    habits, bad = Habits(neural_english=False, socket_bad_key="upgrade_401"), {"Authorization": "Bearer bad-key"}
    with served(habits) as base, pytest.raises(InvalidStatus) as refused, talking(base, CLASSIC, bad):
        pass
    assert refused.value.response.status_code == 401


def test_mainland_habits_of_frames():
    habits = Habits(neural_english=False, trace_id_in_base_resp=True, connect_id=False, audio_event_named=False)
    with served(habits) as base, talking(base) as talk:
        talk.start()
        talk.say("task_continue", text="One.")
        greeting, _, first = (talk.hear() for _ in range(3))
    assert greeting.keys() == {"session_id", "event", "base_resp"}
    assert greeting["base_resp"].keys() == {"status_code", "status_msg", "trace_id"}
    assert "event" not in first


def test_the_final_frame_may_carry_audio():
    with served(Habits(neural_english=False, audio_in_final_frame=True)) as base, talking(base) as talk:
        talk.start()
        talk.say("task_continue", text="One two.")
        talk.hear_until("task_started")
        frames = talk.hear_segment()
    assert frames[-1]["data"]["audio"]
    assert heard(audio(frames), 16000) == ids("One two.")


def test_finishing_may_drop_what_is_queued():
    habits = Habits(neural_english=False, finish_drops_queue=True, pace=10.0)
    with served(habits) as base, talking(base) as talk:
        talk.start()
        for _ in range(3):
            talk.say("task_continue", text="One two three four five.")
        talk.hear_until("task_continued")
        talk.say("task_finish")
        frames = talk.hear_all()
    assert events(frames) == ["task_continued", "is_final", "task_finished"]


def test_the_upgrade_carries_the_trace(url):
    with talking(url, CLASSIC, KEY) as talk:
        assert talk.socket.response.headers["Trace-Id"] == talk.hear()["trace_id"]
