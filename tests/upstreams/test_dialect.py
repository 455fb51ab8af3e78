from dataclasses import replace

import orjson
import pytest

from gateway.errors import UpstreamError
from gateway.protocol.config import TimbreWeight, Voice, VoiceModify
from gateway.upstreams.base import Format, Request
from gateway.upstreams.t2a.dialect import Chunks, Event, decode, http_body, task_start
from gateway.upstreams.t2a.offer import LANGUAGE_BOOST

from .raw import OK, PCM, REQUEST, TRACE, chunk, final, refusing


def test_a_plain_request_says_only_what_is_needed():
    assert orjson.loads(http_body(REQUEST)) == {
        "model": "speech-2.8-turbo",
        "text": "Hello there.",
        "stream": True,
        "stream_options": {"exclude_aggregated_audio": True},
        "voice_setting": {"voice_id": "English_Graceful_Lady", "speed": 1.0, "vol": 1.0, "pitch": 0},
        "audio_setting": {"sample_rate": 24000, "format": "pcm", "channel": 1},
        "language_boost": "English",
    }


def test_a_request_with_every_setting_maps_each():
    voice = Voice(
        voice_id="unused",
        model="speech-2.6-hd",
        speed=1.5,
        vol=2.0,
        pitch=-3,
        emotion="whisper",
        timbre_weights=(TimbreWeight("a", 30), TimbreWeight("b", 70)),
        text_normalization=True,
        latex_read=True,
        pronunciation_dict=("omg/oh my god",),
        voice_modify=VoiceModify(1, -2, 3, "robotic"),
    )
    request = Request("你好", voice, "yue", Format("mp3", 32000, 2, 64000), session="s", first=True)
    assert orjson.loads(http_body(request)) == {
        "model": "speech-2.6-hd",
        "text": "你好",
        "stream": True,
        "stream_options": {"exclude_aggregated_audio": True},
        "voice_setting": {
            "voice_id": "",
            "speed": 1.5,
            "vol": 2.0,
            "pitch": -3,
            "emotion": "whisper",
            "text_normalization": True,
            "latex_read": True,
        },
        "audio_setting": {"sample_rate": 32000, "format": "mp3", "channel": 2, "bitrate": 64000, "force_cbr": True},
        "language_boost": "Chinese,Yue",
        "timbre_weights": [{"voice_id": "a", "weight": 30}, {"voice_id": "b", "weight": 70}],
        "timber_weights": [{"voice_id": "a", "weight": 30}, {"voice_id": "b", "weight": 70}],
        "pronunciation_dict": {"tone": ["omg/oh my god"]},
        "voice_modify": {"pitch": 1, "intensity": -2, "timbre": 3, "sound_effects": "robotic"},
    }


@pytest.mark.parametrize(("body", "kind"), [(http_body, "word_streaming"), (task_start, "word")])
def test_words_are_asked_for_only_where_they_are_wanted(body, kind: str):
    asked = orjson.loads(body(replace(REQUEST, words=True)))
    assert (asked["subtitle_enable"], asked["subtitle_type"]) == (True, kind)
    assert "subtitle_enable" not in orjson.loads(body(REQUEST))


def test_pitch_is_an_integer_on_the_wire():
    voice = replace(Voice(), pitch=2.0)
    assert b'"pitch":2}' in http_body(replace(REQUEST, voice=voice))


@pytest.mark.parametrize("language", LANGUAGE_BOOST)
def test_a_language_goes_by_upstreams_name(language: str):
    body = orjson.loads(http_body(replace(REQUEST, language=language)))
    assert body["language_boost"] == LANGUAGE_BOOST[language]


def test_text_is_data_whatever_it_holds():
    text = '<#5#> (laughs) "}\n\\u0000 \x7f 😀'
    assert orjson.loads(http_body(replace(REQUEST, text=text)))["text"] == text


def test_an_ordinary_chunk_is_its_audio():
    assert decode(chunk(b"\x01\xfe")) == Event(b"\x01\xfe")


@pytest.mark.parametrize(
    "payload",
    [
        orjson.dumps({"base_resp": OK, "data": {"status": 1, "audio": "01fe"}}),
        orjson.dumps({"data": {"audio": "01fe", "ced": "", "status": 1}, "base_resp": OK}),
        orjson.dumps(
            {"data": {"audio": "01FE", "status": 1}, "base_resp": {"status_msg": "success", "status_code": 0}}
        ),
        b'{ "data" : {"audio":"01fe","status":1}, "base_resp":{"status_code":0}}',
        rb'{"data":{"audio":"\u00301fe","status":1,"ced":""},"base_resp":{"status_code":0,"status_msg":""}}',
        b'{"data":{"audio":"01fe","status":1,"ced":""},"base_resp":{"status_code":0,"status_msg":""}}\n',
        b'{"data":{"audio":"01fe","status":1}}',
        b'{"data":{"audio":"01fe","status":1},"base_resp":{"status_code":0,"status_msg":null},"new":[1]}',
    ],
)
def test_other_shapes_of_a_chunk_mean_the_same(payload: bytes):
    assert decode(payload) == Event(b"\x01\xfe")


