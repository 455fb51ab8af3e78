import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import orjson
import pytest
from websockets.asyncio.server import Request as Upgrade
from websockets.asyncio.server import Response, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.bidi import BidiDialog
from gateway.upstreams.t2a.classic import ClassicDialog
from gateway.upstreams.t2a.patience import Patience
from gateway.upstreams.t2a.websocket import WebSocketT2A

from .raw import KEY, REQUEST, TRACE, Ear, refusing, spoken
from .test_dialogs import CANCELED, FLUSHED, audio, final, says

WHOLE = [Audio(b"a"), Audio(b"b"), Finished(TRACE, 7, 100)]
WELCOME = says("connected_success")
STARTED = says("task_started")
Script = Callable[["Service", ServerConnection, dict[str, Any]], Awaitable[None]]


@dataclass
class Service:
    script: Script
    url: str = ""
    welcome: bytes = WELCOME
    started: bytes = STARTED
    refuse: tuple[HTTPStatus, bytes] | None = None
    heard: list[list[dict[str, Any]]] = field(default_factory=list)
    """By connection, its messages."""
    keys: list[str] = field(default_factory=list)
    closed: asyncio.Queue[int] = field(default_factory=asyncio.Queue)

    def upgrade(self, connection: ServerConnection, request: Upgrade) -> Response | None:
        self.keys.append(request.headers["Authorization"])
        if self.refuse is None:
            return None
        response = connection.respond(self.refuse[0], self.refuse[1].decode())
        response.headers["Trace-Id"] = TRACE
        return response

    async def talk(self, connection: ServerConnection) -> None:
        messages: list[dict[str, Any]] = []
        self.heard.append(messages)
        try:
            await connection.send(self.welcome, text=True)
            async for text in connection:
                messages.append(orjson.loads(text))
                if messages[-1]["event"] == "task_start":
                    await connection.send(self.started, text=True)
                else:
                    await self.script(self, connection, messages[-1])
        except ConnectionClosed:
            pass
        finally:
            self.closed.put_nowait(len(self.heard))


async def speaks(service: Service, connection: ServerConnection, message: dict[str, Any]) -> None:
    """Says any text as two pieces, in either dialect."""
    answers = {"task_continue": [audio(b"a"), audio(b"b"), final()], "task_flush": [FLUSHED], "task_cancel": [CANCELED]}
    for answer in answers[message["event"]]:
        await connection.send(answer, text=True)


async def halts(service: Service, connection: ServerConnection, message: dict[str, Any]) -> None:
    """Begins a text and does not go on until it is cancelled."""
    answers = {"task_continue": [audio(b"a")], "task_flush": [], "task_cancel": [audio(b"late"), FLUSHED, CANCELED]}
    for answer in answers[message["event"]]:
        await connection.send(answer, text=True)


@asynccontextmanager
async def asking(
    dialog: type[BidiDialog | ClassicDialog], script: Script = speaks, patience: Patience | None = None, **more: Any
) -> AsyncIterator[tuple[WebSocketT2A, Service]]:
    service = Service(script, **more)
    async with serve(service.talk, "127.0.0.1", 0, process_request=service.upgrade, compression=None) as server:
        service.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
        upstream = WebSocketT2A(service.url, Secret(KEY), dialog, patience)
        try:
            yield upstream, service
        finally:
            await upstream.aclose()


both = pytest.mark.parametrize("dialog", [BidiDialog, ClassicDialog])
Dialogs = type[BidiDialog | ClassicDialog]


async def quiet(upstream: WebSocketT2A) -> None:
    """Nothing goes on in the background."""
    await asyncio.gather(*upstream._tasks, return_exceptions=True)


@both
async def test_a_text_is_spoken(dialog: Dialogs):
    async with asking(dialog) as (upstream, service):
        assert await spoken(upstream) == WHOLE
        await quiet(upstream)
    assert service.keys == [f"Bearer {KEY}"] * 2
    starts = [messages[0]["event"] for messages in service.heard]
    assert starts == ["task_start"] * 2


@both
async def test_lines_are_used_again_and_one_spare_is_ready(dialog: Dialogs):
    async with asking(dialog) as (upstream, service):
        for _ in range(5):
            assert await spoken(upstream) == WHOLE
            await quiet(upstream)
        assert len(service.heard) == 2


