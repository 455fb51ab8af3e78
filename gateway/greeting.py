"""From the handshake to the session: origin, credential, hello."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.websockets import WebSocket

from gateway.access.doors import SUBPROTOCOL, Doors, offered, queried
from gateway.access.rights import Rights
from gateway.access.tokens import Grant
from gateway.errors import Closing, Refused, final
from gateway.protocol.messages import ClientMessage, Hello, decode
from gateway.session.session import Session
from gateway.wire import wire_of

Begin = Callable[[Hello, float, str, Rights], Session]
VERSION = 1
HELLO_S = 5.0
NAME_BYTES = 16
"""Random: a session's name is never guessed, and never given twice."""


@dataclass(frozen=True, slots=True)
class Greeted:
    """`session` None: the hello names a running one. `first`: the message that stood in for a hello, if one did."""

    hello: Hello
    session: Session | None
    grant: Grant
    first: ClientMessage | None


@dataclass(frozen=True, slots=True)
class Door:
    """What came with the handshake."""

    doors: Doors
    origin: str | None
    credential: str | None = field(repr=False)
    token: str | None = field(repr=False)

    async def grant(self, said: str | None) -> Grant:
        """With what the hello said, where the headers had no credential. Raises `Closing`."""
        with final():
            return await self.doors.grant(self.credential or said, self.token, self.origin)


def subprotocol(websocket: WebSocket) -> str | None:
    return SUBPROTOCOL if SUBPROTOCOL in websocket.scope["subprotocols"] else None


async def greet(
    websocket: WebSocket,
    doors: Doors,
    receive: Callable[[], Awaitable[str]],
    refuse: Callable[[Refused], None],
    begin: Begin,
) -> Greeted:
    """Wait for a hello that `begin` can honour. Raises `Closing`; a malformed one is refused and may be said again."""
    headers = websocket.headers
    if not doors.origin_allowed(headers.get("origin"), headers.get("host")):
        raise Closing("forbidden")
    door = Door(
        doors,
        headers.get("origin"),
        offered(headers, websocket.scope["subprotocols"]),
        queried(wire_of(websocket.scope).query),
    )
    try:
        async with asyncio.timeout(HELLO_S):
            while True:
                try:
                    return await _greeted(decode(await receive()), door, begin)
                except Refused as refused:
                    refuse(refused)
    except TimeoutError:
        raise Closing("hello_timeout") from None


async def _greeted(message: ClientMessage, door: Door, begin: Begin) -> Greeted:
    hello = message if isinstance(message, Hello) else Hello()
    grant = await door.grant(hello.token or (hello.listen.token if hello.listen else None))
    if hello.v != VERSION:
        raise Closing("unsupported_version", f"This gateway speaks version {VERSION}.")
    if hello.resume is not None or hello.listen is not None:
        return Greeted(hello, None, grant, None)
    try:
        session = begin(
            hello, asyncio.get_running_loop().time(), "s_" + secrets.token_urlsafe(NAME_BYTES), grant.rights
        )
    except Refused as refused:
        refused.re = hello.id
        raise
    return Greeted(hello, session, grant, None if message is hello else message)
