"""Which model speaks, what a client is told of it, and what it costs."""

import pytest

from gateway.access.costs import Share
from gateway.errors import UpstreamError
from gateway.protocol.config import shown
from gateway.protocol.events import Configured, Error, Notice, TurnCancelled, TurnDone, TurnFailed
from gateway.protocol.messages import Hello
from gateway.session import inputs
from gateway.session.session import Session
from gateway.voices.aliases import aliases
from tests.session.talk import Talk, kinds, said
from tests.session.test_record import Recorded

WHISPER = {"model": "best", "emotion": "whisper"}


def model(job: inputs.Speak) -> str:
    return job.request.voice.model


def notices(actions) -> list[Notice]:
    return [action.event for action in actions if isinstance(getattr(action, "event", None), Notice)]


def test_the_config_shows_what_the_client_said_and_the_request_has_a_model():
    talk = Talk(config={"voice": {"model": "fast"}, "voices": {"ja": WHISPER}})
    assert shown(talk.session.config)["voice"]["model"] == "fast"
    assert shown(talk.session.config)["voices"] == {"ja": WHISPER}
    talk.say("speak", turn="a", text="This is the first sentence. 今日は天気がいいですね。")
    talk.deliver(talk.jobs[0])
    assert [model(job) for job in talk.jobs] == ["speech-2.8-turbo", "speech-2.6-hd"]
    configured = said(talk.say("configure", config={"voice": {"model": "best"}}), Configured)
    assert configured.config["voice"]["model"] == "best"
    talk.say("speak", turn="b", text="Again.", voice=WHISPER)
    assert model(talk.jobs[-1]) == "speech-2.6-hd"


def test_an_alias_may_choose_and_the_client_sees_its_choice():
    talk = Talk()
    ghost = {"voice_id": "Wise_Woman", "model": "best", "emotion": "whisper"}
    named = aliases({"ghost": {**ghost, "voices": {"ja": {"emotion": None}}}})
    talk.session = Session(Hello(config={"voice": {"voice_id": "ghost"}}), talk.now, aliases=named)
    assert shown(talk.session.config)["voice"]["model"] == "best"
    talk.say("speak", turn="a", text="Boo!", language="en")
    talk.say("speak", turn="b", track="other", text="わあ！", language="ja")
    assert [model(job) for job in talk.jobs] == ["speech-2.6-hd", "speech-2.8-hd"]


def test_a_choice_that_nothing_fulfils_is_refused():
    refused = said(Talk().say("configure", config={"voice": {**WHISPER, "continuous_sound": True}}), Error)
    assert (refused.code, refused.field) == ("bad_request", "voice.emotion")


@pytest.mark.parametrize(("choice", "passes"), [("fast", True), ("speech-2.6-hd", False)])
def test_the_chosen_model_says_which_sounds_it_knows(choice, passes):
    talk = Talk(config={"voice": {"model": choice}, "text_rules": {"markup": "pass"}})
    talk.say("speak", turn="a", text="(laughs) Well.")
    assert talk.jobs[0].request.text == ("(laughs) Well." if passes else "[laughs] Well.")


def test_of_a_legacy_model_the_client_is_told_once_a_session():
    talk = Talk(config={"voice": {"model": "speech-01-turbo"}})
    (notice,) = notices(talk.say("speak", turn="a", text="Hello."))
    assert notice == Notice(
        code="legacy_model",
        message="speech-01-turbo is a legacy model; speech-2.8-turbo is its successor.",
        turn="a",
    )
    assert notices(talk.deliver(talk.jobs[-1])) == []
    assert notices(talk.say("speak", turn="b", track="other", text="Hello again.")) == []
    other = {"model": "speech-2.5-hd-preview"}
    assert [each.turn for each in notices(talk.say("speak", turn="c", track="third", text="Hello.", voice=other))] == [
        "c"
    ]


def test_no_model_of_today_is_spoken_of():
    for name in ("fast", "best", "speech-2.8-hd", "speech-2.6-turbo", "speech-02-hd"):
        assert "notice" not in kinds(Talk(config={"voice": {"model": name}}).say("speak", turn="a", text="Hello."))


def test_who_takes_a_session_over_knows_what_was_told():
    talk = Recorded(config={"voice": {"model": "speech-01-turbo"}})
    talk.say("speak", turn="a", text="Hello.")
    under_way = talk.told_again().session
    talk.deliver(talk.jobs[-1])
    talk.tick(60)
    talk.rest, _ = talk.recorder.rest(talk.now)
    talk.lines = []
    for session in (under_way, talk.told_again().session):
        assert session.tracks.legacy == {"speech-01-turbo"}


def test_a_turn_costs_what_its_segments_cost_each_with_its_own_model():
    talk = Talk(config={"voices": {"zh": {"voice_id": "female-shaonv", "model": "best"}}})
    talk.say("speak", turn="a", text="This is the first sentence. 今天天气很好。你吃饭了吗？")
    talk.deliver(talk.jobs[0])
    done, shares = ended(talk.deliver(talk.jobs[1]))
    assert isinstance(done, TurnDone)
    assert shares == (
        Share("English_Graceful_Lady", "speech-2.8-turbo", 1, 0, 60),
        Share("female-shaonv", "speech-2.8-hd", 1, 0, 100),
    )
    assert done.usage.cost_usd == 0.00016


def test_what_comes_from_the_cache_costs_nothing_and_what_is_cancelled_what_it_may_have_cost():
    talk = Talk()
    talk.say("speak", turn="a", text="Hello.")
    job = talk.jobs[0]
    talk.hear(inputs.SegmentReceived(job.handle, job.segment, 0, 5, cached=True))
    done, shares = ended(talk.hear(inputs.SegmentDelivered(job.handle, job.segment, 48, 1000.0, talk.now)))
    assert (done.usage.cached_characters, done.usage.cost_usd) == (6, 0.0)
    assert shares == (Share("English_Graceful_Lady", "speech-2.8-turbo", 0, 6, 0),)
    talk.say("speak", turn="b", text="Hello, you.", when_busy="replace")
    cancelled, _ = ended(talk.say("turn.cancel", turn="b"))
    assert isinstance(cancelled, TurnCancelled)
    assert cancelled.usage.cost_usd == 0.00066


def test_without_a_known_price_the_cost_is_not_known_but_nothing_costs_nothing():
    talk = Talk(config={"voice": {"model": "speech-01-hd"}})
    talk.say("speak", turn="a", text="Hello.")
    done, shares = ended(talk.deliver(talk.jobs[0]))
    assert done.usage.cost_usd is None
    assert shares[0].cost is None
    talk.tick(60)
    talk.say("speak", turn="b", text="Hello.")
    failed, _ = ended(talk.fail(talk.jobs[-1], UpstreamError("upstream_timeout")))
    assert isinstance(failed, TurnFailed)
    assert failed.usage.cost_usd == 0.0


def ended(actions):
    return next(
        (action.event, action.shares) for action in actions if isinstance(action, inputs.Say) and action.terminal
    )
