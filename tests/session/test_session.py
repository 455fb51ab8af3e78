"""The session: what it answers, what it asks for, when."""

import pytest

from gateway.errors import UpstreamError
from gateway.protocol.config import TimbreWeight, Voice
from gateway.protocol.events import (
    Configured,
    Error,
    Event,
    Part,
    Pong,
    TurnAccepted,
    TurnCancelled,
    TurnDone,
    TurnFailed,
    TurnFlushed,
    Usage,
)
from gateway.session import inputs
from gateway.session.bounds import MOST_TURNS
from tests.session.talk import Talk, kinds, said

LONG = "One sentence follows another here. " * 40


def test_a_turn_is_accepted_spoken_and_done():
    talk = Talk()
    actions = talk.say("speak", turn="a", text="Hello there.")
    assert kinds(actions) == ["turn.accepted", "Speak"]
    job = talk.jobs[0]
    assert (job.turn, job.segment, job.span, job.request.text) == ("a", 0, (0, 12), "Hello there.")
    done = said(talk.deliver(job), TurnDone)
    assert (done.bytes, done.duration_ms, done.usage) == (48, 1000, Usage(12, 1, 0, 1, 0.00006))


def test_a_text_with_nothing_to_speak_makes_no_request():
    actions = Talk().say("speak", turn="a", text=" …?! \n")
    assert kinds(actions) == ["turn.accepted", "turn.done"]


def test_turns_of_a_track_queue():
    talk = Talk()
    talk.say("speak", turn="a", text="First.")
    accepted = said(talk.say("speak", turn="b", text="Second."), TurnAccepted)
    assert (accepted.state, accepted.position, accepted.handle) == ("queued", 1, 2)
    assert [job.turn for job in talk.jobs] == ["a"]
    talk.deliver(talk.jobs[0])
    assert [job.turn for job in talk.jobs] == ["a", "b"]


def test_the_next_segment_is_asked_for_while_the_present_one_plays():
    talk = Talk()
    talk.say("speak", turn="a", text=LONG)
    assert kinds(talk.deliver(talk.jobs[0], 5000)) == ["Speak"]


def test_no_more_is_asked_for_than_lookahead_allows():
    talk = Talk(config={"audio": {"lookahead_ms": 3000}})
    talk.say("speak", turn="a", text=LONG)
    assert kinds(talk.deliver(talk.jobs[0], 10_000)) == []
    assert talk.session.deadline() == pytest.approx(talk.now + 7.0)
    assert kinds(talk.tick(6.9)) == []
    assert kinds(talk.tick(0.2)) == ["Speak"]


def test_streamed_text_is_spoken_clause_by_clause_first():
    talk = Talk()
    talk.say("turn.open", turn="a")
    assert kinds(talk.say("turn.append", turn="a", text="Well, that is a very good question")) == []
    assert kinds(talk.say("turn.append", turn="a", text=", my friend, and")) == ["Speak"]


def test_held_text_is_spoken_after_a_silence_at_a_word_border():
    talk = Talk()
    talk.say("turn.open", turn="a")
    assert kinds(talk.say("turn.append", turn="a", text="I am still thin")) == []
    assert talk.session.deadline() == pytest.approx(talk.now + 0.7)
    assert kinds(talk.tick(0.69)) == []
    assert kinds(talk.tick(0.02)) == ["Speak"]
    assert talk.jobs[0].request.text == "I am still"


def test_a_flush_speaks_what_is_held_and_is_answered_after_its_audio():
    talk = Talk()
    talk.say("turn.open", turn="a")
    talk.say("turn.append", turn="a", text="Wait for")
    assert kinds(talk.say("turn.flush", turn="a", id="f")) == ["Speak"]
    flushed = said(talk.deliver(talk.jobs[0], 800), TurnFlushed)
    assert (flushed.re, flushed.at_ms) == ("f", 800)
    assert kinds(talk.say("turn.commit", turn="a")) == ["turn.done"]


def test_a_flush_of_nothing_is_answered_at_once():
    talk = Talk()
    talk.say("turn.open", turn="a")
    assert kinds(talk.say("turn.flush", turn="a")) == ["turn.flushed"]