@pytest.mark.parametrize(
    "payload",
    [
        b'{"data":null,"base_resp":{"status_code":0,"status_msg":""}}',
        b'{"data":{"audio":"","status":1,"ced":""},"base_resp":{"status_code":0,"status_msg":""}}',
        b'{"data":{"audio":null,"status":1},"base_resp":{"status_code":0}}',
        b'{"data":{},"base_resp":{"status_code":0}}',
    ],
)
def test_an_event_without_audio_is_nothing(payload: bytes):
    assert decode(payload) == Event(b"")


@pytest.mark.parametrize(
    "other",
    [
        final(b"\x01\xfe"),
        refusing(1002),
        chunk(b"\x01\xfe").replace(b"01fe", b"01f"),
        chunk(b"\x01\xfe").replace(b"01fe", b"\\u00301fe"),
        chunk(b"\x01\xfe").replace(b'"01fe"', b'"'),
        chunk(b"\x01\xfe").replace(b'"ced":""', b'"subtitle":{}'),
        chunk(b"\x01\xfe", status=12),
        chunk(b"\x01\xfe").replace(b"}}", b"}} "),
    ],
)
def test_after_ordinary_chunks_every_other_event_is_still_told_from_them(other: bytes):
    chunks = Chunks()
    assert [chunks.audio(chunk(data)) for data in (b"\x01\xfe", b"\x02")] == [b"\x01\xfe", b"\x02"]
    assert chunks.audio(other) is None
    assert chunks.audio(chunk(b"\x03")) == b"\x03"


def test_the_last_event_tells_the_bill():
    assert decode(final()) == Event(b"", True, "", TRACE, 12, 1152)
    assert decode(final(b"\x01")) == Event(b"\x01", True, "", TRACE, 12, 1152)
    assert decode(final(usage_characters=None, audio_length="?")) == Event(b"", True, "", TRACE)


def test_status_12_is_not_status_1():
    payload = b'{"data":{"audio":"01fe","status":12},"trace_id":"","base_resp":{"status_code":0,"status_msg":""}}'
    assert decode(payload) == Event(b"\x01\xfe")


@pytest.mark.parametrize("hexadecimal", ["abc", "0g", "0x12", "é1", " 01", "01 "])
def test_audio_that_is_not_hexadecimal_breaks_the_answer(hexadecimal: str):
    for status in (1, 2):
        payload = orjson.dumps({"data": {"audio": hexadecimal, "status": status}, "trace_id": TRACE, "base_resp": OK})
        with pytest.raises(UpstreamError) as error:
            decode(payload)
        assert (error.value.code, error.value.trace_id) == ("upstream_unavailable", TRACE)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b"<html>",
        b'{"data":[]}',
        b'{"data":null}',
        b'{"data":{"audio":5},"base_resp":{"status_code":0}}',
        b'{"data":{"audio":["0"]},"base_resp":{"status_code":0}}',
        b'{"data":"x","base_resp":{"status_code":0}}',
        b'{"base_resp":{"status_code":"0"}}',
        b'{"base_resp":[]}',
        b'{"base_resp":{}}',
        b'{"type":"error","error":{"type":"authorized_error"}}',
        b'{"data":{"audio":"01","status":1},"base_resp":{"status_code":0},"extra_info":7}',
    ],
)
def test_nonsense_breaks_the_answer_and_nothing_else(payload: bytes):
    with pytest.raises(UpstreamError) as error:
        decode(payload)
    assert error.value.code == "upstream_unavailable"


def test_a_refusal_is_seen_even_beside_audio():
    payload = chunk(b"\x01").replace(b'"status_code":0', b'"status_code":1026')
    with pytest.raises(UpstreamError) as error:
        decode(payload)
    assert (error.value.code, error.value.upstream_code, error.value.trace_id) == (
        "content_filtered",
        1026,
        TRACE,
    )


def test_the_trace_may_stand_in_base_resp():
    payload = orjson.dumps({"base_resp": {"status_code": 1002, "status_msg": "", "trace_id": "there"}})
    with pytest.raises(UpstreamError) as error:
        decode(payload)
    assert error.value.trace_id == "there"
    assert refusing(1002) != payload


def test_pcm_asks_for_no_bitrate():
    assert b"bitrate" not in http_body(replace(REQUEST, format=PCM))
