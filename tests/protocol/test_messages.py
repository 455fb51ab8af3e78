"""What a client may say, and how it is refused."""

import dataclasses
from typing import get_args

import orjson
import pytest

from gateway.errors import Refused
from gateway.protocol.checks import integer, number, one_of
from gateway.protocol.encoding import encode
from gateway.protocol.events import Error, Event, Part, Pong, Usage
from gateway.protocol.messages import KINDS, ClientMessage, Ping, Speak, TurnAppend, TurnCancel, decode
from gateway.protocol.patches import parse, understood

EXAMPLES = {
    "hello": {"v": 1, "framing": "json", "config": {"voice": {}}},
    "configure": {"config": {}},
    "speak": {"turn": "a", "text": "Hi", "voice": "Wise_Woman"},
    "turn.open": {
        "turn": "a",
        "text_rules": {"code": "speak"},
        "labels": {"guild": "1"},
        "track": "inn.keeper",
        "when_busy": "replace",
        "priority": -100,
        "expires_ms": 1,
    },
    "turn.append": {"turn": "a", "text": "Hi", "language": "ja", "voice": "Wise_Woman"},
    "turn.flush": {"turn": "a"},
    "turn.commit": {"turn": "a"},
    "turn.cancel": {"turn": "a", "played_ms": 12.5},
    "turn.pause": {"turn": "a"},
    "turn.resume": {"track": "inn.keeper"},
    "playback": {"turn": "a", "played_ms": 3},
    "longform.follow": {"job": "0f1e2d3c"},
    "ping": {"t": [1, {"x": None}]},
    "bye": {},
}


def test_every_message_has_an_example():
    assert set(EXAMPLES) == set(KINDS) == {kind.type for kind in get_args(ClientMessage)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_message_is_decoded_field_by_field(name):
    message = decode(orjson.dumps({"type": name, "id": "7", "n": 3, **EXAMPLES[name]}).decode())
    assert isinstance(message, KINDS[name])
    assert (message.id, message.n) == ("7", 3)
    for key, value in EXAMPLES[name].items():
        given = {"voice_id": value} if key == "voice" else value
        assert getattr(message, key) == given


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_field_nobody_knows_is_named(name):
    with pytest.raises(Refused) as refused:
        decode(orjson.dumps({"type": name, **EXAMPLES[name], "colour": "red"}).decode())
    assert (refused.value.code, refused.value.field) == ("bad_request", "colour")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ("", None),
        ("nonsense", None),
        ("[]", "message"),
        ("{}", "type"),
        ('{"type":1}', "type"),
        ('{"type":"sing"}', "type"),
        ('{"type":"speak"}', "turn"),
        ('{"type":"speak","turn":"a"}', "text"),
        ('{"type":"speak","turn":"a b","text":""}', "turn"),
        ('{"type":"speak","turn":"","text":""}', "turn"),
        ('{"type":"speak","turn":"a","text":5}', "text"),
        ('{"type":"speak","turn":"a","text":"x","track":"left hand"}', "track"),
        ('{"type":"speak","turn":"a","text":"x","when_busy":"wait"}', "when_busy"),
        ('{"type":"speak","turn":"a","text":"x","priority":101}', "priority"),
        ('{"type":"speak","turn":"a","text":"x","expires_ms":0}', "expires_ms"),
        ('{"type":"turn.pause"}', "turn"),
        ('{"type":"turn.resume","turn":"a","track":"b"}', "turn"),
        ('{"type":"speak","turn":"a","text":"x","voice":7}', "voice"),
        ('{"type":"ping","n":-1}', "n"),
        ('{"type":"ping","n":true}', "n"),
        ('{"type":"ping","id":""}', "id"),
        ('{"type":"hello","max_frame_bytes":100}', "max_frame_bytes"),
        ('{"type":"hello","framing":"morse"}', "framing"),
        ('{"type":"turn.cancel"}', "turn"),
        ('{"type":"turn.cancel","turn":"a","all":true}', "turn"),
        ('{"type":"turn.cancel","turn":"a","played_ms":-1}', "played_ms"),
        ('{"type":"playback","turn":"a","played_ms":1,"state":"lost"}', "state"),
        ('{"type":"turn.append","turn":"a"}', "text"),
        ('{"type":"turn.append","turn":"a","text":"","mark":"m"}', "text"),
        ('{"type":"turn.append","turn":"a","mark":"m","pause_ms":1}', "text"),
        ('{"type":"turn.append","turn":"a","pause_ms":1,"language":"en"}', "language"),
        ('{"type":"turn.append","turn":"a","mark":"m","voice":"v"}', "voice"),
    ],
)
def test_a_malformed_message_is_refused_with_its_field(raw, field):
    with pytest.raises(Refused) as refused:
        decode(raw)
    assert (refused.value.code, refused.value.field) == ("bad_request", field)