def test_the_same_turn_again_repeats_its_state_and_another_is_refused():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.", id="1", n=1)
    again = said(talk.say("speak", turn="a", text="Hello.", id="2", n=2), TurnAccepted)
    assert (again.repeated, again.re, again.handle) == (True, "2", 1)
    assert said(talk.say("speak", turn="a", text="Other."), Error).code == "turn_exists"
    talk.deliver(talk.jobs[0])
    done = said(talk.say("speak", turn="a", text="Hello."), TurnDone)
    assert done.repeated
    assert len(talk.jobs) == 1


def test_a_repeated_n_is_ignored():
    talk = Talk()
    assert kinds(talk.say("ping", n=5)) == ["pong"]
    assert talk.say("ping", n=5) == []
    assert said(talk.say("ping", t="x", n=6), Pong) == Pong(t="x", last_n=6)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type_": "turn.append", "turn": "z", "text": "x"}, "unknown_turn"),
        ({"type_": "turn.flush", "turn": "z"}, "unknown_turn"),
        ({"type_": "turn.commit", "turn": "z"}, "unknown_turn"),
        ({"type_": "turn.cancel", "turn": "z"}, "unknown_turn"),
        ({"type_": "playback", "turn": "z", "played_ms": 1}, "unknown_turn"),
        ({"type_": "turn.append", "turn": "done", "text": "x"}, "turn_closed"),
        ({"type_": "turn.append", "turn": "busy", "text": "x"}, "turn_closed"),
        ({"type_": "hello"}, "bad_request"),
        ({"type_": "speak", "turn": "n", "text": "x" * 10_001}, "text_too_long"),
        ({"type_": "speak", "turn": "n", "text": "x", "voice": {"speed": 9}}, "bad_request"),
        ({"type_": "speak", "turn": "n", "text": "x", "voice": {"styl": 9}}, "bad_request"),
        ({"type_": "speak", "turn": "n", "text": "x", "language": "tlh"}, "bad_request"),
        ({"type_": "speak", "turn": "n", "text": "x", "audio": {"codec": "mp3", "bitrate": 1}}, "unsupported_audio"),
        ({"type_": "configure", "config": {"audio": {"rate": 11025}}}, "unsupported_audio"),
    ],
)
def test_what_cannot_be_honoured_is_refused_and_changes_nothing(message, code):
    talk = Talk()
    talk.say("speak", turn="done", text="!")
    talk.say("speak", turn="busy", text="Hello.")
    error = said(talk.say(id="m", **message), Error)
    assert (error.code, error.re, error.fatal) == (code, "m", False)
    assert kinds(talk.say("speak", turn="next", text="Hello.")) == ["turn.accepted"]


def test_only_so_many_turns_wait():
    talk = Talk()
    for number in range(MOST_TURNS + 1):
        assert said(talk.say("speak", turn=str(number), text="Hello."), TurnAccepted)
    error = said(talk.say("speak", turn="more", text="Hello."), Error)
    assert (error.code, error.retryable) == ("too_many_turns", True)


def test_a_cancel_stops_first_and_says_what_was_heard():
    talk = Talk()
    talk.say("speak", turn="a", text="Here are five short words, and then some more of them follow.")
    talk.jobs[0].clock.receive(1, 1000)
    talk.jobs[0].clock.hand(1, 1000, talk.now)
    actions = talk.say("turn.cancel", turn="a", played_ms=600, reason="barge_in")
    assert kinds(actions) == ["Stop", "turn.cancelled"]
    event = said(actions, TurnCancelled)
    assert event.heard.text + event.unheard.text == "Here are five short words, and then some more of them follow."
    assert (event.heard.by, event.heard.ms, event.sent_ms, event.reason) == ("client", 600, 1000, "barge_in")
    assert event.heard.text.split()[0] == "Here"
    assert event.heard.span == (0, len(event.heard.text))


def test_played_ms_is_clamped_to_what_was_sent():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello there.")
    event = said(talk.say("turn.cancel", turn="a", played_ms=99_999), TurnCancelled)
    assert (event.heard.text, event.unheard.text, event.heard.ms) == ("", "Hello there.", 0)


def test_without_a_report_the_play_clock_estimates_what_was_heard():
    talk = Talk()
    talk.say("speak", turn="a", text=LONG)
    talk.deliver(talk.jobs[0], 2000)
    talk.now += 1.0
    event = said(talk.say("turn.cancel", turn="a"), TurnCancelled)
    assert (event.heard.by, event.heard.ms) == ("estimate", 1000)
    assert event.heard.text + event.unheard.text == LONG