@both
async def test_each_voice_has_its_lines(dialog: Dialogs):
    other = replace(REQUEST, voice=replace(REQUEST.voice, voice_id="Other"))
    async with asking(dialog) as (upstream, service):
        for request in (REQUEST, other, REQUEST, other):
            assert await spoken(upstream, request) == WHOLE
            await quiet(upstream)
    voices = [messages[0]["voice_setting"]["voice_id"] for messages in service.heard]
    assert sorted(voices) == ["English_Graceful_Lady"] * 2 + ["Other"] * 2


@both
async def test_a_warmed_line_is_the_one_that_speaks(dialog: Dialogs):
    async with asking(dialog) as (upstream, service):
        upstream.warm(REQUEST)
        upstream.warm(REQUEST)
        await quiet(upstream)
        assert len(service.heard) == 1
        assert await spoken(upstream) == WHOLE
        assert [message["event"] for message in service.heard[0]][:2] == ["task_start", "task_continue"]


@both
async def test_phases_and_failures_are_observed(dialog: Dialogs):
    observed: list[tuple[str, float]] = []
    failures: list[int | None] = []
    async with asking(dialog) as (_, service):
        watched = WebSocketT2A(
            service.url,
            Secret(KEY),
            dialog,
            observe=lambda *what: observed.append(what),
            observe_error=failures.append,
        )
        for _ in range(2):
            await spoken(watched)
            await quiet(watched)
        service.started = says("task_failed", code=1008)
        with pytest.raises(UpstreamError):
            await spoken(watched, replace(REQUEST, language="de"))
        await watched.aclose()
    assert [phase for phase, _ in observed] == ["connect", "upstream"] * 2
    assert all(seconds >= 0 for _, seconds in observed)
    assert failures == [1008]


async def test_bidi_stops_a_text_and_uses_the_line_again():
    async with asking(BidiDialog, halts) as (upstream, service):
        async with Ear(upstream) as ear:
            assert await ear.next() == Audio(b"a")
        await quiet(upstream)
        service.script = speaks
        for _ in range(3):
            assert await spoken(upstream) == WHOLE
            await quiet(upstream)
    assert len(service.heard) == 2
    assert "task_cancel" in [message["event"] for message in service.heard[0]]


async def test_classic_stops_by_closing_and_a_spare_takes_over():
    async with asking(ClassicDialog, halts) as (upstream, service):
        upstream.warm(REQUEST)
        await quiet(upstream)
        async with Ear(upstream) as ear:
            assert await ear.next() == Audio(b"a")
        await service.closed.get()
        await quiet(upstream)
        service.script = speaks
        assert len(service.heard) == 2
        assert await spoken(upstream) == WHOLE
    assert [message["event"] for message in service.heard[1]] == ["task_start", "task_continue"]


async def test_closing_waits_for_no_line_that_is_being_stopped():
    async def deaf(service: Service, connection: ServerConnection, message: dict[str, Any]) -> None:
        await connection.send(audio(b"a"), text=True)

    async with asking(BidiDialog, deaf) as (upstream, service):
        async with Ear(upstream) as ear:
            await ear.next()
        await upstream.aclose()
        await service.closed.get()


@both
async def test_those_who_ask_at_once_have_a_line_each(dialog: Dialogs):
    async with asking(dialog) as (upstream, _):
        assert await asyncio.gather(*(spoken(upstream) for _ in range(10))) == [WHOLE] * 10


@both
@pytest.mark.parametrize(
    ("refuse", "welcome", "code"),
    [
        ((HTTPStatus.UNAUTHORIZED, b"no"), WELCOME, None),
        ((HTTPStatus.UNAUTHORIZED, refusing(2049)), WELCOME, 2049),
        (None, says("task_failed", code=1004), 1004),
        (None, says("task_failed", code=2049), 2049),
    ],
)
async def test_a_wrong_key_is_understood_in_each_of_its_forms(
    dialog: Dialogs, refuse: tuple[HTTPStatus, bytes] | None, welcome: bytes, code: int | None
):
    async with asking(dialog, refuse=refuse, welcome=welcome) as (upstream, _):
        with pytest.raises(UpstreamError) as error:
            await spoken(upstream)
    assert (error.value.code, error.value.upstream_code, error.value.trace_id) == ("upstream_auth", code, TRACE)


