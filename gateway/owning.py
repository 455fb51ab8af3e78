"""Own a session on a socket: messages into its conversation, its journal onto the socket."""

import asyncio
from functools import partial

from gateway.access.doors import Doors
from gateway.access.validity import Validity
from gateway.answers import resumed, welcome
from gateway.conversation import Owner
from gateway.errors import GatewayError, Refused
from gateway.greeting import Greeted
from gateway.line import Line
from gateway.longform.following import Following
from gateway.longform.library import Library
from gateway.protocol.events import Resumed, Welcome
from gateway.protocol.messages import ClientMessage, Configure, LongformFollow, Ping, Playback, Speak, TurnOpen
from gateway.reader import Hearing
from gateway.receipts import Receipts
from gateway.session.inputs import Renewed
from gateway.sessions import Live, Sessions
from gateway.turnstile import Turnstile


class Owning:
    """`validity`: of the credential with which the session was begun or resumed."""

    def __init__(
        self, line: Line, live: Live, sessions: Sessions, doors: Doors, validity: Validity, library: Library
    ) -> None:
        self.live = live
        self._line = line
        self._sessions = sessions
        self._doors = doors
        self._validity = validity
        self._library = library
        conversation = live.conversation
        self._receipts = Receipts(line.wire, conversation.journal, lambda: line.position, live.rotation.settle)

    async def run(self, greeted: Greeted, server: str) -> GatewayError | None:
        """Why it ended."""
        farewell: GatewayError | None = None
        async with asyncio.TaskGroup() as tasks:
            turnstile = Turnstile(self._admit, self._line.failed, tasks)
            following = Following(self._library, self._line.reply, tasks)
            owner = Owner(self._line.reply, self._line.end, partial(self._let_go, turnstile))
            position = greeted.hello.resume.last_seq if greeted.hello.resume else 0
            self._sessions.attach(self.live, owner, position)
            try:
                self._line.reply(self._answer(greeted, server, position))
                self._line.read(self.live.conversation.journal, position, self._hearing(greeted.hello.framing))
                if greeted.first is not None:
                    self._begin(turnstile, following, greeted.first)
                self._line.hear(partial(self._take, turnstile, following))
                farewell = await self._line.over
            finally:
                turnstile.close()
                following.close()
                self._sessions.leave(self.live, owner, farewell)
                self._stop_reading()
        return farewell

    def _answer(self, greeted: Greeted, server: str, position: int) -> Welcome | Resumed:
        window_ms = round(self._sessions.bounds.window_s * 1000)
        if greeted.hello.resume is None:
            return welcome(self.live, greeted, server, window_ms)
        return resumed(self.live, greeted, server, window_ms, position)

    def _hearing(self, framing: str) -> Hearing:
        conversation = self.live.conversation
        return Hearing(
            framing=framing,
            limit=self.live.message_limit,
            turn_of=conversation.turn_of,
            handed=conversation.handed,
            behind=conversation.speaker.taken,
            gone=self._line.stalled,
            lost=conversation.lost,
            first=True,
            keeps=self._sessions.bounds.window_s > 0,
        )

    def _begin(self, turnstile: Turnstile, following: Following, first: ClientMessage) -> None:
        try:
            self._take(turnstile, following, first)
        except Refused as refused:
            self._line.refuse(refused)

    def _take(self, turnstile: Turnstile, following: Following, message: ClientMessage) -> None:
        if isinstance(message, LongformFollow):
            following.follow(message)
            return
        if isinstance(message, Ping | Playback) and message.last_seq is not None:
            self._receipts.tell(message.last_seq)
        if isinstance(message, Speak | TurnOpen) and not self._sessions.taking:
            raise _unkept(message)
        if turnstile.busy or not self.live.conversation.account.free(message):
            turnstile.put(message)
        else:
            self.live.conversation.post(message)

    async def _admit(self, message: ClientMessage) -> None:
        """Handle a message that has to be paid for or proves something. Raises `Refused`."""
        if self._line.over.done():
            return
        if isinstance(message, Configure) and message.token is not None:
            await self._renew(message, message.token)
        else:
            await self.live.conversation.account.take(message, self.live.conversation.post)

    async def _renew(self, message: Configure, token: str) -> None:
        """Go on with another token. Raises `Refused`; then the one before still holds."""
        conversation = self.live.conversation
        try:
            grant = await self._doors.grant(token, None, self._line.origin)
            if grant.rights.tenant != self.live.tenant:
                raise Refused("forbidden", "The token is another tenant's.", field="token")
        except Refused as refused:
            refused.re = message.id
            raise
        conversation.post(
            Renewed(id=message.id, n=message.n, config=message.config, apply=message.apply, rights=grant.rights)
        )
        if conversation.session.rights is grant.rights:
            self._sessions.adopt(self.live, grant)
            self._validity.renew(grant)

    def _let_go(self, turnstile: Turnstile) -> int:
        """What waits in front of the session is not handled any more: `last_n` says so to who resumes."""
        turnstile.close()
        position = self._line.position
        self._stop_reading()
        return position

    def _stop_reading(self) -> None:
        self._line.stop_reading()
        self._receipts.close()


def _unkept(message: Speak | TurnOpen) -> Refused:
    refused = Refused("store_unavailable")
    refused.re, refused.turn = message.id, message.turn
    return refused