def test_playback_reports_correct_the_clock():
    talk = Talk()
    talk.say("speak", turn="a", text=LONG)
    talk.deliver(talk.jobs[0], 2000)
    talk.now += 1.0
    talk.say("playback", turn="a", played_ms=200)
    talk.now += 0.3
    event = said(talk.say("turn.cancel", turn="a"), TurnCancelled)
    assert (event.heard.by, event.heard.ms) == ("playback", 500)


def test_cancelling_an_ended_turn_answers_with_its_terminal_again():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    talk.say("turn.cancel", turn="a")
    again = said(talk.say("turn.cancel", turn="a", id="c"), TurnCancelled)
    assert (again.repeated, again.re) == (True, "c")


def test_after_a_cancel_the_next_turn_speaks_and_late_reports_mean_nothing():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    talk.say("speak", turn="b", text="World.")
    assert kinds(talk.say("turn.cancel", turn="a")) == ["Stop", "turn.cancelled", "Speak"]
    assert talk.receive(talk.jobs[0]) == []


def test_cancel_all_ends_the_waiting_ones_too():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    talk.say("speak", turn="b", text="World.")
    assert kinds(talk.say("turn.cancel", all=True)) == ["Stop", "turn.cancelled", "Stop", "turn.cancelled"]
    assert len(talk.jobs) == 1


def test_a_failed_segment_fails_its_turn_and_the_next_goes_on():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello there.")
    talk.say("speak", turn="b", text="World.")
    actions = talk.fail(talk.jobs[0], UpstreamError("voice_not_found", upstream_code=2054, trace_id="f00"))
    assert kinds(actions) == ["turn.failed", "Speak"]
    failed = said(actions, TurnFailed)
    assert (failed.error.code, failed.error.upstream) == ("voice_not_found", {"code": 2054, "trace_id": "f00"})
    assert (failed.heard.text, failed.unheard.text) == ("", "Hello there.")


def test_a_change_acts_from_the_next_segment_or_from_the_next_turn():
    talk = Talk()
    talk.say("speak", turn="a", text=LONG)
    change = said(talk.say("configure", config={"voice": {"speed": 2}}), Configured)
    assert change.from_ == {"turn": "a", "segment": 1}
    talk.deliver(talk.jobs[0])
    assert [job.request.voice.speed for job in talk.jobs] == [1.0, 2.0]
    later = said(talk.say("configure", config={"voice": {"speed": 0.5}}, apply="next_turn"), Configured)
    assert later.from_ == "next_turn"
    talk.deliver(talk.jobs[1])
    talk.say("turn.cancel", all=True)
    talk.say("speak", turn="b", text="Hello.")
    assert [job.request.voice.speed for job in talk.jobs[2:]] == [2.0, 0.5]


def test_a_turns_own_voice_wins_over_the_sessions():
    talk = Talk(config={"voice": {"voice_id": "Wise_Woman", "speed": 1.5}})
    talk.say("speak", turn="a", text="Hello.", voice="Deep_Voice_Man", language="en-GB")
    voice = talk.jobs[0].request.voice
    assert (voice.voice_id, voice.speed, talk.jobs[0].request.language) == ("Deep_Voice_Man", 1.5, "en")


def test_an_open_turn_without_a_message_ends_idle():
    talk = Talk()
    talk.say("turn.open", turn="a")
    assert kinds(talk.tick(59.9)) == []
    assert said(talk.tick(0.2), TurnCancelled).reason == "idle"


def test_a_session_without_turns_closes_idle():
    talk = Talk()
    assert talk.tick(299.9) == []
    [close] = talk.tick(0.2)
    assert (close.error.code, close.error.close_code) == ("idle", 4203)


def test_a_lost_connection_and_a_farewell_cancel_every_turn():
    for leave in (Talk.lose, lambda talk: talk.say("bye")):
        talk = Talk()
        talk.say("speak", turn="a", text="Hello.")
        actions = leave(talk)
        assert said(actions, TurnCancelled).reason == "session_end"
    assert actions[-1] == inputs.Close()


def test_heard_and_unheard_have_spans_of_the_clients_text():
    talk = Talk()
    talk.say("speak", turn="a", text="  Hello there.")
    event = said(talk.say("turn.cancel", turn="a"), TurnCancelled)
    assert (event.heard, event.unheard) == (
        Part("", (0, 0), 0, exact=False, by="estimate"),
        Part("  Hello there.", (0, 14), 0, exact=False, by="estimate"),
    )


