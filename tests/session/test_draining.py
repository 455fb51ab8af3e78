"""A session whose gateway stops."""

from gateway.protocol.events import Error, Goaway, TurnAccepted
from gateway.session.inputs import Drain
from tests.session.talk import Talk, kinds, said

LONG = "One sentence follows another here. " * 40


def test_a_drained_session_says_so_and_takes_no_new_turn():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    talk.say("speak", turn="b", text="Next.")
    assert said(talk.hear(Drain(27_000)), Goaway) == Goaway(reason="drain", in_ms=27_000)
    refused = said(talk.say("speak", turn="c", text="New.", when_busy="replace", id="1"), Error)
    assert (refused.code, refused.retryable, refused.re) == ("draining", True, "1")
    assert said(talk.say("speak", turn="a", text="Hello."), TurnAccepted).repeated
    assert kinds(talk.deliver(talk.jobs[0])) == ["turn.done", "Speak"]
    assert kinds(talk.deliver(talk.jobs[1])) == ["turn.done"]
    assert talk.session.silent


def test_an_open_turn_takes_its_text_while_the_gateway_drains():
    talk = Talk()
    talk.say("turn.open", turn="a")
    talk.hear(Drain(27_000))
    assert kinds(talk.say("turn.append", turn="a", text="Still here. ")) == ["Speak"]
    talk.say("turn.commit", turn="a")
    assert kinds(talk.deliver(talk.jobs[0])) == ["turn.done"]


def test_no_unheard_audio_holds_back_what_is_asked_for_while_draining():
    talk = Talk(config={"audio": {"lookahead_ms": 3000}})
    talk.say("speak", turn="a", text=LONG)
    assert kinds(talk.deliver(talk.jobs[0], 60_000)) == []
    assert kinds(talk.hear(Drain(27_000))) == ["goaway", "Speak"]
