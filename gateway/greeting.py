"""From the handshake to the session: origin, credential, hello."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.websockets import WebSocket

from gateway.access.doors import SUBPROTOCOL, Doors, offered
from gateway.errors import Closing, Refused
from gateway.protocol.messages import ClientMessage, Hello, Listen, decode
from gateway.session.session import Session

VERSION = 1
HELLO_S = 5.0
NAME_BYTES = 16
"""Random: a session's name is never guessed, and never given twice."""


@dataclass(frozen=True, slots=True)
class Greeted:
    """`session` None: the hello names a running one. `first`: the message that stood in for a hello, if one did."""

    hello: Hello
    session: Session | None
    first: ClientMessage | None


def subprotocol(websocket: WebSocket) -> str | None:
    return SUBPROTOCOL if SUBPROTOCOL in websocket.scope["subprotocols"] else None


async def greet(
    websocket: WebSocket,
    doors: Doors,
    receive: Callable[[], Awaitable[str]],
    refuse: Callable[[Refused], None],
    begin: Callable[[Hello, float, str], Session],
) -> Greeted:
    """Wait for a hello that `begin` can honour. Raises `Closing`; a malformed one is refused and may be said again."""
    headers = websocket.headers
    if not doors.origin_allowed(headers.get("origin"), headers.get("host")):
        raise Closing("forbidden")
    credential = offered(headers, websocket.scope["subprotocols"])
    try:
        async with asyncio.timeout(HELLO_S):
            while True:
                try:
                    return _greeted(decode(await receive()), credential, doors, begin)
                except Refused as refused:
                    refuse(refused)
    except TimeoutError:
        raise Closing("hello_timeout") from None


def _greeted(
    message: ClientMessage, credential: str | None, doors: Doors, begin: Callable[[Hello, float, str], Session]
) -> Greeted:
    hello = message if isinstance(message, Hello) else Hello()
    if not _admitted(doors, credential or hello.token, hello.listen):
        raise Closing("unauthorized")
    if hello.v != VERSION:
        raise Closing("unsupported_version", f"This gateway speaks version {VERSION}.")
    if hello.resume is not None or hello.listen is not None:
        return Greeted(hello, None, None)
    try:
        session = begin(hello, asyncio.get_running_loop().time(), "s_" + secrets.token_urlsafe(NAME_BYTES))
    except Refused as refused:
        refused.re = hello.id
        raise
    return Greeted(hello, session, None if message is hello else message)


def _admitted(doors: Doors, credential: str | None, listen: Listen | None) -> bool:
    """Whether who connects may own a session or, with `listen`, hear that one."""
    return doors.admits(credential or (listen.token if listen else None))
