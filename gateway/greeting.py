"""From the handshake to the session: origin, credential, hello."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.websockets import WebSocket

from gateway.access.doors import SUBPROTOCOL, Doors, offered
from gateway.errors import Closing, Refused
from gateway.protocol.messages import ClientMessage, Hello, decode
from gateway.session.session import Session

VERSION = 1
HELLO_S = 5.0


@dataclass(frozen=True, slots=True)
class Greeted:
    """`first`: the message that stood in for a hello, if one did."""

    hello: Hello
    session: Session
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
    if not doors.admits(credential or hello.token):
        raise Closing("unauthorized")
    if hello.v != VERSION:
        raise Closing("unsupported_version", f"This gateway speaks version {VERSION}.")
    if hello.resume is not None:
        raise Closing("resume_refused")
    if hello.listen is not None:
        raise Refused("bad_request", "Listening is not served.", field="listen")
    try:
        session = begin(hello, asyncio.get_running_loop().time(), "s_" + secrets.token_urlsafe(9))
    except Refused as refused:
        refused.re = hello.id
        raise
    return Greeted(hello, session, None if message is hello else message)
