import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Heard
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.codes import CODES
from gateway.upstreams.t2a.http import HttpT2A
from gateway.upstreams.t2a.patience import Patience
from gateway.upstreams.valve import Valve

from .raw import (
    CHUNKS,
    FINISHED,
    KEY,
    REQUEST,
    SOUND,
    STREAM,
    TLS,
    TRACE,
    Ear,
    Server,
    Spoken,
    answering,
    chunk,
    final,
    refusing,
    response,
    sound,
    spoken,
    sse,
)
from .timing import Time

WHOLE = (SOUND, FINISHED)
"""What one wake-up brought comes as one piece, so that only the whole is the same each time."""


async def spoken_whole(upstream):
    *audio, finished = await spoken(upstream)
    return sound(audio), finished


@asynccontextmanager
async def asking(
    *writes: bytes, stay: bool = False, patience: Patience | None = None
) -> AsyncIterator[tuple[HttpT2A, Server]]:
    async with answering(*writes, stay=stay) as server:
        upstream = HttpT2A(server.url, Secret(KEY), patience, TLS)
        try:
            yield upstream, server
        finally:
            await upstream.aclose()


async def failure(*writes: bytes, stay: bool = False, patience: Patience | None = None) -> UpstreamError:
    async with asking(*writes, stay=stay, patience=patience) as (upstream, _):
        with pytest.raises(UpstreamError) as error:
            await spoken(upstream)
        return error.value


async def test_a_request_is_spoken_as_it_comes():
    async with asking(response(STREAM)) as (upstream, server):
        assert await spoken_whole(upstream) == WHOLE
        assert server.header("Authorization") == f"Bearer {KEY}"
        assert server.header("Content-Type") == "application/json"
        assert server.header("Accept-Encoding") == "identity"
        assert server.body()["text"] == "Hello there."


async def test_audio_is_heard_before_the_answer_is_complete():
    first = sse(chunk(CHUNKS[0]))
    async with asking(response(b"") + first, stay=True) as (upstream, server):
        async with Ear(upstream) as ear:
            assert await ear.next() == Audio(CHUNKS[0])
        await server.closed.wait()


async def test_cancelling_closes_the_connection():
    async with asking(response(b""), stay=True) as (upstream, server):
        task = asyncio.create_task(spoken(upstream))
        await server.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.closed.wait()


async def test_a_body_read_whole_leaves_its_connection_for_the_next_request():
    async with asking(response(STREAM, length=True), stay=True) as (upstream, server):
        for _ in range(3):
            assert await spoken_whole(upstream) == WHOLE
        await asyncio.gather(*(spoken(upstream) for _ in range(40)))
        before = server.connections
        await asyncio.gather(*(spoken(upstream) for _ in range(40)))
        assert (server.connections, len(server.requests)) == (before, 83)


async def test_a_body_that_does_not_end_after_the_last_event_holds_nobody_up():
    body = response(STREAM).replace(b"Connection: close", b"Content-Length: 100000")
    async with asking(body, stay=True, patience=Patience(drain=0.01)) as (upstream, _):
        assert await spoken_whole(upstream) == WHOLE


async def test_a_stream_in_any_chunking_is_the_same():
    body = response(STREAM)
    for size in (1, 2, 3, 7, 64, 100, 333):
        async with asking(*(body[at : at + size] for at in range(0, len(body), size))) as (upstream, _):
            events = await spoken(upstream)
        assert (sound(events), events[-1]) == (SOUND, FINISHED)


async def outcome(upstream: HttpT2A) -> tuple[bytes, Spoken | str]:
    events: list[Spoken] = []
    try:
        finished = await upstream.speak(REQUEST, events.append, Valve())
    except UpstreamError as error:
        return sound(events), error.code
    return sound(events), finished


@pytest.mark.parametrize("length", [False, True])
async def test_cut_at_any_byte_an_answer_is_complete_or_an_error(length: bool):
    body = response(STREAM, length=length)
    # A body of known length that lacks a byte is broken for HTTP: its last event counts once its line has ended.
    end = len(body) - (1 if length else 2)

    async def cut(at: int) -> None:
        async with asking(body[:at]) as (upstream, _):
            audio, last = await outcome(upstream)
        assert SOUND.startswith(audio)
        assert (audio, last) == (SOUND, FINISHED) if at >= end else last == "upstream_unavailable", at

    for start in range(0, len(body) + 1, 50):
        await asyncio.gather(*(cut(at) for at in range(start, min(start + 50, len(body) + 1))))


@pytest.mark.parametrize("code", CODES)
async def test_a_refusal_is_understood_in_each_of_its_forms(code: int):
    trace = f"Trace-Id: {TRACE}\r\n"
    plain = refusing(code, f"secret {KEY} refused")
    for answer in (
        response(plain, kind="application/json", headers=trace),
        response(plain, headers=trace),
        response(sse(plain), headers=f"X-{trace}"),
        response(sse(*map(chunk, CHUNKS), plain), headers=trace),
        response(plain, status="400 Bad Request", kind="application/json", headers=trace),
    ):
        error = await failure(answer)
        assert (error.code, error.upstream_code, error.trace_id) == (CODES[code], code, TRACE)
        assert "refused" not in str(error) or "refused" in error.kind.message


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("401 Unauthorized", "upstream_auth"),
        ("403 Forbidden", "upstream_auth"),
        ("404 Not Found", "upstream_unavailable"),
        ("429 Too Many Requests", "upstream_rate_limited"),
        ("500 Internal Server Error", "upstream_unavailable"),
        ("502 Bad Gateway", "upstream_unavailable"),
        ("503 Service Unavailable", "upstream_unavailable"),
        ("504 Gateway Timeout", "upstream_timeout"),
    ],
)
async def test_a_load_balancers_status_speaks_for_itself(status: str, code: str):
    page = b"<html>\r\n<body>data: nothing</body></html>" + b" " * 200_000
    assert (await failure(response(page, status=status, kind="text/html"))).code == code
    assert (await failure(response(b"{}", status=status, kind="application/json"))).code == code