def test_a_turn_can_be_prepared_only_where_there_is_a_cache():
    talk = Talk()
    error = said(talk.say("speak", turn="a", text="Hello.", prepare=True), Error)
    assert (error.code, error.field) == ("bad_request", "prepare")


def test_after_a_barge_in_on_a_done_turn_the_next_one_speaks_at_once():
    for message in ({"turn": "a", "played_ms": 2000}, {"all": True}):
        talk = Talk()
        talk.say("speak", turn="a", text="Hello there.")
        assert said(talk.deliver(talk.jobs[0], 45_000), TurnDone)
        talk.now += 2
        talk.say("turn.cancel", **message)
        assert kinds(talk.say("speak", turn="b", text="Next.")) == ["turn.accepted", "Speak"]


def test_a_late_report_of_an_earlier_turn_does_not_delay_a_later_one():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello there.")
    talk.deliver(talk.jobs[0], 10_000)
    talk.now += 100
    talk.say("speak", turn="b", text="Next.")
    talk.deliver(talk.jobs[1], 10_000)
    talk.now += 1
    talk.say("playback", turn="a", played_ms=10_000, state="ended")
    assert talk.jobs[0].clock.ahead_ms(talk.now) == pytest.approx(9000)
    assert talk.jobs[0].clock.played_ms(2, talk.now) == pytest.approx(1000)


def test_a_change_for_the_next_turn_leaves_the_running_one_alone_also_from_the_defaults():
    talk = Talk()
    talk.say("speak", turn="a", text=LONG)
    talk.say("configure", config={"voice": {"speed": 2}}, apply="next_turn")
    talk.say("configure", config={"voice": {"pitch": 3}})
    talk.deliver(talk.jobs[0])
    voice = talk.jobs[1].request.voice
    assert (voice.speed, voice.pitch) == (1.0, 3)


@pytest.mark.parametrize(("config", "starts"), [({"audio": {"rate": 8000}}, "next_turn"), ({"language": "fr"}, "here")])
def test_configured_names_the_first_segment_that_follows(config, starts):
    talk = Talk()
    talk.say("speak", turn="a", text=LONG)
    change = said(talk.say("configure", config=config), Configured)
    assert change.from_ == ({"turn": "a", "segment": 1} if starts == "here" else starts)


def test_a_turns_own_audio_is_what_its_voice_is_checked_against():
    talk = Talk()
    actions = talk.say("speak", turn="a", text="Hi.", audio={"codec": "mp3"}, voice={"voice_modify": {"pitch": 50}})
    assert kinds(actions) == ["turn.accepted", "Speak"]
    refused = said(talk.say("speak", turn="b", text="Hi.", voice={"voice_modify": {"pitch": 50}}), Error)
    assert refused.field == "voice.voice_modify"


def test_a_flush_is_answered_after_its_own_segments_and_not_after_later_ones():
    talk = Talk()
    talk.say("turn.open", turn="a")
    talk.say("turn.append", turn="a", text="One of these.")
    talk.say("turn.flush", turn="a", id="f")
    talk.say("turn.append", turn="a", text=" And another one.")
    talk.say("turn.commit", turn="a")
    actions = talk.deliver(talk.jobs[0], 1000)
    assert kinds(actions) == ["Speak", "turn.flushed"]
    assert said(actions, TurnFlushed).at_ms == 1000


def test_a_segment_that_failed_is_not_taken_for_heard():
    talk = Talk()
    text = "This long sentence breaks off after not even half a second of it, really."
    talk.say("speak", turn="a", text=text)
    talk.jobs[0].clock.receive(1, 500)
    talk.jobs[0].clock.hand(1, 500, talk.now)
    talk.now += 10
    failed = said(talk.fail(talk.jobs[0], UpstreamError("upstream_unavailable"), 500), TurnFailed)
    assert 0 < len(failed.heard.text) < 20
    assert failed.heard.text + failed.unheard.text == text


def test_a_setting_refused_in_the_middle_fails_the_turn_after_its_audio():
    talk = Talk()
    talk.say("turn.open", turn="a", language="fa")
    talk.say("turn.append", turn="a", text="Hello there. ")
    talk.say("configure", config={"voice": {"model": "speech-01-turbo"}})
    talk.say("turn.append", turn="a", text="More of it. ")
    failed = said(talk.deliver(talk.jobs[0]), TurnFailed)
    assert (failed.error.code, failed.usage.requests) == ("bad_request", 1)


