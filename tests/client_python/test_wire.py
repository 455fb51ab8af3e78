import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from voice_gateway_client.address import stream_url
from voice_gateway_client.errors import VoiceError, may_come_back
from voice_gateway_client.messages import AudioFormat, AudioFrame, TurnFailed, TurnStarted
from voice_gateway_client.wire import WireError, encode, parse_frame, parse_message

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "frames.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=lambda vector: vector["name"])
def test_frames_are_read_as_the_vectors_say(vector):
    fields = {key: vector[key] for key in ("seq", "position", "segment", "kind", "cached")}
    frame = AudioFrame(data=bytes.fromhex(vector["payload"]), **fields)
    assert parse_frame(bytes.fromhex(vector["hex"])) == (vector["handle"], frame)


@pytest.mark.parametrize("raw", VECTORS["malformed"])
def test_a_frame_shorter_than_its_header_is_refused(raw):
    with pytest.raises(WireError):
        parse_frame(bytes.fromhex(raw))


def test_a_message_becomes_its_value_and_unknown_fields_are_ignored():
    audio = {"codec": "mp3", "rate": 24000, "channels": 1, "unit": "bytes", "bitrate": 64000, "new": 1}
    raw = json.dumps({"type": "turn.started", "seq": 2, "turn": "a", "handle": 1, "audio": audio})
    assert parse_message(raw) == TurnStarted("a", AudioFormat("mp3", 24000, 1, "bytes", 64000))


def test_a_failure_may_leave_out_texts():
    part = {"span": [0, 1]}
    error = {"code": "internal", "message": "m", "retryable": True}
    usage = {"characters": 1, "billed_characters": 1, "cached_characters": 0, "requests": 1}
    given = {"type": "turn.failed", "turn": "a", "error": error, "heard": part, "unheard": part, "sent_ms": 0}
    parsed = parse_message(json.dumps(given | {"usage": usage}))
    assert isinstance(parsed, TurnFailed)
    assert (parsed.heard.span, parsed.heard.text, parsed.error.retryable) == ((0, 1), None, True)


def test_a_message_of_a_later_version_is_nothing():
    assert parse_message('{"type":"smell","levels":[1]}') is None


@pytest.mark.parametrize(
    "raw",
    ["", "[]", "{}", '{"type":1}', '{"type":"turn.flushed","turn":"a"}', '{"type":"turn.flushed","turn":1,"at_ms":1}',
     '{"type":"turn.flushed","turn":"a","at_ms":true}', '{"type":"turn.started","turn":"a","audio":[]}'],
)  # fmt: skip
def test_what_is_not_of_the_protocol_is_refused(raw):
    with pytest.raises(WireError):
        parse_message(raw)


@given(st.text(), st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_anything_is_a_message_nothing_or_refused(text, fields):
    for raw in (text, json.dumps(fields), json.dumps({**fields, "type": "turn.done"})):
        with contextlib.suppress(WireError):
            parse_message(raw)


def test_none_and_half_characters_stay_out():
    assert encode("speak", turn="a", text="\ud83d你", voice=None) == '{"type":"speak","turn":"a","text":"?你"}'


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/stream"),
        ("https://voice.example/", "wss://voice.example/v1/stream"),
        ("wss://voice.example/under/v1/stream", "wss://voice.example/under/v1/stream"),
        ("ws://[::1]:9", "ws://[::1]:9/v1/stream"),
    ],
)
def test_an_address_may_be_written_shortly(given, url):
    assert stream_url(given) == url


@pytest.mark.parametrize("given", ["", "127.0.0.1:8080", "ftp://h", "http://", "http://h:x", "http://h:99999"])
def test_what_is_no_address_is_refused(given):
    with pytest.raises(VoiceError) as refused:
        stream_url(given)
    assert refused.value.code == "bad_url"


def test_close_codes_go_by_ranges():
    assert [code for code in (1000, 1002, 1006, 1009, 1012, 4001, 4099, 4100, 4203, 4300) if may_come_back(code)] == [
        1000, 1006, 1012, 4100, 4203,
    ]  # fmt: skip