async def test_a_redirect_is_not_followed():
    async with answering(response(STREAM)) as elsewhere:
        moved = response(b"", status="307 Temporary Redirect", headers=f"Location: {elsewhere.url}\r\n")
        assert (await failure(moved)).code == "upstream_unavailable"
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        response(b""),
        response(b"<html>502</html>", kind="text/html"),
        response(sse(chunk(b"ab").replace(b"6162", b"616"), final())),
        response(sse(b'{"data":', final())),
        response(sse(final(b""))),
        response(b"\x1f\x8b broken", headers="Content-Encoding: gzip\r\n"),
        response(STREAM, length=True)[:-30],
    ],
)
async def test_an_answer_that_makes_no_sense_is_an_error(answer: bytes):
    assert (await failure(answer)).code == "upstream_unavailable"


@pytest.mark.parametrize("beginning", [b"", response(b""), response(sse(chunk(b"")))])
async def test_no_audio_in_time_is_a_timeout(beginning: bytes):
    error = await failure(beginning, stay=True, patience=Patience(first_audio=0.02))
    assert error.code == "upstream_timeout"


async def test_audio_that_stops_coming_is_a_timeout_after_what_came():
    async with asking(response(sse(chunk(b"ab"))), stay=True, patience=Patience(next_audio=0.02)) as (
        upstream,
        _,
    ):
        assert await outcome(upstream) == (b"ab", "upstream_timeout")


async def test_the_time_a_reader_takes_does_not_count():
    time = Time()
    async with answering(response(b""), sse(chunk(b"a")), sse(final())) as server:
        upstream = HttpT2A(server.url, Secret(KEY), context=TLS, clock=time)
        async with Ear(upstream) as ear:
            assert await ear.next() == Audio(b"a")
            ear.valve.turn(shut=True)
            time.now += 1000
            ear.valve.turn(shut=False)
            assert await ear.next() == FINISHED
        await upstream.aclose()


async def test_what_came_before_a_refusal_in_the_same_bytes_is_heard():
    async with asking(response(sse(*map(chunk, CHUNKS), refusing(1027)))) as (upstream, _):
        assert await outcome(upstream) == (SOUND, "content_filtered")


async def test_a_hearers_bug_ends_the_request_and_is_raised():
    def stumble(event: Heard) -> None:
        raise ZeroDivisionError

    async with asking(response(sse(chunk(b"a"))), stay=True) as (upstream, server):
        with pytest.raises(ZeroDivisionError):
            await upstream.speak(REQUEST, stumble, Valve())
        await server.closed.wait()


async def test_who_is_held_up_is_sent_no_more_and_loses_nothing():
    body = sse(*[chunk(bytes(1000))] * 20_000, final(b""))
    async with asking(response(body, length=True), stay=True) as (upstream, _), Ear(upstream) as ear:
        first = await ear.next()
        ear.valve.turn(shut=True)
        assert isinstance(first, Audio)
        under_way = ear.heard
        for _ in range(20):
            await asyncio.sleep(0)
        assert ear.heard == under_way
        ear.valve.turn(shut=False)
        events = [first, *await ear.rest()]
    assert (sound(events), events[-1]) == (bytes(20_000_000), FINISHED)


async def test_phases_and_failures_are_observed():
    observed: list[str] = []
    failures: list[int | None] = []
    whole, refused, cut = response(STREAM), response(refusing(1002)), response(STREAM)[:-30]
    for answer in (whole, refused, cut):
        async with answering(answer) as server:
            upstream = HttpT2A(
                server.url,
                Secret(KEY),
                context=TLS,
                observe=lambda phase, seconds: observed.append(f"{phase} {seconds}"),
                observe_error=failures.append,
                clock=Time(step=1),
            )
            await outcome(upstream)
            await upstream.aclose()
    assert [entry.split()[0] for entry in observed] == ["connect", "upstream", "connect", "connect", "upstream"]
    assert all(float(entry.split()[1]) >= 1 for entry in observed)
    assert failures == [1002, None]


async def test_nobody_listening_is_unavailable():
    async with answering() as server:
        url = server.url
    upstream = HttpT2A(url, Secret(KEY), context=TLS)
    with pytest.raises(UpstreamError) as error:
        await spoken(upstream)
    assert error.value.code == "upstream_unavailable"
    await upstream.aclose()


async def test_the_key_and_the_text_are_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    text = "the-user-said-this"
    answers = [
        response(STREAM),
        response(refusing(2049)),
        b"",
        response(b"", status="401 No"),
        response(STREAM)[:-40],
    ]
    for answer in answers:
        async with asking(answer) as (upstream, server):
            try:
                await spoken(upstream, replace(REQUEST, text=text))
            except UpstreamError as error:
                shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__cause__)
                assert KEY not in shown
                assert text not in shown
            assert KEY.encode() in server.requests[-1]
            assert KEY not in repr(upstream)
    assert KEY not in caplog.text
    assert text not in caplog.text
