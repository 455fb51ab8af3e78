"""A turn whose form holds something back ends when that has left too."""

from gateway.errors import GatewayError
from gateway.protocol.events import TurnCancelled, TurnDone, TurnFailed
from gateway.session.inputs import Finish, Stop, TurnDelivered

from .talk import Talk, kinds, said
from .test_record import Recorded

FRAMED = {"audio": {"frame_ms": 20}}
FILE = {"mime": "audio/ogg", "duration_secs": 1.0, "waveform": ""}


def delivered(**hello) -> tuple[Talk, list]:
    talk = Talk(config=FRAMED, **hello)
    talk.say("speak", turn="a", text="Hello.")
    return talk, talk.deliver(talk.jobs[0])


def test_the_rest_is_asked_for_once_and_the_turn_ends_with_it():
    talk, actions = delivered()
    assert actions == [Finish(1)]
    assert talk.tick(1.0) == []
    done = said(talk.hear(TurnDelivered(1, 12, FILE)), TurnDone)
    assert (done.bytes, done.duration_ms, done.file) == (60, 1000, FILE)
    assert talk.hear(TurnDelivered(1, 12, FILE)) == []


def test_a_relayed_turn_holds_nothing_back():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    assert kinds(talk.deliver(talk.jobs[0])) == ["turn.done"]


def test_a_turn_without_sound_has_no_rest():
    talk = Talk(config=FRAMED)
    assert kinds(talk.say("speak", turn="a", text="!")) == ["turn.accepted", "turn.done"]


def test_it_can_be_cancelled_meanwhile():
    talk, _ = delivered()
    actions = talk.say("turn.cancel", turn="a")
    assert actions[0] == Stop(1)
    assert said(actions, TurnCancelled).turn == "a"
    assert talk.hear(TurnDelivered(1, 0, None)) == []


def test_the_next_turn_waits_for_it():
    talk, _ = delivered()
    talk.say("speak", turn="b", text="Next.")
    assert len(talk.jobs) == 1
    talk.hear(TurnDelivered(1, 0, None))
    assert talk.jobs[1].turn == "b"


def test_a_paused_turn_ends_after_it_goes_on():
    talk, _ = delivered()
    talk.say("turn.pause", turn="a")
    assert talk.hear(TurnDelivered(1, 0, None)) == []
    assert "turn.done" in kinds(talk.say("turn.resume", turn="a"))


def test_a_rest_that_cannot_be_made_fails_the_turn():
    talk, _ = delivered()
    failed = said(talk.fail(talk.jobs[0], GatewayError("internal"), 1000.0), TurnFailed)
    assert failed.error.code == "internal"


def stranded() -> Talk:
    """A turn is delivered so far, and the session has chosen a model that lacks its language."""
    talk = Talk(config=FRAMED)
    talk.say("turn.open", turn="a", language="fa")
    talk.say("turn.append", turn="a", text="One two three. ")
    talk.say("turn.flush", turn="a")
    talk.deliver(talk.jobs[0])
    talk.say("configure", config={"voice": {"model": "speech-02-turbo"}})
    return talk


def test_a_turn_that_cannot_go_on_fails_after_its_rest():
    talk = stranded()
    actions = talk.say("turn.append", turn="a", text="Four five six.")
    assert actions + talk.say("turn.commit", turn="a") == [Finish(1)]
    assert said(talk.hear(TurnDelivered(1, 5, None)), TurnFailed).error.code == "bad_request"


def test_nothing_more_is_asked_for_once_the_rest_was():
    """Not even where the session has gone back to a model that speaks the turn's language."""
    talk = stranded()
    assert talk.say("turn.append", turn="a", text="Four five six. ") == [Finish(1)]
    assert kinds(talk.say("configure", config={"voice": None})) == ["configured"]
    assert talk.say("turn.append", turn="a", text="And more. ") == []
    assert said(talk.hear(TurnDelivered(1, 5, None)), TurnFailed).error.code == "bad_request"


def test_a_session_that_is_told_again_knows_whose_rest_was_asked_for():
    talk = Recorded(config=FRAMED)
    talk.say("speak", turn="a", text="Hello.")
    talk.deliver(talk.jobs[0])
    replayed = talk.told_again()
    assert (replayed.finishing, replayed.asked) == ({1}, {})
    assert kinds(replayed.session.handle(TurnDelivered(1, 12, FILE), talk.now)) == ["turn.done"]
    talk.hear(TurnDelivered(1, 12, FILE))
    talk.say("turn.open", turn="b")
    again = talk.told_again()
    assert again.finishing == set()
    assert again.session.past.get("a").terminal.file == FILE
