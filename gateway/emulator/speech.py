"""`POST /v1/t2a_v2`: one text in, its audio out, streamed or whole."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, Literal

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway.emulator import answers
from gateway.emulator.counting import usage_characters
from gateway.emulator.desk import Desk, key_of
from gateway.emulator.faults import Cut, Damaged, Ended, Fault, Garbled, damaged
from gateway.emulator.instead import instead
from gateway.emulator.ledger import Entry
from gateway.emulator.order import Order
from gateway.emulator.pacing import paced, rendering_of
from gateway.emulator.parameters import order_of
from gateway.emulator.reader import read
from gateway.emulator.refusals import Refusal
from gateway.emulator.streaming import EventStream, reset, unless_gone


async def t2a(request: Request, desk: Desk, trace_id: str) -> Response:
    key = key_of(request.headers)
    entry = desk.ledger.open("http", key, trace_id)
    try:
        body = read(await request.body())
        entry.record(body.values, len(body.body))
        order = order_of(body, desk.habits, desk.account.voices)
        _note(entry, order)
        fault = desk.faults.take("http", order.text)
        if fault and (response := await instead(fault)):
            entry.outcome = "http"
            return response
        characters = usage_characters(order.text)
        desk.limits.take(key, characters, time.monotonic())
        desk.bill(entry, characters)
    except Refusal as refusal:
        entry.outcome = str(refusal.code)
        raise
    except ClientDisconnect:
        entry.outcome = "stopped"
        return Response()
    answer = Answer(request, desk, order, entry, fault)
    if order.stream:
        return EventStream(answer.events(), headers={"content-type": "text/event-stream"})
    try:
        return await unless_gone(request, answer.whole())
    finally:
        entry.leave()


def _note(entry: Entry, order: Order) -> None:
    entry.model, entry.text = order.setup.model, order.text
    entry.voices = [voice for voice, _ in order.setup.voices]


class Answer:
    """One order being answered."""

    def __init__(self, request: Request, desk: Desk, order: Order, entry: Entry, fault: Fault | None) -> None:
        self._request, self._desk, self._order, self._entry, self._fault = request, desk, order, entry, fault
        self._rendering = rendering_of(order.text, order.setup, desk)

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The body of a stream, in pieces as they are to be written."""
        try:
            async with aclosing(self._lines()) as lines:
                async for line in lines:
                    for piece, wait_s in self._pieces(line):
                        await asyncio.sleep(wait_s)
                        yield piece
        finally:
            self._entry.leave()

    def _pieces(self, line: bytes) -> Iterator[tuple[bytes, float]]:
        """How a line is written: the pieces, and the seconds before each."""
        size, wait_s = self._desk.habits.tear_bytes or max(1, len(line)), 0.0
        if self._fault and self._fault.kind == "drip":
            size, wait_s = self._fault.bytes, (self._fault.ms or 0) / 1000
        for start in range(0, len(line), size):
            yield line[start : start + size], wait_s

    async def whole(self) -> Response:
        """The one JSON of an answer that is not streamed."""
        garbled = False
        async with aclosing(self._audio(0)) as audio:
            async for item in audio:
                if isinstance(item, Refusal):
                    raise item
                if isinstance(item, Cut | Ended):
                    return EventStream(self._half(cut=isinstance(item, Cut)), media_type="application/json")
                garbled = garbled or isinstance(item, Garbled)
        event = await self._last_event(whole=True, garbled=garbled)
        self._desk.done(self._entry)
        return Response(answers.compact(event), media_type="application/json")

    async def _lines(self) -> AsyncGenerator[bytes, None]:
        habits, trace_id = self._desk.habits, self._entry.trace_id
        async with aclosing(self._audio(habits.chunk_ms)) as audio:
            async for item in audio:
                match item:
                    case bytes():
                        yield answers.sse(answers.progress(item.hex(), trace_id, self._subtitle()), habits)
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
        while subtitle := self._subtitle():
            yield answers.sse(answers.progress("", trace_id, subtitle), habits)
        event = await self._last_event(whole=self._order.aggregate)
        self._desk.done(self._entry)
        yield answers.sse(event, habits, last=True)

    async def _audio(self, chunk_ms: int) -> AsyncGenerator[Damaged, None]:
        entry, habits = self._entry, self._desk.habits
        chunks = paced(self._rendering, chunk_ms, habits)
        async with aclosing(damaged(chunks, self._fault)) as items:
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
            audio = self._url(file, self._order.setup.shape.container)
        else:
            audio = f"zz{file.hex()}" if garbled else file.hex()
        return answers.finished(audio, self._subtitle_file(), extra_info, self._entry.trace_id, self._desk.habits)

    def _subtitle(self) -> dict[str, Any] | None:
        return self._rendering.subtitle() if self._subtitles == "inline" else None

    def _subtitle_file(self) -> str | None:
        return self._url(self._rendering.subtitle_file(), "json") if self._subtitles == "file" else None

    @property
    def _subtitles(self) -> Literal["file", "inline", "none"]:
        kind = self._order.setup.subtitle
        if kind is None:
            return "none"
        if not self._order.stream:
            return "file"
        return "inline" if kind == "word_streaming" else self._desk.habits.stream_subtitles

    def _url(self, data: bytes, container: str) -> str:
        return self._desk.url(self._request, data, container)

    async def _half(self, *, cut: bool) -> AsyncGenerator[bytes, None]:
        yield b'{"data":{"audio":"'
        if cut:
            await reset(self._request.scope)
