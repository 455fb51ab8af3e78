"""`/ws/v1/t2a_v2`: one task per connection, texts answered one after the other.

    client   task_start · task_continue {text} … · task_finish
    server   connected_success · task_started · task_continued {audio, subtitle, is_final} …
             task_finished | task_failed

`is_final` closes the answer to one `task_continue`. What is not understood ends the connection, except for 2203–2205.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import ClassVar, Literal

from starlette.responses import Response
from starlette.websockets import WebSocket

from gateway.emulator import answers, refusals
from gateway.emulator.channel import Channel, Gone
from gateway.emulator.desk import Desk, key_of
from gateway.emulator.faults import Fault
from gateway.emulator.instead import page
from gateway.emulator.order import LONGEST_TEXT, Setup
from gateway.emulator.parameters import setup_of
from gateway.emulator.reader import Reader, read
from gateway.emulator.refusals import Refusal
from gateway.emulator.utterance import Hung, utter

Answer = Refusal | Literal["task_flushed", "task_finished"]


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be said."""

    text: str


class Session:
    """One connection. A reader takes events and queues what is to be said; a speaker says it, in order."""

    endpoint: ClassVar[str] = "ws"
    pings_count: ClassVar[bool] = False
    """Whether a client's ping puts off the idle timeout."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.habits = channel.desk.habits
        self.setup: Setup | None = None
        self.finishing = False
        self.jobs: asyncio.Queue[Text | Answer] = asyncio.Queue()

    async def run(self) -> None:
        """Until the task is finished, failed, or the client gone."""
        await self.channel.say("connected_success")
        tasks = {asyncio.create_task(self._read()), asyncio.create_task(self._speak())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.gather(*done)
        except Refusal as refusal:
            with contextlib.suppress(Gone):
                await self.channel.say("task_failed", refusal)
        except (Gone, Hung):
            pass
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def handle(self, event: str, body: Reader) -> None:
        """Raises `Refusal` for what ends the connection."""
        match event:
            case "task_start":
                await self.start(body)
            case "task_continue":
                self.require_started()
                self.take(body.string("text"))
            case "task_finish":
                self.require_started()
                self.finish()
            case _:
                raise refusals.illegal_event()

    async def start(self, body: Reader) -> None:
        if self.setup is not None:
            raise refusals.wrong_order()
        self.setup = setup_of(body, self.habits, self.channel.desk.account.voices)
        self.channel.started = body
        await self.channel.say("task_started")

    def require_started(self) -> None:
        if self.setup is None or self.finishing:
            raise refusals.wrong_order()

    def take(self, text: str) -> None:
        if not text.strip():
            self.answer(refusals.empty_text())
        else:
            self.say(text)

    def finish(self) -> None:
        self.finishing = True
        if self.habits.finish_drops_queue:
            self.drop()
        self.answer("task_finished")

    def say(self, text: str) -> None:
        """Queue a text."""
        if len(text) > LONGEST_TEXT:
            self.answer(refusals.long_text())
        elif self.jobs.qsize() >= self.habits.queued_texts:
            self.answer(refusals.full_queue())
        else:
            self.channel.busy = True
            self.jobs.put_nowait(Text(text))

    def drop(self) -> None:
        """Forget what is queued."""
        while not self.jobs.empty():
            self.jobs.get_nowait()

    def answer(self, answer: Answer) -> None:
        """Queue an answer, after the audio before it."""
        self.channel.busy = True
        self.jobs.put_nowait(answer)

    async def perform(self, text: str, setup: Setup) -> None:
        await utter(self.channel, self.endpoint, text, setup)

    async def _read(self) -> None:
        while True:
            body = read(await self.channel.receive(pings_count=self.pings_count))
            await self.handle(body.string("event"), body)

    async def _speak(self) -> None:
        while True:
            match await self.jobs.get():
                case Text(text) if self.setup:
                    await self.perform(text, self.setup)
                case Refusal() as refusal:
                    await self.channel.say(self.habits.soft_error_event, refusal)
                case "task_finished":
                    await self.channel.say("task_finished")
                    return
                case "task_flushed":
                    await self.channel.say("task_flushed")
            self.channel.busy = not self.jobs.empty()


async def converse(websocket: WebSocket, desk: Desk, kind: type[Session]) -> None:
    """Serve one connection from its upgrade to its end."""
    trace_id = answers.new_trace_id()
    fault = desk.faults.take(kind.endpoint, "", upgrade=True)
    if fault and fault.kind == "http":
        await websocket.send_denial_response(page(fault.status))
        return
    try:
        key = _key(websocket, fault)
    except Refusal as refusal:
        await _turn_away(websocket, desk, refusal, trace_id, (fault and fault.form) or desk.habits.socket_bad_key)
        return
    await websocket.accept(headers=[(b"trace-id", trace_id.encode())])
    channel = Channel(websocket, desk, key, trace_id)
    with contextlib.suppress(Gone):
        await kind(channel).run()
        await channel.close()


def _key(websocket: WebSocket, fault: Fault | None) -> str:
    if fault and fault.kind == "key":
        raise refusals.bad_key()
    return key_of(websocket.headers)


async def _turn_away(websocket: WebSocket, desk: Desk, refusal: Refusal, trace_id: str, form: str) -> None:
    if form == "upgrade_401":
        body = answers.compact(answers.refused(refusal, trace_id, desk.habits))
        headers = {"trace-id": trace_id}
        await websocket.send_denial_response(Response(body, 401, headers, media_type="application/json"))
        return
    await websocket.accept(headers=[(b"trace-id", trace_id.encode())])
    channel = Channel(websocket, desk, "", trace_id)
    with contextlib.suppress(Gone):
        await channel.say("task_failed", refusals.no_credential() if form == "frame_1004" else refusal)
        await channel.close()
