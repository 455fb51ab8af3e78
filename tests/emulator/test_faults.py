"""Faults by script, the record of what was asked, and rate limits."""

import contextlib
import json

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from gateway.emulator import Habits
from gateway.emulator.limits import Limits, Rate
from gateway.emulator.refusals import Refusal
from tests.emulator.served import KEY, order, post, served
from tests.emulator.talk import CLASSIC, audio, code, events, talking
from tests.tones import heard, ids

TEXT = "one two three four five"
BODY = order(TEXT, "test_tones")


@pytest.fixture
def clean(url):
    """The shared emulator without faults and records."""
    for path in ("faults", "usage"):
        httpx.delete(f"{url}/emulator/{path}")
    yield url
    for path in ("faults", "usage"):
        httpx.delete(f"{url}/emulator/{path}")


def load(url, *faults):
    assert httpx.post(f"{url}/emulator/faults", json=faults).json() == {"loaded": len(faults)}


def usage(url):
    return httpx.get(f"{url}/emulator/usage").json()


def chunks(url, body=BODY):
    """What a stream brings until it ends or breaks: its bytes, and the exception it broke with."""
    got, broke = b"", None
    with httpx.stream("POST", f"{url}/v1/t2a_v2", json={**body, "stream": True}, headers=KEY) as response:
        try:
            for data in response.iter_raw():
                got += data
        except httpx.HTTPError as error:
            broke = error
    return got, broke


def lines(got):
    return [json.loads(line[6:]) for line in got.decode().split("\n\n") if line.endswith("}")]


def sound(got):
    return b"".join(bytes.fromhex(event["data"]["audio"]) for event in lines(got) if event["data"]["status"] == 1)


@pytest.mark.parametrize("at", [0, 1, 5000, 9999])
def test_a_stream_is_cut_after_so_many_bytes(clean, at):
    load(clean, {"kind": "cut", "at": at})
    got, broke = chunks(clean)
    assert broke is not None
    assert len(sound(got)) == at
    assert usage(clean)["requests"][0]["outcome"] == "cut"


def test_a_cut_may_tear_an_event(clean):
    load(clean, {"kind": "cut", "at": 5000, "torn": True})
    got, broke = chunks(clean)
    assert broke is not None
    assert got.rpartition(b"\n\n")[2].startswith(b'data: {"data":{"audio":"')


@pytest.mark.parametrize("at", [0, 5000])
def test_a_truncated_stream_ends_cleanly_without_its_last_event(clean, at):
    load(clean, {"kind": "truncated", "at": at})
    got, broke = chunks(clean)
    assert broke is None
    assert len(sound(got)) == at
    assert all(event["data"]["status"] == 1 for event in lines(got))


def test_the_final_event_may_be_missing(clean):
    load(clean, {"kind": "missing_final"})
    got, broke = chunks(clean)
    assert broke is None
    assert heard(sound(got), 16000) == ids(TEXT)
    assert "extra_info" not in got.decode()


def test_hex_may_be_bad(clean):
    load(clean, {"kind": "bad_hex", "at": 3200})
    got, _ = chunks(clean)
    assert sum(event["data"]["audio"].startswith("zz") for event in lines(got)) == 1


