"""`/ws/v1/t2a_v2_bidi`: text token by token; the server finds the sentences.

client   … task_flush · task_cancel, beside those of the classic socket
server   … sentence_start · sentence_end around each segment · task_flushed · task_canceled
"""

import asyncio
import re
from collections.abc import Iterator
from typing import ClassVar

from gateway.emulator import refusals
from gateway.emulator.channel import Channel
from gateway.emulator.order import LONGEST_TEXT, Setup
from gateway.emulator.reader import Reader
from gateway.emulator.sockets import Session
from gateway.emulator.utterance import utter

_END = re.compile(r"[。！？…；!?\n]|\.(?!\d)")
_SOFT_END = re.compile(r"[，、：,;:]")


class Buffer:
    """Text of any granularity → segments. Pure."""

    def __init__(self, soft: int, longest: int) -> None:
        self._soft, self._longest = soft, longest
        self.held = ""

    def feed(self, text: str) -> Iterator[str]:
        self.held += text
        while cut := self._cut():
            segment, self.held = self.held[:cut], self.held[cut:]
            if segment.strip():
                yield segment

    def take(self) -> str:
        """All that is held; empty when nothing can be said of it."""
        held, self.held = self.held, ""
        return held if held.strip() else ""

    def _cut(self) -> int:
        """Where the first segment ends; 0 when it has not ended."""
        if end := _END.search(self.held):
            return min(end.end(), self._longest)
        if soft := _SOFT_END.search(self.held, max(0, self._soft - 1)):
            return min(soft.end(), self._longest)
        return self._longest if len(self.held) >= self._longest else 0


class BidiSession(Session):
    endpoint: ClassVar[str] = "bidi"
    pings_count: ClassVar[bool] = True

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._buffer = Buffer(self.habits.bidi_soft_characters, self.habits.bidi_longest_segment)
        self._tail: asyncio.TimerHandle | None = None
        self._speaking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            self._forget_tail()

    async def handle(self, event: str, body: Reader) -> None:
        match event:
            case "task_flush":
                self.require_started()
                self._flush()
                self.answer("task_flushed")
            case "task_cancel":
                self.require_started()
                await self._cancel()
            case _:
                await super().handle(event, body)

    async def start(self, body: Reader) -> None:
        self.channel.session_id = body.string("session_id") or self.channel.session_id
        await super().start(body)

    def take(self, text: str) -> None:
        """White space alone is dropped without a word."""
        self._forget_tail()
        if len(text) > LONGEST_TEXT:
            self.answer(refusals.long_text())
            return
        for segment in self._buffer.feed(text):
            self.say(segment)
        if self._buffer.held.strip():
            loop = asyncio.get_running_loop()
            self._tail = loop.call_later(self.habits.bidi_tail_ms / 1000, self._flush)

    def finish(self) -> None:
        self._flush()
        super().finish()

    async def perform(self, text: str, setup: Setup) -> None:
        """A task of its own, so that it can be cancelled without the session."""
        self._speaking = asyncio.create_task(self._sentence(text, setup))
        try:
            await asyncio.wait({self._speaking})
        finally:
            self._speaking.cancel()
            await asyncio.gather(self._speaking, return_exceptions=True)
        if not self._speaking.cancelled():
            self._speaking.result()

    async def _sentence(self, text: str, setup: Setup) -> None:
        await self.channel.say("sentence_start")
        await utter(self.channel, self.endpoint, text, setup)
        await self.channel.say("sentence_end")

    def _flush(self) -> None:
        self._forget_tail()
        if text := self._buffer.take():
            self.say(text)

    async def _cancel(self) -> None:
        self._forget_tail()
        self._buffer.take()
        self.drop()
        if self._speaking:
            self._speaking.cancel()
            await asyncio.wait({self._speaking})
        await self.channel.say("task_canceled")

    def _forget_tail(self) -> None:
        if self._tail:
            self._tail.cancel()
            self._tail = None
