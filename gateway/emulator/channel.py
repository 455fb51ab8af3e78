"""One accepted socket: its ids, the form of its frames, its idleness."""

import asyncio
import secrets
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.emulator import refusals
from gateway.emulator.answers import compact, success
from gateway.emulator.desk import Desk
from gateway.emulator.reader import Reader
from gateway.emulator.refusals import Refusal
from gateway.emulator.wire import Line


class Gone(Exception):
    """The client has closed the connection."""


class Channel:
    def __init__(self, websocket: WebSocket, desk: Desk, key: str, trace_id: str) -> None:
        self.desk = desk
        self.key = key
        self.trace_id = trace_id
        self.session_id = str(secrets.randbelow(10**19))
        self.started = Reader({}, "")
        """What `task_start` asked for."""
        self.busy = False
        """While it speaks, a socket is not idle."""
        self._websocket = websocket
        self._connect_id = str(secrets.randbelow(10**15))
        self._touched = self._now()
        self._receiving: asyncio.Task[Any] | None = None

    @property
    def line(self) -> Line:
        line: Line = self._websocket.scope["state"]["line"]
        return line

    async def say(self, event: str, refusal: Refusal | None = None) -> None:
        result = refusal.base_resp() if refusal else success(self.desk.habits)
        await self._send({"session_id": self.session_id, "event": event, **self._tail(result)})

    async def say_audio(
        self, audio: str, extra_info: dict[str, Any] | None, subtitle: dict[str, Any] | None = None, *, final: bool
    ) -> None:
        named = {"event": "task_continued"} if self.desk.habits.audio_event_named else {}
        info = {"extra_info": extra_info} if extra_info else {}
        beside = {"subtitle": subtitle} if subtitle else {}
        head = {"data": {"audio": audio, **beside}, "session_id": self.session_id, **named}
        await self._send({**head, "is_final": final, **info, **self._tail(success(self.desk.habits))})

    async def receive(self, *, pings_count: bool) -> str:
        """The next message. Raises `Gone`, and `Refusal` when none has come for too long."""
        idle_s = self.desk.habits.idle_s
        self._receiving = self._receiving or asyncio.create_task(self._websocket.receive())
        while not self._receiving.done():
            quiet_since = max(self._touched, self.line.pinged_at) if pings_count else self._touched
            left = idle_s if self.busy else quiet_since + idle_s - self._now()
            if left <= 0:
                raise refusals.idle(idle_s)
            await asyncio.wait({self._receiving}, timeout=left)
        message, self._receiving = self._receiving.result(), None
        if message["type"] != "websocket.receive":
            raise Gone
        self._touched = self._now()
        return message.get("text") or ""

    async def close(self) -> None:
        """Raises `Gone` when nobody is there any more."""
        if self._receiving:
            self._receiving.cancel()
            await asyncio.gather(self._receiving, return_exceptions=True)
        await self._put({"type": "websocket.close", "code": 1000})

    def _tail(self, base_resp: dict[str, Any]) -> dict[str, Any]:
        habits = self.desk.habits
        connect = {"connect_id": self._connect_id} if habits.connect_id else {}
        if habits.trace_id_in_base_resp:
            return {**connect, "base_resp": {**base_resp, "trace_id": self.trace_id}}
        return {**connect, "trace_id": self.trace_id, "base_resp": base_resp}

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._put({"type": "websocket.send", "text": compact(frame).decode()})
        self._touched = self._now()

    async def _put(self, message: Any) -> None:
        try:
            await self._websocket.send(message)
        except (OSError, RuntimeError, WebSocketDisconnect) as error:  # as the framework says that nobody listens
            raise Gone from error

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
