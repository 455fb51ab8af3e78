"""The bidirectional socket: text token by token, sentences found by the server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.emulator import Habits
from gateway.emulator.bidi import Buffer
from tests.emulator.served import served
from tests.emulator.talk import BIDI, audio, code, events, talking
from tests.tones import heard, ids

TEXT = "Hello there, my friend. How are you today? 你好。今天很好！And more"
SEGMENT = ["sentence_start", "task_continued", "is_final", "sentence_end"]


def test_tokens_become_sentences(url):
    with talking(url, BIDI) as talk:
        talk.start(session_id="mine")
        for token in TEXT:
            talk.say("task_continue", text=token)
        talk.say("task_finish")
        frames = talk.hear_all()
    assert events(frames) == ["connected_success", "task_started", *SEGMENT * 5, "task_finished"]
    assert heard(audio(frames), 16000) == ids(TEXT)
    assert {frame["session_id"] for frame in frames[1:]} == {"mine"}
    assert all("connect_id" in frame for frame in frames)


@given(st.data())
def test_segments_do_not_depend_on_how_the_text_is_cut(data):
    whole, cut, position = Buffer(30, 50), Buffer(30, 50), 0
    text = data.draw(st.text("ab ,.!?，。\n3", max_size=120))
    expected = [*whole.feed(text), whole.take()]
    found = []
    while position < len(text):
        size = data.draw(st.integers(1, 9))
        found += cut.feed(text[position : position + size])
        position += size
    joined = "".join([*found, cut.take()])
    assert joined.replace(" ", "").replace("\n", "") == "".join(expected).replace(" ", "").replace("\n", "")
    assert all(len(segment) <= 50 for segment in found)


def test_a_flush_is_answered_after_its_audio_and_when_there_is_none(url):
    with talking(url, BIDI) as talk:
        talk.start()
        talk.hear_until("task_started")
        talk.say("task_flush")
        assert events(talk.hear_until("task_flushed")) == ["task_flushed"]
        talk.say("task_continue", text="no end")
        talk.say("task_flush")
        assert events(talk.hear_until("task_flushed")) == [*SEGMENT, "task_flushed"]


def test_a_tail_without_end_is_said_after_a_while():
    with served(Habits(neural_english=False, bidi_tail_ms=1)) as base, talking(base, BIDI) as talk:
        talk.start()
        talk.say("task_continue", text="no end")
        assert heard(audio(talk.hear_until("sentence_end")), 16000) == ids("no end")


def test_cancelling_stops_the_sound_and_the_session_goes_on():
    with served(Habits(neural_english=False, pace=1.0)) as base, talking(base, BIDI) as talk:
        talk.start()
        talk.say("task_continue", text="word " * 30 + ". And more. And more.")
        talk.hear_until("task_continued")
        talk.say("task_cancel")
        assert "sentence_end" not in events(talk.hear_until("task_canceled"))
        talk.say("task_continue", text="After.")
        assert heard(audio(talk.hear_until("sentence_end")), 16000) == ids("After.")


def test_white_space_is_dropped_without_a_word(url):
    with talking(url, BIDI) as talk:
        talk.start()
        for text in ("", "  ", "\n"):
            talk.say("task_continue", text=text)
        talk.say("task_finish")
        assert events(talk.hear_all()) == ["connected_success", "task_started", "task_finished"]


@pytest.mark.parametrize(("event", "refused"), [("task_start", 2206), ("nonsense", 2202)])
def test_what_is_out_of_order_closes(url, event, refused):
    with talking(url, BIDI) as talk:
        talk.start()
        talk.say(event)
        assert code(talk.hear_all()[-1]) == refused


def test_a_ping_puts_off_the_idle_timeout():
    with served(Habits(neural_english=False, idle_s=0.6)) as base, talking(base, BIDI) as talk:
        talk.start()
        talk.hear_until("task_started")
        for _ in range(3):
            assert talk.socket.ping().wait(20)
            with pytest.raises(TimeoutError):
                talk.socket.recv(0.25)
        talk.say("task_finish")
        assert events(talk.hear_all()) == ["task_finished"]
