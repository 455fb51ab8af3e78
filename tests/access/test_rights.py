"""What a token allows, as a session sees it. No socket."""

import pytest

from gateway.access.rights import ALL, Rights
from gateway.errors import Refused
from gateway.protocol.checks import build
from gateway.protocol.config import shown
from gateway.protocol.events import Configured
from gateway.protocol.messages import Hello
from gateway.session.inputs import Renewed
from gateway.session.session import Session
from tests.session.talk import Talk, kinds, said


def talk(rights: Rights, **config) -> Talk:
    result = Talk()
    result.session = Session(Hello(config=config), result.now, "s", rights)
    return result


def refusal(actions) -> tuple[str, str | None]:
    (action,) = actions
    return action.event.code, action.event.field


VOICES = Rights(voices=("narrator", "female-shaonv"))


def test_the_first_voice_and_language_that_are_allowed_stand_in():
    session = talk(Rights(voices=("narrator", "x"), languages=("de", "auto"))).session
    assert (session.config.voice.voice_id, session.config.language) == ("narrator", "de")


def test_back_to_the_default_is_back_to_what_is_allowed():
    here = talk(Rights(voices=("narrator", "x"), languages=("de", "en")), voice={"voice_id": "x"}, language="en")
    here.say("configure", config={"voice": {"voice_id": None}, "language": None})
    assert (here.session.config.voice.voice_id, here.session.config.language) == ("narrator", "de")


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"voice": {"voice_id": "Other"}}, "voice.voice_id"),
        ({"voice": {"timbre_weights": [{"voice_id": "narrator", "weight": 1}, {"voice_id": "Other", "weight": 1}]}},
         "voice.timbre_weights.1.voice_id"),
        ({"voice": {"voice_id": "Other", "timbre_weights": [{"voice_id": "narrator", "weight": 1}]}}, "voice.voice_id"),
        ({"voices": {"ja": {"voice_id": "Other"}}}, "voices.ja.voice_id"),
        ({"voices": {"ja": {"timbre_weights": [{"voice_id": "Other", "weight": 1}]}}},
         "voices.ja.timbre_weights.0.voice_id"),
        ({"text_rules": {"markup": "pass"}}, "text_rules.markup"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused_wherever_it_is_said(config, field):
    with pytest.raises(Refused) as refused:
        talk(VOICES, **config)
    assert (refused.value.code, refused.value.field) == ("forbidden", field)
    here = talk(VOICES)
    before = here.session.config
    assert refusal(here.say("configure", config=config)) == ("forbidden", field)
    assert here.session.config is before


def test_what_is_allowed_may_be_said_everywhere():
    mixture = [{"voice_id": "narrator", "weight": 1}, {"voice_id": "female-shaonv", "weight": 2}]
    here = talk(VOICES, voice={"timbre_weights": mixture}, voices={"ja": {"voice_id": "female-shaonv", "speed": 1.1}})
    assert kinds(here.say("speak", turn="a", text="Hello.", voice="female-shaonv"))[0] == "turn.accepted"


@pytest.mark.parametrize("option", [{"voice": "Other"}, {"text_rules": {"markup": "pass"}}])
def test_a_turns_own_settings_are_looked_at_too(option):
    here = talk(VOICES)
    assert refusal(here.say("speak", turn="a", text="Hello.", **option))[0] == "forbidden"
    here.say("turn.open", turn="b")
    if "voice" in option:
        assert refusal(here.say("turn.append", turn="b", text="Hello.", **option)) == ("forbidden", "voice.voice_id")
    assert kinds(here.say("turn.append", turn="b", text="Hello. ")) == ["Speak"]


def test_a_language_that_is_not_allowed_is_refused_and_auto_is_one():
    here = talk(Rights(languages=("de", "en")))
    assert refusal(here.say("configure", config={"language": "auto"})) == ("forbidden", "language")
    assert refusal(here.say("speak", turn="a", text="Salut.", language="fr")) == ("forbidden", "language")
    here.say("speak", turn="b", text="Salut.", language="en")
    assert here.jobs[-1].request.language == "en"


def test_who_may_not_speak_may_not_open_a_turn():
    here = talk(Rights(speak=False))
    assert refusal(here.say("speak", turn="a", text="Hello.")) == ("forbidden", "type")
    assert refusal(here.say("turn.open", turn="a")) == ("forbidden", "type")
    assert kinds(here.say("ping")) == ["pong"]


def test_a_turn_takes_no_more_than_its_billable_characters():
    here = talk(Rights(turn_characters=10))
    assert refusal(here.say("speak", turn="a", text="你好你好你好")) == ("forbidden", "text")
    assert kinds(here.say("speak", turn="b", text="你好你好你"))[0] == "turn.accepted"
    here.say("turn.open", turn="c")
    here.say("turn.append", turn="c", text="123456")
    assert refusal(here.say("turn.append", turn="c", text="78901")) == ("forbidden", "text")
    assert here.session.written("c") == 6
    assert kinds(here.say("turn.append", turn="c", text="7890")) == []
    assert here.session.written("c") == 10


def test_labels_are_set_whatever_the_client_says():
    here = talk(Rights(labels={"guild": "1"}), labels={"guild": "2", "room": "9"})
    assert shown(here.session.config)["labels"] == {"guild": "1", "room": "9"}
    opened = here.say("speak", turn="a", text="Hello.", labels={"guild": "3", "user": "7"})[0]
    assert opened.config.labels == {"guild": "1", "room": "9", "user": "7"}
    assert here.say("speak", turn="b", text="Hello.")[0].config.labels == {"guild": "1", "room": "9"}


def test_all_rights_forbid_nothing():
    here = talk(ALL, text_rules={"markup": "pass"}, voice={"voice_id": "Anyone"}, labels={"a": "b"})
    assert kinds(here.say("speak", turn="a", text="(laughs) Hello."))[0] == "turn.accepted"


def renewed(rights: Rights, config=None) -> Renewed:
    return Renewed(id="r", config=config, rights=rights)


def test_a_new_token_brings_its_rights_and_the_effective_config():
    here = talk(Rights(voices=("narrator",)))
    answer = said(here.hear(renewed(Rights(voices=("x", "narrator"), labels={"guild": "1"}))), Configured)
    assert (answer.re, answer.config["voice"]["voice_id"], answer.config["labels"]) == ("r", "x", {"guild": "1"})


def test_a_new_token_that_does_not_allow_what_holds_is_refused_unless_that_changes_with_it():
    rights = Rights(voices=("x",))
    here = talk(VOICES, voice={"voice_id": "narrator"})
    assert refusal(here.hear(renewed(rights))) == ("forbidden", "voice.voice_id")
    assert here.session.rights is VOICES
    assert kinds(here.hear(renewed(rights, {"voice": {"voice_id": "x"}}))) == ["configured"]
    assert here.session.rights is rights


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"voices": []}, "voices"),
        ({"voices": "narrator"}, "voices"),
        ({"voices": ["v"] * 65}, "voices"),
        ({"languages": ["klingon"]}, "languages.0"),
        ({"characters": 0}, "characters"),
        ({"turn_characters": 1.5}, "turn_characters"),
        ({"sessions": True}, "sessions"),
        ({"origin": "app.example"}, "origin"),
        ({"origin": "https://app.example/"}, "origin"),
        ({"origin": "https://u@app.example"}, "origin"),
        ({"origin": "https://["}, "origin"),
        ({"tenant": "a b"}, "tenant"),
        ({"speak": 1}, "speak"),
        ({"labels": {"": "x"}}, "labels"),
        ({"vioces": ["narrator"]}, "vioces"),
    ],
)
def test_rights_that_are_none_are_refused_by_name(given, field):
    with pytest.raises(Refused) as refused:
        build(Rights, given, "")
    assert refused.value.field == field


def test_an_origin_is_compared_as_browsers_write_it():
    assert build(Rights, {"origin": "HTTPS://App.example:8443"}, "").origin == "https://app.example:8443"
