"""Several mouths in one session: who speaks, who waits, who gives way."""

import pytest

from gateway.protocol.events import Error, Notice, TurnAccepted, TurnCancelled, TurnDone, Usage
from gateway.session.bounds import MOST_TURNS
from gateway.session.past import REMEMBERED_TURNS
from gateway.session.tracks import MOST_TRACKS
from tests.session.talk import Talk, kinds, said

LONG = "One sentence follows another here. " * 40


def terminals(actions) -> list[tuple[str, str]]:
    return [(a.event.turn, a.event.reason) for a in actions if isinstance(getattr(a, "event", None), TurnCancelled)]


def place(accepted: TurnAccepted) -> tuple[str, int]:
    return accepted.state, accepted.position


def test_tracks_speak_beside_each_other_and_each_has_its_queue():
    talk = Talk()
    for turn, track in (("a", "smith"), ("b", "innkeeper"), ("c", "smith")):
        talk.say("speak", turn=turn, text="Hello.", track=track)
    assert [job.turn for job in talk.jobs] == ["a", "b"]
    talk.deliver(talk.jobs[0])
    assert [job.turn for job in talk.jobs] == ["a", "b", "c"]


def test_one_tracks_unheard_audio_does_not_hold_up_another():
    talk = Talk(config={"audio": {"lookahead_ms": 3000}})
    talk.say("speak", turn="a", text=LONG, track="smith")
    talk.say("speak", turn="b", text=LONG, track="innkeeper")
    assert kinds(talk.deliver(talk.jobs[0], 60_000)) == []
    assert kinds(talk.deliver(talk.jobs[1], 1000)) == ["Speak"]


def test_cancelling_a_track_leaves_the_others():
    talk = Talk()
    for turn, track in (("a", "smith"), ("b", "innkeeper"), ("c", "smith")):
        talk.say("speak", turn=turn, text="Hello.", track=track)
    assert terminals(talk.say("turn.cancel", track="smith")) == [("c", "client"), ("a", "client")]
    assert terminals(talk.say("turn.cancel", all=True)) == [("b", "client")]
    assert said(talk.say("turn.cancel", track="nobody", id="x"), Notice).code == "nothing_to_cancel"


def test_a_silent_track_makes_room_for_a_new_one_and_a_busy_one_does_not():
    talk = Talk()
    for number in range(MOST_TRACKS):
        talk.say("speak", turn=f"t{number}", text="Hello.", track=f"npc{number}")
    refused = said(talk.say("speak", turn="x", text="Hello.", track="one.more"), Error)
    assert (refused.code, refused.field, refused.retryable) == ("too_many_turns", "track", True)
    talk.deliver(talk.jobs[5])
    assert said(talk.say("speak", turn="x", text="Hello.", track="one.more"), Error).code == "too_many_turns"
    talk.now += 1.1
    assert place(said(talk.say("speak", turn="x", text="Hello.", track="one.more"), TurnAccepted)) == ("active", 0)


@pytest.mark.parametrize("wrong", [{"audio": {"codec": "nope"}}, {"text": "x" * 20_000}, {"prepare": True}])
def test_a_turn_that_is_refused_leaves_the_tracks_as_they_were(wrong: dict):
    talk = Talk()
    for number in range(MOST_TRACKS):
        talk.say("speak", turn=f"t{number}", text="Bonjour tout le monde.", track=f"npc{number}", when_busy="drop")
        talk.deliver(talk.jobs[number])
    talk.now += 1.1
    before = talk.session.tracks.languages()
    for track in ("npc3", "one.more"):
        assert kinds(talk.say("speak", **{"turn": "x", "text": "Hello.", "track": track, **wrong})) == ["error"]
    assert list(talk.session.tracks.languages().items()) == list(before.items())
    assert said(talk.say("speak", turn="x", text="Hello.", track="one.more"), TurnAccepted).handle == MOST_TRACKS + 1
    assert list(talk.session.tracks.languages()) == [*list(before)[1:], "one.more"]


def test_only_what_waits_counts_against_the_queue():
    talk = Talk()
    for number in range(MOST_TURNS + 1):
        talk.say("speak", turn=f"t{number}", text="Hello.")
    assert said(talk.say("speak", turn="x", text="Hello."), Error).code == "too_many_turns"
    assert place(said(talk.say("speak", turn="y", text="Hello.", track="other"), TurnAccepted)) == ("active", 0)
    assert place(said(talk.say("speak", turn="z", text="Hello.", when_busy="replace"), TurnAccepted)) == ("active", 0)


def test_replace_supersedes_the_tracks_turns_and_speaks_at_once():
    talk = Talk()
    for turn, track in (("a", "main"), ("b", "main"), ("c", "other")):
        talk.say("speak", turn=turn, text="Hello.", track=track)
    actions = talk.say("speak", turn="d", text="Stop!", when_busy="replace")
    assert kinds(actions) == ["Stop", "turn.cancelled", "Stop", "turn.cancelled", "turn.accepted", "Speak"]
    assert terminals(actions) == [("b", "superseded"), ("a", "superseded")]
    assert place(said(actions, TurnAccepted)) == ("active", 0)