@both
@pytest.mark.parametrize("code", [2013, 2054, 1008])
async def test_a_refused_start_is_the_requests_refusal(dialog: Dialogs, code: int):
    async with asking(dialog, started=says("task_failed", code=code)) as (upstream, _):
        with pytest.raises(UpstreamError) as error:
            await spoken(upstream)
    assert error.value.upstream_code == code


@both
@pytest.mark.parametrize("farewell", [True, False])
async def test_a_line_that_was_ended_meanwhile_is_replaced(dialog: Dialogs, farewell: bool):
    lines: list[ServerConnection] = []

    async def ending(service: Service, connection: ServerConnection, message: dict[str, Any]) -> None:
        if connection not in lines:
            lines.append(connection)
        asked = sum(one["event"] == "task_continue" for one in service.heard[0])
        if connection is lines[0] and asked > 1:
            if farewell:
                await connection.send(says("task_failed", code=2201), text=True)
            await connection.close()
        else:
            await speaks(service, connection, message)

    async with asking(dialog, ending) as (upstream, _):
        assert await spoken(upstream) == WHOLE
        await quiet(upstream)
        upstream._idle = dict(reversed(upstream._idle.items()))
        assert [await spoken(upstream) for _ in range(3)] == [WHOLE] * 3


@both
async def test_a_line_cut_in_the_middle_is_an_error(dialog: Dialogs):
    async def cutting(service: Service, connection: ServerConnection, message: dict[str, Any]) -> None:
        await connection.send(audio(b"a"), text=True)
        connection.transport.abort()

    async with asking(dialog, cutting) as (upstream, _), Ear(upstream) as ear:
        assert await ear.next() == Audio(b"a")
        with pytest.raises(UpstreamError) as error:
            await ear.next()
    assert error.value.code == "upstream_unavailable"


async def test_classic_goes_on_after_a_soft_refusal():
    async def full(service: Service, connection: ServerConnection, message: dict[str, Any]) -> None:
        await connection.send(says("task_failed", code=2205), text=True)

    async with asking(ClassicDialog, full) as (upstream, service):
        with pytest.raises(UpstreamError) as error:
            await spoken(upstream)
        assert error.value.code == "upstream_rate_limited"
        await quiet(upstream)
        service.script = speaks
        for _ in range(2):
            assert await spoken(upstream) == WHOLE
        await quiet(upstream)
        assert len(service.heard) == 2


@both
async def test_no_audio_in_time_is_a_timeout(dialog: Dialogs):
    async def silent(service: Service, connection: ServerConnection, message: dict[str, Any]) -> None:
        pass

    async with asking(dialog, silent, Patience(first_audio=0.02, connect=0.2)) as (upstream, _):
        with pytest.raises(UpstreamError) as error:
            await spoken(upstream)
    assert error.value.code == "upstream_timeout"


@both
async def test_who_is_held_up_is_told_no_more_until_then(dialog: Dialogs):
    async with asking(dialog) as (upstream, _), Ear(upstream) as ear:
        ear.valve.turn(shut=True)
        assert await ear.next() == Audio(b"a")
        for _ in range(20):
            await asyncio.sleep(0)
        assert ear.heard == 0
        ear.valve.turn(shut=False)
        assert await ear.rest() == WHOLE[1:]


@both
async def test_no_handshake_in_time_is_a_timeout(dialog: Dialogs):
    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(nothing, "127.0.0.1", 0)
    async with server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        upstream = WebSocketT2A(url, Secret(KEY), dialog, Patience(connect=0.02))
        with pytest.raises(UpstreamError) as error:
            await spoken(upstream)
        await upstream.aclose()
    assert error.value.code == "upstream_timeout"


@both
async def test_the_key_and_the_text_are_in_no_log(dialog: Dialogs, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets.server").setLevel(logging.INFO)
    async with asking(dialog) as (upstream, _):
        await spoken(upstream, replace(REQUEST, text="the-user-said-this"))
        await quiet(upstream)
        assert KEY not in repr(upstream._calling)
    assert KEY not in caplog.text
    assert "the-user-said-this" not in caplog.text
