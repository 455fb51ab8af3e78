import time

import pytest

from gateway.errors import UpstreamError
from gateway.upstreams.t2a.sse import SseDecoder

from .raw import STREAM, chunk, refusing, sse

PAYLOADS = [b'{"a":1}', b'{"b":"x y"}', b"[DONE]"]
FRAMINGS = {
    "as documented": sse(*PAYLOADS),
    "single newlines": sse(*PAYLOADS, end=b"\n"),
    "no space": sse(*PAYLOADS, lead=b"data:"),
    "carriage returns": sse(*PAYLOADS, end=b"\r\n\r\n"),
    "single carriage returns": sse(*PAYLOADS, end=b"\r\n"),
    "no newline at the end": sse(*PAYLOADS).rstrip(b"\n"),
    "carriage return at the end": sse(*PAYLOADS).rstrip(b"\n") + b"\r",
    "comments and other fields": b": hi\n\nevent: x\nid: 1\nretry: 5\n\n" + sse(*PAYLOADS) + b":\ndata:\n\ndata\n",
    "byte order mark": b"\xef\xbb\xbf\r\n\n" + sse(*PAYLOADS),
}


def decoded(parts: list[bytes]) -> list[bytes]:
    decoder = SseDecoder()
    return [payload for part in parts for payload in decoder.feed(part)] + decoder.close()


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize("framing", FRAMINGS)
def test_every_framing_gives_the_same_events_in_every_chunking(framing: str):
    body = FRAMINGS[framing]
    for size in range(1, len(body) + 1):
        assert decoded(cut(body, size)) == PAYLOADS
    for at in range(len(body) + 1):
        assert decoded([body[:at], b"", body[at:]]) == PAYLOADS


def test_an_event_is_given_as_soon_as_its_line_has_ended():
    decoder = SseDecoder()
    assert decoder.feed(b'data: {"a":1}') == []
    assert decoder.feed(b"\n") == [b'{"a":1}']
    assert decoder.feed(b'\ndata: {"b":2}\r\nda') == [b'{"b":2}']
    assert decoder.close() == []


@pytest.mark.parametrize("body", [refusing(1002), b' \n{\n "base_resp": {\n}\n}\n\n', b'\xef\xbb\xbf{"data": 1}'])
def test_a_plain_document_is_one_payload_at_the_end(body: bytes):
    document = body.lstrip(b"\xef\xbb\xbf").strip()
    for size in range(1, len(body) + 1):
        assert decoded(cut(body, size)) == [document]


@pytest.mark.parametrize(
    "body", [b"", b"\n\n", b"<html>\n<h1>502</h1>\ndata</html>", b"\x00\xff", b"404 page not found"]
)
def test_what_is_neither_holds_no_event(body: bytes):
    assert decoded([body]) == []
    assert decoded(cut(body, 1)) == []


@pytest.mark.parametrize("lead", [b"data: ", b"{"])
def test_an_endless_event_is_refused(lead: bytes):
    decoder = SseDecoder(limit=1000)
    decoder.feed(lead)
    decoder.feed(b"x" * 990)
    with pytest.raises(UpstreamError) as error:
        decoder.feed(b"x" * 10)
    assert error.value.code == "upstream_unavailable"


def test_many_events_together_may_be_longer_than_the_limit():
    body = sse(*[chunk(bytes(100))] * 50)
    assert len(decoded([body])) == 50
    decoder = SseDecoder(limit=1000)
    assert len(decoder.feed(body)) == 50


def test_a_huge_event_in_small_chunks_takes_linear_time():
    def seconds(size: int) -> float:
        parts = cut(b"data: " + b"0" * size + b"\n\n", 1000)
        began = time.process_time()
        assert len(decoded(parts)[0]) == size
        return time.process_time() - began

    seconds(1_000_000)
    assert seconds(16_000_000) < 8 * 4 * seconds(4_000_000)


def test_leading_blanks_are_not_kept():
    decoder = SseDecoder(limit=1000)
    for _ in range(1000):
        assert decoder.feed(b"\r\n  ") == []
    assert decoder.feed(STREAM)[0] == decoded([STREAM])[0]
