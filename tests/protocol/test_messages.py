"""What a client may say, and how it is refused."""

import dataclasses
from typing import get_args

import orjson
import pytest

from gateway.errors import Refused
from gateway.protocol.config import parse, understood
from gateway.protocol.events import Error, Event, Part, Pong, Usage, encode
from gateway.protocol.languages import LANGUAGES, canonical
from gateway.protocol.messages import KINDS, ClientMessage, Ping, Speak, TurnCancel, decode

EXAMPLES = {
    "hello": {"v": 1, "framing": "json", "config": {"voice": {}}},
    "configure": {"config": {}},
    "speak": {"turn": "a", "text": "Hi", "voice": "Wise_Woman"},
    "turn.open": {"turn": "a"},
    "turn.append": {"turn": "a", "text": "Hi"},
    "turn.flush": {"turn": "a"},
    "turn.commit": {"turn": "a"},
    "turn.cancel": {"turn": "a", "played_ms": 12.5},
    "playback": {"turn": "a", "played_ms": 3},
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
        ('{"type":"speak","turn":"a","text":"x","track":"left"}', "track"),
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
    ],
)
def test_a_malformed_setting_is_refused_with_its_path(settings, field):
    with pytest.raises(Refused) as refused:
        parse(settings)
    assert refused.value.field == field


def test_unknown_settings_are_listed_by_their_paths():
    known, ignored = understood({"voice": {"styl": 1, "speed": 2}, "profile": "godot", "audio": {"frame_ms": 20}})
    assert known == {"voice": {"speed": 2}, "audio": {}}
    assert ignored == ["audio.frame_ms", "profile", "voice.styl"]


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"), ("en-GB", "en"), ("EN-us", "en"), ("zh", "zh"), ("zh-CN", "zh"), ("zh-HK", "yue"),
        ("zh-Hant-HK", "yue"), ("yue", "yue"), ("nb", "no"), ("nn-NO", "nn"), ("tl", "fil"), ("fil-PH", "fil"),
        ("auto", "auto"), ("auto-x", None), ("tlh", None), ("", None), ("e", None), ("en_US", None), ("iw", "he"),
    ],
)  # fmt: skip
def test_a_tag_is_mapped_onto_the_language_that_is_spoken(tag, language):
    assert canonical(tag) == language


def test_there_are_forty_languages():
    assert len(set(LANGUAGES)) == 40
    assert all(canonical(tag) == tag for tag in LANGUAGES)


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


def test_messages_are_values():
    assert decode('{"type":"ping","t":1}') == Ping(t=1)
    assert decode('{"type":"turn.cancel","all":true}') == TurnCancel(all=True)
    assert decode('{"type":"speak","turn":"a","text":"x"}') == Speak(turn="a", text="x")
