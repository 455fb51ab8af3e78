"""Hear a session that another connection owns: its journal onto the socket."""

import asyncio
import contextlib

from gateway.answers import listening
from gateway.errors import Closing, GatewayError, Refused
from gateway.greeting import Greeted
from gateway.journal.base import Frame
from gateway.line import Line
from gateway.protocol.events import Pong
from gateway.protocol.messages import Bye, ClientMessage, Listen, Ping
from gateway.reader import Hearing
from gateway.sessions import Live

LISTENER_BEHIND = 4 << 20
"""Bytes of the journal that a listener may have to take; beyond, it is given up."""
LAST_S = 10.0
"""Once the session has ended, a listener who has come no further within so long is not waited for."""


class Listener:
    def __init__(self, line: Line, live: Live) -> None:
        self._line = line
        self._live = live
        self._finishing = False
        self._parting = contextlib.ExitStack()

    async def run(self, greeted: Greeted, listen: Listen, server: str) -> GatewayError | None:
        """Why it ended."""
        line, live, journal = self._line, self._live, self._live.conversation.journal
        begun = journal.begun() if listen.from_ == "turn" else None
        position = journal.last_seq if begun is None else begun - 1
        line.reply(listening(live, greeted, server, position))
        live.listeners.add(self._finish)
        with self._parting as parting:
            parting.callback(line.stop_reading)
            parting.callback(live.listeners.discard, self._finish)
            line.read(journal, position, self._hearing(greeted.hello.framing))
            line.hear(self._asked)
            return await line.over

    def _hearing(self, framing: str) -> Hearing:
        return Hearing(
            framing=framing,
            limit=self._live.message_limit,
            turn_of=self._live.conversation.turn_of,
            handed=_nobody_minds,
            behind=self._behind,
            gone=self._line.stalled,
        )

    def _asked(self, message: ClientMessage) -> None:
        match message:
            case Bye():
                self._line.end(None)
            case Ping():
                self._line.reply(Pong(t=message.t, re=message.id))
            case _:
                refused = Refused("bad_request", "A listener may say ping and bye.", field="type")
                refused.re = message.id
                raise refused

    def _finish(self) -> None:
        """The session has ended: part when all of it was heard. What it said last may be under way to the store."""
        self._finishing = True
        self._parting.callback(self._live.conversation.journal.subscribe(self._look))
        self._watch()
        self._look()

    def _watch(self) -> None:
        timer = asyncio.get_running_loop().call_later(LAST_S, self._again, self._line.position)
        self._parting.callback(timer.cancel)

    def _again(self, before: int) -> None:
        if self._line.position > before:
            self._watch()
        else:
            self._line.end(None)

    def _look(self) -> None:
        if not self._finishing:
            return
        journal = self._live.conversation.journal
        if self._line.position >= (journal.numbered if self._live.shared else journal.last_seq):
            self._line.end(None)

    def _behind(self, behind: int) -> None:
        if behind > LISTENER_BEHIND:
            self._line.end(Closing("slow_reader"))
        self._look()


def _nobody_minds(_: Frame) -> None:
    """What a listener's socket took is on nobody's clock."""