def test_what_was_refused_stays_refused_until_the_audio_has_left():
    talk = Talk()
    talk.say("turn.open", turn="a", language="fa")
    talk.say("turn.append", turn="a", text="Hello there. More of it. ")
    talk.say("configure", config={"voice": {"model": "speech-01-turbo"}})
    assert talk.receive(talk.jobs[0]) == []
    repaired = talk.say("configure", config={"voice": None})
    assert (kinds(repaired), said(repaired, Configured).from_) == (["configured"], "next_turn")
    failed = said(talk.deliver(talk.jobs[0]), TurnFailed)
    assert (failed.error.code, failed.unheard.text) == ("bad_request", "Hello there. More of it. ")


def test_cancelling_nothing_is_answered_where_an_answer_was_asked_for():
    talk = Talk()
    assert kinds(talk.say("turn.cancel", all=True, id="c")) == ["notice"]
    assert kinds(talk.say("turn.cancel", all=True)) == []


def test_unknown_settings_are_not_kept():
    talk = Talk()
    for number in range(3):
        change = said(talk.say("configure", config={f"k{number}.{key}": 1 for key in range(1000)}), Configured)
    assert len(change.ignored) == 50
    assert talk.session._settled.given == {}


def test_a_turn_is_spoken_by_the_voice_of_its_language():
    talk = Talk(config={"voices": {"ja": {"voice_id": "Japanese_KindLady", "pitch": 2}}, "voice": {"speed": 1.5}})
    for turn, language in (("a", "ja-JP"), ("b", "de")):
        talk.say("speak", turn=turn, text="Hello.", language=language)
        talk.deliver(talk.jobs[-1])
    first, second = talk.jobs
    assert first.request.voice == Voice(voice_id="Japanese_KindLady", speed=1.5, pitch=2)
    assert (first.voice_id, second.voice_id) == ("Japanese_KindLady", Voice().voice_id)
    assert second.request.voice == Voice(speed=1.5)


def test_older_names_of_settings_are_taken_with_a_turn_too():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.", voice={"timber_weights": [{"voice_id": "x", "weight": 3}]})
    assert talk.jobs[0].request.voice.timbre_weights == (TimbreWeight("x", 3),)
    assert talk.jobs[0].voice_id == "x"


def test_each_voice_is_checked_with_its_own_language():
    old = {"model": "speech-02-hd"}
    talk = Talk(config={"language": "fa", "voice": old, "voices": {"fa": {"model": "speech-2.8-hd"}}})
    talk.say("speak", turn="a", text="Hello.")
    assert talk.jobs[0].request.voice.model == "speech-2.8-hd"
    refused = said(talk.say("configure", config={"voices": {"fa": None}}), Error)
    assert refused.field == "language"
    refused = said(talk.say("configure", config={"voices": {"ta": old}}), Error)
    assert refused.field == "voices.ta.model"


def test_settings_do_not_grow_without_end():
    talk = Talk()
    long = {"pronunciation_dict": ["a/" + "b" * 190] * 100}
    answers = [said(talk.say("configure", config={"voices": {tag: long}}), Event) for tag in ("de", "fr", "ja", "ko")]
    assert [answer.type for answer in answers] == ["configured", "configured", "configured", "error"]
    assert (answers[-1].code, answers[-1].field) == ("bad_request", "config")
    assert set(talk.session.config.voices) == {"de", "fr", "ja"}


def test_what_a_turn_keeps_does_not_grow_without_end():
    talk = Talk()
    talk.say("turn.open", turn="a")
    long = {"pronunciation_dict": ["a/" + "b" * 190] * 100}
    answers = []
    for tag in ("de", "fr", "ja", "ko"):
        talk.say("configure", apply="next_turn", config={"voices": None})
        answers.append(said(talk.say("configure", config={"voices": {tag: long}}), Event))
    assert [answer.type for answer in answers] == ["configured", "configured", "configured", "error"]
    assert (answers[-1].code, answers[-1].field) == ("bad_request", "config")
    assert talk.session.config.voices == {}
    talk.say("turn.cancel", turn="a")
    assert said(talk.say("configure", config={"voices": {"ko": long}}), Event).type == "configured"