def test_what_is_refused_replaces_nothing():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    assert kinds(talk.say("speak", turn="b", text="x" * 20_000, when_busy="replace")) == ["error"]
    assert kinds(talk.deliver(talk.jobs[0])) == ["turn.done"]


def test_replace_tells_what_was_heard_of_a_turn_that_still_sounds():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello there.")
    talk.deliver(talk.jobs[0], 1000)
    talk.now += 0.4
    actions = talk.say("speak", turn="b", text="Stop!", when_busy="replace")
    assert kinds(actions) == ["turn.done", "turn.accepted", "Speak"]
    done = said(actions, TurnDone)
    assert (done.repeated, done.heard.ms, done.unheard.ms) == (True, 400, 600)


@pytest.mark.parametrize("finish", [False, True])
def test_drop_ends_at_once_unbilled_while_the_track_speaks_or_sounds(finish):
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    if finish:
        talk.deliver(talk.jobs[0])
    actions = talk.say("speak", turn="b", text="Me too.", when_busy="drop")
    assert kinds(actions) == ["turn.accepted", "Stop", "turn.cancelled"]
    cancelled = said(actions, TurnCancelled)
    assert (cancelled.reason, cancelled.unheard.text, cancelled.usage) == ("dropped", "Me too.", Usage(0, 0, 0, 0))
    assert said(talk.say("turn.append", turn="b", text="!"), Error).code == "turn_closed"


def test_what_still_sounds_is_told_again_however_many_turns_have_ended_since():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello there.")
    talk.deliver(talk.jobs[0], 30_000)
    for number in range(REMEMBERED_TURNS + 10):
        talk.say("speak", turn=f"b{number}", text="Hey!", when_busy="drop")
    talk.now += 0.4
    assert said(talk.say("speak", turn="b0", text="Hey!", when_busy="drop"), TurnAccepted).repeated is None
    assert said(talk.say("speak", turn="a", text="Hello there."), TurnDone).repeated is True
    actions = talk.say("speak", turn="c", text="Stop!", when_busy="replace")
    assert kinds(actions) == ["turn.done", "turn.accepted", "Speak"]
    done = said(actions, TurnDone)
    assert (done.turn, done.repeated, done.heard.ms, done.unheard.ms) == ("a", True, 400, 29_600)


def test_drop_speaks_where_nobody_does():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    talk.deliver(talk.jobs[0])
    talk.now += 1.1
    assert kinds(talk.say("speak", turn="b", text="Me.", when_busy="drop")) == ["turn.accepted", "Speak"]


def test_higher_priority_goes_before_lower_and_interrupts_nobody():
    talk = Talk()
    places = {
        turn: place(said(talk.say("speak", turn=turn, text="Hello.", priority=priority), TurnAccepted))
        for turn, priority in (("a", -100), ("b", 0), ("c", 5), ("d", 0), ("e", 5), ("f", -1))
    }
    expected = {"a": 0, "b": 1, "c": 1, "d": 3, "e": 2, "f": 5}
    assert places == {turn: ("queued" if at else "active", at) for turn, at in expected.items()}
    for job in talk.jobs:
        talk.deliver(job)
    assert [job.turn for job in talk.jobs] == ["a", "c", "e", "b", "d", "f"]


def test_eta_counts_only_what_speaks_before():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    talk.say("speak", turn="b", text=LONG)
    urgent = said(talk.say("speak", turn="c", text="Fire!", priority=1), TurnAccepted)
    last = said(talk.say("speak", turn="d", text="Fire!", priority=-1), TurnAccepted)
    assert urgent.eta_ms < 1000
    assert last.eta_ms > 60_000


def test_a_turn_that_waits_too_long_expires_unbilled():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.", expires_ms=500)
    talk.say("speak", turn="b", text="Look out!", expires_ms=500)
    assert talk.session.deadline() == pytest.approx(talk.now + 0.5)
    assert kinds(talk.tick(0.49)) == []
    actions = talk.tick(0.02)
    assert terminals(actions) == [("b", "expired")]
    assert said(actions, TurnCancelled).usage == Usage(0, 0, 0, 0)
    assert kinds(talk.deliver(talk.jobs[0])) == ["turn.done"]


def test_an_expired_turn_does_not_speak_even_where_its_turn_comes_before_the_tick():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    talk.say("speak", turn="b", text="Look out!", expires_ms=500)
    talk.say("speak", turn="c", text="Well.")
    talk.now += 0.6
    talk.deliver(talk.jobs[0])
    assert [job.turn for job in talk.jobs] == ["a", "c"]