def test_chunks_may_be_odd(clean):
    load(clean, {"kind": "odd"})
    got, _ = chunks(clean)
    assert all(len(event["data"]["audio"]) // 2 % 2 for event in lines(got)[:-2])
    assert heard(sound(got), 16000) == ids(TEXT)


def test_an_error_may_come_before_or_amid_the_sound(clean):
    load(clean, {"kind": "error", "code": 1008, "message": "insufficient balance"}, {"kind": "error", "at": 6400})
    refused = post(clean, {**BODY, "stream": True}).json()
    assert refused == {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
    got, broke = chunks(clean)
    *good, bad = lines(got)
    assert broke is None
    assert code(bad) == 1000
    assert all(code(event) == 0 for event in good)
    assert len(sound(got)) == 6400


def test_a_proxy_may_answer_with_html(clean):
    load(clean, {"kind": "http", "status": 503})
    response = post(clean, BODY)
    assert response.status_code == 503
    assert response.headers["content-type"].startswith("text/html")


def test_a_stream_may_stall_and_go_on_or_drip(clean):
    load(
        clean,
        {"kind": "stall", "at": 6400, "ms": 10},
        {"kind": "drip", "bytes": 5000, "ms": 1},
        {"kind": "delay", "ms": 1},
    )
    for _ in range(3):
        got, broke = chunks(clean)
        assert broke is None
        assert heard(sound(got), 16000) == ids(TEXT)


def test_a_stream_may_stall_for_ever(clean):
    load(clean, {"kind": "stall", "at": 6400})
    with httpx.stream(
        "POST", f"{clean}/v1/t2a_v2", json={**BODY, "stream": True}, headers=KEY, timeout=0.2
    ) as response:
        got = b""
        with contextlib.suppress(httpx.ReadTimeout):
            for data in response.iter_raw():
                got += data
    assert len(sound(got)) == 6400


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [({"kind": "cut"}, httpx.HTTPError), ({"kind": "truncated"}, None), ({"kind": "missing_final"}, None)],
)
def test_a_whole_answer_may_be_cut_too(clean, fault, outcome):
    load(clean, fault)
    if outcome:
        with pytest.raises(outcome):
            post(clean, BODY)
    else:
        with pytest.raises(ValueError):
            post(clean, BODY).json()


def test_faults_wait_for_the_requests_they_are_meant_for(clean):
    refused = {"kind": "error", "code": 1000}
    load(clean, {**refused, "text": "special", "times": 2}, {"kind": "none"}, {**refused, "endpoint": "http"})
    texts = ("plain", "very special", "plain", "special", "special")
    answers = [post(clean, order(text, "test_tones")).json()["base_resp"]["status_code"] for text in texts]
    assert answers == [0, 1000, 1000, 1000, 0]


def test_chances_repeat_with_their_seed(clean):
    def outcomes():
        load(clean, {"kind": "error", "probability": 0.5, "seed": 7, "times": None})
        codes = [post(clean, BODY).json()["base_resp"]["status_code"] for _ in range(20)]
        httpx.delete(f"{clean}/emulator/faults")
        return codes

    first = outcomes()
    assert first == outcomes()
    assert set(first) == {0, 1000}


@pytest.mark.parametrize("fault", [{"kind": "unheard-of"}, {"kind": "cut", "where": 3}, {"at": 3}, 5])
def test_what_is_no_fault_is_refused(clean, fault):
    assert httpx.post(f"{clean}/emulator/faults", json=fault).status_code == 400


def socket_task(url, *, finish=True):
    """Whoever still writes when the connection is reset loses what had come."""
    with talking(url) as talk:
        talk.start()
        talk.say("task_continue", text=TEXT)
        if finish:
            talk.say("task_finish")
        return talk.hear_all(), talk.socket.protocol.close_exc


def test_sockets_are_harmed_as_streams_are(clean):
    load(
        clean,
        {"kind": "cut", "at": 5000},
        {"kind": "truncated", "at": 5000},
        {"kind": "missing_final"},
        {"kind": "error", "at": 5000},
    )
    frames, closed = socket_task(clean, finish=False)
    assert len(audio(frames)) == 5000
    assert isinstance(closed, ConnectionClosedError)
    frames, closed = socket_task(clean)
    assert len(audio(frames)) == 5000
    assert closed.rcvd.code == 1000
    frames, _ = socket_task(clean)
    assert events(frames)[2:] == ["task_continued", "task_finished"]
    frames, _ = socket_task(clean)
    assert events(frames)[2:] == ["task_continued", "task_failed"]
    assert [entry["outcome"] for entry in usage(clean)["requests"]] == ["cut", "truncated", "missing_final", "1000"]


def test_a_socket_may_refuse_a_good_key_or_its_upgrade(clean):
    load(clean, {"kind": "http", "status": 502, "endpoint": "ws"}, {"kind": "key", "form": "frame_2049"})
    with pytest.raises(InvalidStatus) as refused, talking(clean):
        pass
    assert refused.value.response.status_code == 502
    with talking(clean, CLASSIC) as talk:
        assert [code(frame) for frame in talk.hear_all()] == [2049]


def test_what_was_asked_and_billed_is_recorded(clean):
    post(clean, order("你好 you", "test_tones"))
    post(clean, order("lost", "No_Such_Voice"))
    socket_task(clean)
    report = usage(clean)
    traces = [entry.pop("trace_id") for entry in report["requests"]]
    assert all(entry.pop("request") for entry in report["requests"])
    assert len(set(traces)) == 3
    same = {"key": "…-key", "model": "speech-2.8-turbo", "voices": ["test_tones"], "outcome": "done"}
    lost = {"key": "…-key", "model": "", "voices": [], "outcome": "2054"}
    size = report["requests"][0]["bytes_sent"], report["requests"][2]["bytes_sent"]
    assert report["requests"] == [
        {**same, "endpoint": "http", "text": "你好 you", "billed": 8, "usd": 0.00048, "bytes_sent": size[0]},
        {**lost, "endpoint": "http", "text": "", "billed": 0, "usd": 0.0, "bytes_sent": 0},
        {**same, "endpoint": "ws", "text": TEXT, "billed": 23, "usd": 0.00138, "bytes_sent": size[1]},
    ]
    assert report["totals"] == {"requests": 3, "billed": 31, "bytes_sent": sum(size), "usd": 0.00186}
    assert report["fees"] == []
    assert httpx.delete(f"{clean}/emulator/usage").json()["requests"] == []


def test_requests_and_characters_are_limited_in_a_sliding_window():
    limits = Limits(Habits(requests_per_minute=2, characters_per_minute=100))
    limits.take("a", 50, 0.0)
    limits.take("a", 50, 10.0)
    limits.take("b", 50, 10.0)
    with pytest.raises(Refusal, match="1002"):
        limits.take("a", 1, 59.0)
    with pytest.raises(Refusal, match="1039"):
        limits.take("a", 51, 61.0)
    limits.take("a", 50, 61.0)


def test_calls_of_one_kind_are_limited_in_a_sliding_window():
    rate = Rate(2, 1.0)
    rate.take("a", 0.0)
    rate.take("a", 0.5)
    rate.take("b", 0.5)
    with pytest.raises(Refusal, match="1002"):
        rate.take("a", 0.9)
    rate.take("a", 1.0)
    Rate(None, 1.0).take("a", 0.0)


def test_a_rate_limit_is_answered_to_the_letter():
    with served(Habits(neural_english=False, requests_per_minute=1)) as base:
        post(base, BODY)
        response = post(base, {**BODY, "stream": True})
    assert response.text == '{"base_resp":{"status_code":1002,"status_msg":"rate limit exceeded(RPM)"}}'
    assert response.headers["content-length"] == "74"
    assert "retry-after" not in response.headers


def test_a_cut_stream_leaves_no_traceback(clean, caplog):
    load(clean, {"kind": "cut", "at": 700})
    chunks(clean)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
