"""A connection whose session another replica has: that one answers, this one reads the journal onto the socket.

    client ⇄ socket ⇄ Relay ── open, said, at, ping, pong, gone ──→ Remote ⇄ the session
                        │   ←── answer, reply, end, lost ──────────
                        └── journal ←── Tail ←── store

What the other answers takes its place among the numbers of the journal.
"""

import asyncio
import contextlib
import dataclasses
import secrets
from collections.abc import Callable
from typing import Any

from gateway.access.tokens import packed
from gateway.errors import Closing, GatewayError, final
from gateway.greeting import Greeted
from gateway.journal.base import Frame
from gateway.journal.ledger import LEASE_S, Ledger
from gateway.journal.tail import Followed, Tail
from gateway.line import SocketLine
from gateway.post import Letter, Post, channel_of
from gateway.protocol.encoding import encode
from gateway.protocol.events import Goaway
from gateway.reader import Hearing

LOOK_S = 0.1
ANSWER_S = 1.0
"""A replica that has not answered by then is asked again."""
DEAF_LOOKS = 5
"""A replica whose channel nobody hears at so many looks in a row is dead: one that lives is back after 0.2 s."""
PATIENCE_S = LEASE_S + 1.0
"""For a replica that has the session and may be dead."""


class Unanswered(Exception):
    """The session's replica is gone, or stands still."""


class Deaf(Unanswered):
    """Nobody hears its channel."""


class Relay:
    """Serve one socket with `run`, once. `owner`: the replica that has the session of this name."""

    def __init__(self, line: SocketLine, relays: "Relays", owner: str, session: str) -> None:
        self._line = line
        self._relays = relays
        self._post = relays.post
        self._tail = relays.tail
        self._owner = owner
        self._session = session
        self._connection = secrets.token_hex(8)
        self._answer: asyncio.Future[Letter] = asyncio.get_running_loop().create_future()
        self._journal: Followed | None = None
        self._telling = False

    async def run(self, greeted: Greeted) -> GatewayError | None:
        """Why it ended. Raises `Unanswered`, and the `Closing` with which the other refuses."""
        stop = self._post.hear(self._connection, self._owner, self._told)
        why: GatewayError | None = None
        try:
            self._open(greeted)
            why = await self._relay(greeted, await self._answered())
        finally:
            stop()
            self._send("gone", position=self._line.position, code=why.code if why else None)
            self._line.wire.on_ping = self._line.wire.on_pong = None
            self._line.stop_reading()
            if self._journal is not None:
                self._tail.leave(self._journal)
        return why

    @property
    def silent(self) -> bool:
        """No turn speaks or waits, and all that was said has left."""
        return self._journal is None or not (self._journal.running or not self._line.level)

    def drain(self, in_ms: int) -> None:
        """This replica stops, and the other does not: the session goes on there."""
        if self._journal is not None:
            self._line.answer(self._journal.numbered, encode(Goaway(reason="drain", in_ms=in_ms)))

    def _open(self, greeted: Greeted) -> None:
        listen = greeted.hello.listen and dataclasses.replace(greeted.hello.listen, token=None)
        hello = dataclasses.replace(greeted.hello, token=None, listen=listen)
        self._send("open", hello=hello, grant=packed(greeted.grant).decode(), origin=self._line.origin)

    async def _answered(self) -> Letter:
        """Raises `Unanswered`, sooner where the replica has lost the session or its lease, and the `Closing` with which
        the other refuses.
        """
        for _ in range(round(ANSWER_S / LOOK_S)):
            await asyncio.wait([self._answer], timeout=LOOK_S)
            if self._answer.done():
                return _opened(self._answer.result())
            if await self._relays.holder(self._session) != self._owner:
                break
        raise Unanswered

    async def _relay(self, greeted: Greeted, answer: Letter) -> GatewayError | None:
        line, position = self._line, answer["position"]
        names = {turn["handle"]: turn["turn"] for turn in answer["turns"]}
        self._journal = self._tail.follow(self._session, position, names)
        line.say(answer["data"].encode())
        line.read(self._journal, position, self._hearing(greeted, answer["limit"]))
        line.wire.on_ping, line.wire.on_pong = self._forward("ping"), self._forward("pong")
        line.overhear(lambda text: self._send("said", text=text))
        with contextlib.ExitStack() as reading:
            reading.callback(self._journal.subscribe(lambda: self._moved(0)))
            return await line.over

    def _hearing(self, greeted: Greeted, limit: int) -> Hearing:
        assert self._journal is not None  # noqa: S101 - followed before it is read
        return Hearing(
            framing=greeted.hello.framing,
            limit=limit,
            turn_of=self._journal.names.get,
            handed=self._handed,
            behind=self._moved,
            gone=self._line.stalled,
            keeps=False,
        )

    def _handed(self, _: Frame) -> None:
        self._moved(0)

    def _moved(self, _: int) -> None:
        """Tell the other, once a turn of the loop, how far the socket has come."""
        if not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._telling = False
        self._send("at", position=self._line.position)

    def _forward(self, kind: str) -> Callable[[], None]:
        return lambda: self._send(kind, position=self._line.position)

    def _send(self, kind: str, **fields: Any) -> None:
        self._post.send(self._owner, self._connection, kind, **fields)

    def _told(self, letter: Letter) -> None:
        match letter["kind"]:
            case "answer" | "end" | "lost" if not self._answer.done():
                self._answer.set_result(letter)
            case "reply":
                self._line.answer(letter["at"], letter["data"].encode())
            case "end":
                self._line.end(_closing(letter))
            case "lost":
                self._line.end(Closing("draining", "The session's replica is gone."))


@dataclasses.dataclass(frozen=True, slots=True)
class Relays:
    """What relays of a replica work with."""

    ledger: Ledger
    post: Post
    tail: Tail

    async def relay(
        self, line: SocketLine, greeted: Greeted, session: str, by: Callable[[Relay], None]
    ) -> "Relayed | None":
        """Serve the connection as long as another replica has the session; None where none has. `by` is told what
        serves it. Raises `Closing`.
        """
        now = asyncio.get_running_loop().time
        patience, deaf = now() + PATIENCE_S, 0
        while (owner := await self.holder(session)) is not None:
            try:
                relay = Relay(line, self, owner, session)
                by(relay)
                return Relayed(await relay.run(greeted))
            except Unanswered as unanswered:
                if now() > patience:
                    raise Closing("overloaded", "The session's replica does not answer.") from None
                deaf = deaf + 1 if isinstance(unanswered, Deaf) else 0
                if deaf >= DEAF_LOOKS:
                    await self._bury(owner)
                await asyncio.sleep(LOOK_S)
        return None

    async def holder(self, session: str) -> str | None:
        """Which other replica has the session, and lives. Raises `Closing`."""
        with final():
            return await self.ledger.holder(session)

    async def _bury(self, replica: str) -> None:
        with final():
            await self.ledger.bury(replica, channel_of(replica))


@dataclasses.dataclass(frozen=True, slots=True)
class Relayed:
    """A connection that was served elsewhere, and why it ended."""

    why: GatewayError | None


def _opened(letter: Letter) -> Letter:
    """The answer to an `open`, if it is one. Raises `Deaf`, and the `Closing` with which the other refuses."""
    match letter["kind"]:
        case "lost":
            raise Deaf
        case "end":
            raise _closing(letter) or Closing("internal")
    return letter


def _closing(letter: Letter) -> Closing | None:
    code = letter.get("code")
    return None if code is None else Closing(code, letter["message"], close_code=letter["close_code"])
