"""The way to a session: a socket, and the next one when it is lost.

up ──→ lost ──→ up again      the session goes on: nothing is missing, nothing comes twice
         │  └──→ up anew      the gateway no longer has it: its turns are over, another one begins
         └─────→ over         not to come back, or not in time

While it is lost, whoever has something to say waits.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from voice_gateway_client.credential import Credential
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import Resumed, Welcome
from voice_gateway_client.opening import lost, opened
from voice_gateway_client.outbox import Outbox
from voice_gateway_client.returning import delay
from voice_gateway_client.room import Room
from voice_gateway_client.switchboard import Switchboard
from voice_gateway_client.turn import Turn
from voice_gateway_client.wire import WireError, encode

RECEIPT_S = 1.0
"""So often the gateway is told what has arrived, and asked what has, while there is news."""


class Watch(TypedDict, total=False):
    """Who is told what happens to the connection; called in the client's event loop."""

    on_reconnecting: Callable[[VoiceError, float], object]
    """Why, and in how many seconds."""
    on_resumed: Callable[[Resumed], object]
    """With `lost`, if the gateway did not keep all."""
    on_restarted: Callable[[Welcome], object]
    """The session was gone; its turns have failed."""
    on_closed: Callable[[VoiceError], object]
    """For good."""


class Link:
    """`config` is what a session is begun with: who changes a session's settings changes it too.

    `withdraw` is told of a turn of which it is not clear how it stands with the gateway.
    """

    def __init__(
        self,
        url: str,
        credential: Credential,
        config: Mapping[str, Any],
        room: Room,
        withdraw: Callable[[Turn], None],
        patience_s: float,
        watch: Watch,
    ) -> None:
        self.config = config
        self.answer: Welcome | Resumed | None = None
        self.over: VoiceError | None = VoiceError("closed", "The client is not connected.")
        self._url = url
        self._credential = credential
        self._room = room
        self._outbox = Outbox()
        self.switchboard = Switchboard(withdraw, self._outbox.arrived)
        self._patience_s = patience_s
        self._watch = watch
        self._socket: ClientConnection | None = None
        self._up = asyncio.Event()
        """Or over."""
        self._open = asyncio.Event()
        """For new turns, too: the gateway has not said that it goes away."""
        self._running: asyncio.Task[None] | None = None
        self._attempt = 0
        """Since anything came of a connection: one that is greeted and cut is no success."""

    async def connect(self) -> None:
        """Raises `VoiceError`."""
        await self._begin()
        self.over = None
        self._running = asyncio.create_task(self._run())

    async def close(self, error: VoiceError) -> None:
        if self._running is None:
            return
        self._end(error)
        with self._room.hurry():
            if self._socket is None:
                self._running.cancel()
            else:
                with contextlib.suppress(ConnectionClosed):
                    await self._socket.send(encode("bye"))
                await self._socket.close()
            await asyncio.gather(self._running, return_exceptions=True)

    async def ready(self, *, for_a_turn: bool = False) -> None:
        """Wait until there is a connection. Raises `VoiceError` when there will be none."""
        event = self._open if for_a_turn else self._up
        while self.over is None and not event.is_set():
            await event.wait()
        if self.over is not None:
            raise self.over

    async def send(self, type_: str, /, **fields: Any) -> None:
        """What is lost on the way is sent again. Raises `VoiceError`."""
        await self.ready()
        raw = self._outbox.put(type_, fields)
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(raw)

    async def report(self, type_: str, /, **fields: Any) -> None:
        """What need not be said again, with what has arrived. Raises `VoiceError`."""
        await self.ready()
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(encode(type_, **fields, last_seq=self.switchboard.position))

    def answered(self, question: str) -> None:
        """It need not be asked again."""
        self._outbox.answered(question)

    # Being connected

    async def _run(self) -> None:
        error = VoiceError("internal", "The client broke.")
        try:
            while self.over is None and self._socket is not None:
                error = await self._use(self._socket)
                self._socket = None
                self._up.clear()
                self._open.clear()
                error = await self._come_back(error) or error
        finally:
            if self.over is None:
                self._tell(self._watch.get("on_closed"), error)
            self._end(error)

    async def _use(self, socket: ClientConnection) -> VoiceError:
        """Why it ended."""
        beside = [asyncio.create_task(self._tell_receipts()), asyncio.create_task(self._renew())]
        try:
            return await self._read(socket)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _read(self, socket: ClientConnection) -> VoiceError:
        try:
            while True:
                await self._room.wait()
                self.switchboard.take(await socket.recv())
                self._attempt = 0
                if self.switchboard.going_away:
                    self._open.clear()
        except ConnectionClosed as closed:
            return self.switchboard.fatal or lost(closed)
        except WireError as broken:
            await socket.close(1002)
            return VoiceError("bad_answer", str(broken))

    async def _tell_receipts(self) -> None:
        told = -1
        while True:
            await asyncio.sleep(RECEIPT_S)
            if self._outbox or self.switchboard.position > told:
                told = self.switchboard.position
                await self.report("ping")

    async def _renew(self) -> None:
        """Go on with another token before this one expires."""
        token_ms = None if self.answer is None else self.answer.limits.get("token_ms")
        whole_s = left_s = None if token_ms is None else token_ms / 1000
        while left_s is not None and (wait_s := self._credential.renewal_s(left_s)) is not None:
            await asyncio.sleep(wait_s)
            left_s -= wait_s
            with contextlib.suppress(VoiceError):
                await self.send("configure", token=await self._credential.get())
                left_s = whole_s

    # Coming back

    async def _come_back(self, error: VoiceError) -> VoiceError | None:
        """None once there is a connection, else why there will be none."""
        now = asyncio.get_running_loop().time
        began = now()
        self._forget_unless_resumable(error)
        while self.over is None and self._credential.may_return(error):
            wait_s = delay(error.close_code, self._attempt, random.random())  # noqa: S311 - spreads clients in time
            if now() + wait_s - began >= self._patience_s:
                return error
            self._attempt += 1
            self._tell(self._watch.get("on_reconnecting"), error, wait_s)
            await asyncio.sleep(wait_s)
            self._forget_when_older(now() - began)
            try:
                await self._return()
            except VoiceError as again:
                error = again
            else:
                return None
        return error

    async def _return(self) -> None:
        """Raises `VoiceError`."""
        if self.answer is not None:
            try:
                return await self._resume(self.answer)
            except VoiceError as refused:
                if refused.code != "resume_refused":
                    raise
                self._forget(_session_lost())
        self._tell(self._watch.get("on_restarted"), await self._begin())
        return None

    async def _begin(self) -> Welcome:
        socket, answer = await self._opened(config=dict(self.config))
        if isinstance(answer, Welcome):
            self._use_from_now_on(socket, answer)
            return answer
        await socket.close()
        raise VoiceError("bad_answer", "A hello was answered with another session.")

    async def _resume(self, before: Welcome | Resumed) -> None:
        position = self.switchboard.position
        resume = {"session": before.session, "token": before.resume_token, "last_seq": position}
        socket, answer = await self._opened(resume=resume)
        if not isinstance(answer, Resumed):
            await socket.close()
            raise VoiceError("bad_answer", "A resume was answered with another session.")
        self.answer = answer
        await self._send_again(socket, answer.last_n or 0)
        self.switchboard.resume(answer, self._outbox.openings())
        self._use_from_now_on(socket, answer)
        self._tell(self._watch.get("on_resumed"), answer)

    async def _send_again(self, socket: ClientConnection, last_n: int) -> None:
        try:
            for raw in self._outbox.again(last_n):
                await socket.send(raw)
        except ConnectionClosed as closed:
            raise lost(closed) from closed
        except BaseException:
            await socket.close()
            raise

    async def _opened(self, **hello: Any) -> tuple[ClientConnection, Welcome | Resumed]:
        token = await self._credential.get()
        return await opened(self._url, token, {"v": 1, "client": "voice-gateway-python", **hello})

    def _use_from_now_on(self, socket: ClientConnection, answer: Welcome | Resumed) -> None:
        self.switchboard.fatal = None
        self.switchboard.going_away = False
        self._socket, self.answer = socket, answer
        self._up.set()
        self._open.set()

    def _forget_unless_resumable(self, error: VoiceError) -> None:
        if self.answer is not None and self.answer.resume_token is None:
            self._forget(error)

    def _forget_when_older(self, seconds: float) -> None:
        if self.answer is not None and seconds * 1000 > (self.answer.resume_window_ms or 0):
            self._forget(_session_lost())

    def _forget(self, error: VoiceError) -> None:
        """The session is gone, and its turns with it."""
        self.answer = None
        self._outbox.clear()
        self.switchboard.end(error)

    def _end(self, error: VoiceError) -> None:
        """The first reason stands."""
        if self.over is None:
            self.over = error
            self._up.set()
            self._open.set()
            self.switchboard.end(error)

    def _tell(self, callback: Callable[..., object] | None, *arguments: object) -> None:
        """What it raises is the loop's to report."""
        if callback is not None:
            asyncio.get_running_loop().call_soon(callback, *arguments)


def _session_lost() -> VoiceError:
    return VoiceError("session_lost", "The gateway no longer has the session.", None, retryable=True)