def test_a_refusal_names_the_message_and_the_turn_where_it_can():
    with pytest.raises(Refused) as refused:
        decode('{"type":"speak","id":"q","turn":"a"}')
    assert (refused.value.re, refused.value.turn) == ("q", "a")
    with pytest.raises(Refused) as refused:
        decode('{"type":"speak","id":7,"turn":"not valid"}')
    assert (refused.value.re, refused.value.turn) == (None, None)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"voice": 1}, "voice"),
        ({"voice": {"speed": "fast"}}, "voice.speed"),
        ({"voice": {"pitch": 1.5}}, "voice.pitch"),
        ({"voice": {"timbre_weights": [{"voice_id": "a"}]}}, "voice.timbre_weights.0.weight"),
        ({"voice": {"timbre_weights": [{"voice_id": "a", "weight": 1}] * 5}}, "voice.timbre_weights"),
        ({"language": "tlh"}, "language"),
        ({"language": 3}, "language"),
        ({"audio": {"lead_ms": "soon"}}, "audio.lead_ms"),
        ({"audio": {"codec": "ogg"}}, "audio.codec"),
        ({"audio": {"rate": "24000"}}, "audio.rate"),
        ({"captions": "all"}, "captions"),
        ({"lip": 1}, "lip"),
        ({"labels": {"a": 1}}, "labels.a"),
        ({"text_rules": {"code": "read"}}, "text_rules.code"),
        ({"voices": {"ja": 3}}, "voices.ja"),
        ({"voices": {"ja": {"speed": 3}}}, "voices.ja.speed"),
    ],
)
def test_a_malformed_setting_is_refused_with_its_path(settings, field):
    with pytest.raises(Refused) as refused:
        parse(settings)
    assert refused.value.field == field


def test_unknown_settings_are_listed_by_their_paths():
    known, ignored = understood({"voice": {"styl": 1, "speed": 2}, "manner": "godot", "audio": {"frame_s": 20}})
    assert known == {"voice": {"speed": 2}, "audio": {}}
    assert ignored == ["audio.frame_s", "manner", "voice.styl"]


def test_events_leave_out_what_is_none_and_strip_the_underscore():
    assert orjson.loads(encode(Pong(t=1))) == {"type": "pong", "t": 1}
    event = Error(code="bad_request", message="No.", retryable=False)
    assert orjson.loads(encode(event, 4)) == {
        "type": "error", "seq": 4, "code": "bad_request", "message": "No.", "retryable": False, "fatal": False,
    }  # fmt: skip


def test_a_message_too_large_for_a_frame_leaves_out_texts_and_keeps_spans():
    from gateway.protocol.events import TurnCancelled

    part = Part("x" * 5000, (0, 5000), 3, exact=False, by="estimate")
    event = TurnCancelled(turn="a", reason="client", heard=part, unheard=part, sent_ms=0, usage=Usage())
    sent = orjson.loads(encode(event, 1, 4096))
    assert sent["heard"] == {"span": [0, 5000], "ms": 3, "exact": False, "by": "estimate"}
    assert len(encode(event, 1, 65536)) > 4096


def test_every_event_is_a_flat_dataclass_with_a_type():
    for kind in Event.__subclasses__():
        assert dataclasses.is_dataclass(kind)
        assert isinstance(kind.type, str)


def test_an_append_is_a_text_a_mark_or_a_pause():
    assert decode('{"type":"turn.append","turn":"a","text":""}') == TurnAppend(turn="a", text="")
    assert decode('{"type":"turn.append","turn":"a","mark":"door opens"}') == TurnAppend(turn="a", mark="door opens")
    assert decode('{"type":"turn.append","turn":"a","pause_ms":250}') == TurnAppend(turn="a", pause_ms=250)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("turn.opne", "turn.open"), ("Speak", "speak"), ("append", "turn.append"), ("dance", None), ("", None)],
)
def test_a_misspelt_name_is_answered_with_the_one_that_was_meant(said, meant):
    with pytest.raises(Refused) as refused:
        decode(orjson.dumps({"type": said}).decode())
    assert refused.value.message.partition("; ")[2] == (f"did you mean {meant}?" if meant else "")


def test_what_is_no_name_at_all_is_compared_with_nothing_and_never_repeated():
    secret = "sk-" + "7" * 100_000
    with pytest.raises(Refused) as refused:
        parse({"voice": {"emotion": secret}})
    assert "sk-" not in refused.value.message


@pytest.mark.parametrize(
    ("check", "value", "near"),
    [
        (integer(1, 9), 10, "9"),
        (integer(1, 9), 2.4, "2"),
        (integer(1, 9), -2.4, "1"),
        (integer(1, 9), 10**15, "9"),
        (integer(1, 9), "5", None),
        (integer(1, 9), True, None),
        (number(0.5), 0.1, "0.5"),
        (number(0.5, 2), 2.01, "2"),
        (number(0.5, 2), float("nan"), None),
        (number(0.5, 2), float("inf"), None),
        (number(0, 10, above=0.01), 0, "0.01"),
        (number(0, 10, above=0.01), 11, "10"),
        (one_of("plain", "raw"), "plaim", "plain"),
        (one_of("pcm_s16le", "mp3"), "pcm", "pcm_s16le"),
        (one_of("sad", "happy"), "s", None),
        (one_of("Wise", "Young"), "wise", "Wise"),
        (one_of("plain", "raw"), ["raw"], None),
    ],
)
def test_a_refusal_leads_to_the_nearest_good_value(check, value, near):
    with pytest.raises(Refused) as refused:
        check(value, "it")
    hint = refused.value.message.partition("; ")[2]
    assert hint in ({""} if near is None else {f"{near} is the nearest.", f"did you mean {near}?"})
    assert refused.value.message[-1] in ".?"


def test_messages_are_values():
    assert decode('{"type":"ping","t":1}') == Ping(t=1)
    assert decode('{"type":"turn.cancel","all":true}') == TurnCancel(all=True)
    assert decode('{"type":"speak","turn":"a","text":"x"}') == Speak(turn="a", text="x")
