"""A turn that is paused, and goes on."""

import pytest

from gateway.protocol.events import Error, TurnAccepted, TurnCancelled, TurnDone, TurnPaused, TurnResumed
from gateway.session import inputs
from tests.session.talk import Talk, kinds, said

LONG = "One sentence follows another here. " * 40


def speaking(text: str = LONG) -> Talk:
    talk = Talk()
    talk.say("speak", turn="a", text=text)
    return talk


def test_a_pause_holds_what_is_staged_before_it_is_told():
    talk = speaking()
    actions = talk.say("turn.pause", turn="a", id="p")
    assert actions == [inputs.Hold(1), inputs.Say(1, TurnPaused(turn="a", at_ms=0, re="p"))]
    actions = talk.say("turn.resume", track="main", id="r")
    assert actions == [inputs.Say(1, TurnResumed(turn="a", at_ms=0, re="r")), inputs.Release(1)]


def test_a_paused_turn_asks_for_nothing_and_does_not_end():
    talk = speaking()
    talk.say("turn.pause", turn="a")
    assert kinds(talk.deliver(talk.jobs[0], 100)) == []
    assert kinds(talk.say("turn.resume", turn="a")) == ["turn.resumed", "Release", "Speak"]


def test_the_play_clock_stands_still_while_a_turn_is_paused():
    talk = speaking()
    talk.deliver(talk.jobs[0], 10_000)
    talk.now += 3.0
    assert said(talk.say("turn.pause", turn="a"), TurnPaused).at_ms == 3000
    talk.now += 100.0
    assert said(talk.say("turn.resume", turn="a"), TurnResumed).at_ms == 3000
    talk.now += 2.0
    cancelled = said(talk.say("turn.cancel", turn="a"), TurnCancelled)
    assert (cancelled.heard.ms, cancelled.sent_ms) == (5000, 10_000)


def test_a_paused_turn_may_be_cancelled_and_the_clock_goes_on_for_the_next():
    talk = speaking()
    talk.say("speak", turn="b", text="Next.")
    talk.deliver(talk.jobs[0], 10_000)
    talk.now += 3.0
    talk.say("turn.pause", turn="a")
    talk.now += 10.0
    assert said(talk.say("turn.cancel", turn="a"), TurnCancelled).heard.ms == 3000
    talk.deliver(talk.jobs[-1], 1000)
    clock = talk.jobs[-1].clock
    assert clock.played_ms(2, talk.now + 0.4) == pytest.approx(400)


def test_a_paused_turn_that_waits_holds_up_what_was_accepted_after_it_but_not_what_is_more_urgent():
    talk = speaking("Hello.")
    for turn in "bc":
        talk.say("speak", turn=turn, text="Next.")
    talk.say("turn.pause", turn="b")
    talk.deliver(talk.jobs[0])
    assert [job.turn for job in talk.jobs] == ["a"]
    accepted = said(talk.say("speak", turn="d", text="Fire!", priority=1), TurnAccepted)
    assert (accepted.state, accepted.position) == ("active", 0)
    talk.deliver(talk.jobs[-1])
    talk.say("turn.resume", turn="b")
    talk.deliver(talk.jobs[-1])
    assert [job.turn for job in talk.jobs] == ["a", "d", "b", "c"]


def test_a_track_is_paused_with_all_its_turns():
    talk = speaking("Hello.")
    talk.say("speak", turn="b", text="Next.")
    talk.say("speak", turn="c", text="Elsewhere.", track="other")
    assert kinds(talk.say("turn.pause", track="main")) == ["Hold", "turn.paused", "Hold", "turn.paused"]
    resumed = talk.say("turn.resume", track="main")
    assert kinds(resumed) == ["turn.resumed", "Release", "turn.resumed", "Release"]


def test_a_pause_of_what_is_paused_is_repeated_and_one_of_nothing_is_an_error():
    talk = speaking()
    talk.say("turn.pause", turn="a")
    assert talk.say("turn.pause", turn="a") == [inputs.Reply(TurnPaused(turn="a", at_ms=0, repeated=True))]
    talk.say("turn.resume", turn="a")
    assert talk.say("turn.resume", turn="a") == [inputs.Reply(TurnResumed(turn="a", at_ms=0, repeated=True))]
    nothing = said(talk.say("turn.pause", track="nobody"), Error)
    assert (nothing.code, nothing.field) == ("unknown_turn", "track")
    assert said(talk.say("turn.pause", turn="z"), Error).code == "unknown_turn"
    talk.say("turn.cancel", turn="a")
    assert said(talk.say("turn.pause", turn="a"), Error).code == "turn_closed"


def test_ten_minutes_of_pause_end_a_turn_and_one_of_an_open_turn_does_not():
    talk = Talk()
    talk.say("turn.open", turn="a")
    talk.say("turn.pause", turn="a")
    assert talk.session.deadline() == pytest.approx(talk.now + 600)
    assert kinds(talk.tick(599)) == []
    assert said(talk.tick(2), TurnCancelled).reason == "idle"


def test_what_sounded_before_a_pause_is_told_again_after_ten_minutes_of_it():
    talk = speaking("Hello.")
    talk.deliver(talk.jobs[0], 5000)
    talk.say("turn.open", turn="b")
    talk.now += 1
    talk.say("turn.pause", turn="b")
    assert said(talk.tick(601), TurnCancelled).turn == "b"
    again = said(talk.say("turn.cancel", all=True), TurnDone)
    assert (again.turn, again.repeated, again.heard.ms, again.unheard.ms) == ("a", True, 1000, 4000)


def test_an_open_turn_may_be_silent_for_a_minute_after_it_goes_on():
    talk = Talk()
    talk.say("turn.open", turn="a")
    talk.say("turn.pause", turn="a")
    talk.now += 300
    talk.say("turn.resume", turn="a")
    assert talk.session.deadline() == pytest.approx(talk.now + 60)
