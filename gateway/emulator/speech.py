"""`POST /v1/t2a_v2`: one text in, its audio out, streamed or whole."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import Send

from gateway.emulator import answers
from gateway.emulator.counting import usage_characters
from gateway.emulator.desk import Desk, key_of
from gateway.emulator.faults import Cut, Ended, Fault, Garbled, damaged, odd_chunks
from gateway.emulator.habits import Habits
from gateway.emulator.ledger import Entry
from gateway.emulator.order import Order
from gateway.emulator.parameters import order_of
from gateway.emulator.reader import read
from gateway.emulator.refusals import Refusal

if TYPE_CHECKING:
    from gateway.emulator.rendering import Rendering

HTML = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"


async def t2a(request: Request, desk: Desk, trace_id: str) -> Response:
    key = key_of(request.headers)
    entry = desk.ledger.open("http", key, trace_id)
    try:
        order = order_of(read(await request.body()), desk.habits)
        record(entry, order)
        fault = desk.faults.take("http", order.text)
        if fault and (response := await _instead(fault, entry)):
            return response
        desk.limits.take(key, usage_characters(order.text), time.monotonic())
    except Refusal as refusal:
        entry.outcome = str(refusal.code)
        raise
    except ClientDisconnect:
        entry.outcome = "stopped"
        return Response()
    entry.billed = usage_characters(order.text)
    answer = Answer(request, desk, order, entry, fault)
    if order.stream:
        return EventStream(answer.events(), headers={"content-type": "text/event-stream"})
    return await unless_gone(request, answer.whole())


def record(entry: Entry, order: Order) -> None:
    entry.model, entry.text = order.setup.model, order.text
    entry.voices = [voice for voice, _ in order.setup.voices]


async def _instead(fault: Fault, entry: Entry) -> Response | None:
    """What comes instead of an answer. Raises `Refusal`."""
    match fault.kind:
        case "delay":
            await asyncio.sleep((fault.ms or 0) / 1000)
        case "error" if fault.at is None:
            raise fault.refusal
        case "key":
            raise Refusal(*(1004, "login fail") if fault.form == "frame_1004" else (2049, "invalid api key"))
        case "http":
            entry.outcome = "http"
            return HTMLResponse(HTML.format(fault.status), fault.status)
    return None


async def unless_gone(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """`work`, stopped when the client has gone."""
    working = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else Response()
    finally:
        for task in (working, gone):
            task.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class EventStream(StreamingResponse):
    """Closes its source when the client has gone, so that nobody goes on speaking."""

    body_iterator: Any

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):
            await super().stream_response(send)


class Answer:
    """One order being answered."""

    def __init__(self, request: Request, desk: Desk, order: Order, entry: Entry, fault: Fault | None) -> None:
        from gateway.emulator.rendering import Rendering

        self._request, self._desk, self._order, self._entry, self._fault = request, desk, order, entry, fault
        self._rendering: Rendering = Rendering(order.text, order.setup, desk.studio, desk.habits)

    async def events(self) -> AsyncIterator[bytes]:
        """The body of a stream, in pieces as they are to be written."""
        habits, fault = self._desk.habits, self._fault
        async with aclosing(self._lines()) as lines:  # type: ignore[type-var]
            async for line in lines:
                if fault and fault.kind == "drip":
                    async for piece in dripped(line, fault):
                        yield piece
                elif habits.tear_bytes:
                    for start in range(0, len(line), habits.tear_bytes):
                        yield line[start : start + habits.tear_bytes]
                else:
                    yield line

    async def whole(self) -> Response:
        """The one JSON of an answer that is not streamed."""
        garbled = False
        async with aclosing(self._audio(0)) as audio:  # type: ignore[type-var]
            async for item in audio:
                if isinstance(item, Refusal):
                    raise item
                if isinstance(item, Cut | Ended):
                    return EventStream(self._half(cut=isinstance(item, Cut)), media_type="application/json")
                garbled = garbled or isinstance(item, Garbled)
        event = await self._last_event(whole=True, garbled=garbled)
        self._entry.outcome = "done"
        return Response(answers.compact(event), media_type="application/json")

    async def _lines(self) -> AsyncIterator[bytes]:
        habits, trace_id = self._desk.habits, self._entry.trace_id
        async with aclosing(self._audio(habits.chunk_ms)) as audio:  # type: ignore[type-var]
            async for item in audio:
                match item:
                    case bytes():
                        yield answers.sse(answers.progress(item.hex(), trace_id), habits)
                    case Garbled():
                        yield answers.sse(answers.progress(f"zz{item.data.hex()}", trace_id), habits)
                    case Refusal():
                        yield answers.sse(answers.broken(item, trace_id), habits)
                        return
                    case Cut():
                        yield answers.sse(answers.progress(item.data.hex(), trace_id), habits)[: len(item.data)]
                        await reset(self._request.scope)
                        return
                    case Ended():
                        return
        event = await self._last_event(whole=self._order.aggregate)
        self._entry.outcome = "done"
        yield answers.sse(event, habits, last=True)

    async def _audio(self, chunk_ms: int) -> AsyncIterator["bytes | Garbled | Cut | Ended | Refusal"]:
        entry, habits = self._entry, self._desk.habits
        chunks = paced(self._rendering, chunk_ms, habits)
        entry.outcome = "stopped"  # unless it goes on to its end
        async with aclosing(damaged(chunks, self._fault)) as items:  # type: ignore[type-var]
            async for item in items:
                if isinstance(item, bytes):
                    entry.bytes_sent += len(item)
                elif self._fault:
                    entry.outcome = self._fault.kind
                yield item

    async def _last_event(self, *, whole: bool, garbled: bool = False) -> dict[str, Any]:
        file = await self._rendering.file()
        extra_info = self._rendering.extra_info(len(file))
        if not whole:
            audio = "" if self._desk.habits.excluded_audio == "empty" else None
        elif self._order.as_url:
            name = self._desk.files.keep(file, self._order.setup.shape.container)
            audio = str(self._request.base_url.replace(path=f"/emulator/files/{name}"))
        else:
            audio = f"zz{file.hex()}" if garbled else file.hex()
        return answers.finished(audio, extra_info, self._entry.trace_id)

    async def _half(self, *, cut: bool) -> AsyncIterator[bytes]:
        yield b'{"data":{"audio":"'
        if cut:
            await reset(self._request.scope)


async def paced(rendering: "Rendering", chunk_ms: int, habits: Habits) -> AsyncIterator[bytes]:
    """The rendering's chunks, none before its time."""
    clock = asyncio.get_running_loop().time
    start = clock() + habits.first_audio_ms / 1000
    chunks = rendering.chunks(chunk_ms)
    due = start
    async with aclosing(odd_chunks(chunks) if habits.odd_chunks else chunks) as source:  # type: ignore[type-var]
        async for chunk in source:
            if due > clock():
                await asyncio.sleep(due - clock())
            yield chunk
            if habits.pace:
                due = start + rendering.samples / rendering.rate / habits.pace


async def dripped(line: bytes, fault: Fault) -> AsyncIterator[bytes]:
    for start in range(0, len(line), fault.bytes):
        await asyncio.sleep((fault.ms or 0) / 1000)
        yield line[start : start + fault.bytes]


async def reset(scope: Any) -> None:
    await scope["state"]["line"].reset()
