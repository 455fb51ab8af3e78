"""From an address to a session that was welcomed, or goes on."""

from collections.abc import Mapping
from typing import Any, Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxy, InvalidStatus
from websockets.typing import Subprotocol

from voice_gateway_client.address import is_local
from voice_gateway_client.errors import VoiceError, may_come_back
from voice_gateway_client.messages import Error, Resumed, Welcome
from voice_gateway_client.wire import WireError, encode, parse_message

SUBPROTOCOL = Subprotocol("voice-gateway.v1")
LARGEST_MESSAGE = 1 << 20
"""Bytes; the gateway keeps to 64 KiB."""
PING_S = 15.0
"""A network that went silent is noticed in twice that, while the gateway still keeps the session (60 s)."""


async def opened(url: str, token: str | None, hello: Mapping[str, Any]) -> tuple[ClientConnection, Welcome | Resumed]:
    """Connect and say hello. Raises `VoiceError`; whoever gets the socket closes it."""
    socket = await _connected(url, token)
    try:
        await socket.send(encode("hello", **hello))
        return socket, await _welcomed(socket)
    except ConnectionClosed as closed:
        raise lost(closed) from closed
    except WireError as error:
        await socket.close(1002)
        raise VoiceError("bad_answer", str(error)) from error
    except BaseException:
        await socket.close()
        raise


def lost(closed: ConnectionClosed) -> VoiceError:
    code = 1006 if closed.rcvd is None else closed.rcvd.code
    return VoiceError("connection_lost", f"The connection was lost ({code}).", None, may_come_back(code), code)


def refusal(error: Error) -> VoiceError:
    return VoiceError(error.code, error.message, error.field, error.retryable, error.close_code)


async def _connected(url: str, token: str | None) -> ClientConnection:
    headers = {"Authorization": f"Bearer {token}"} if token else None
    proxy: Literal[True] | None = None if is_local(url) else True
    try:
        return await connect(
            url,
            subprotocols=[SUBPROTOCOL],
            additional_headers=headers,
            compression=None,
            max_size=LARGEST_MESSAGE,
            proxy=proxy,
            ping_interval=PING_S,
            ping_timeout=PING_S,
        )
    except InvalidStatus as refused:
        status = refused.response.status_code
        message = f"No gateway speaks at {url}: HTTP {status}."
        raise VoiceError("cannot_connect", message, None, status >= 500) from refused
    except (OSError, InvalidHandshake, InvalidProxy, EOFError) as error:
        raise VoiceError("cannot_connect", f"No gateway answers at {url}.", None, retryable=True) from error


async def _welcomed(socket: ClientConnection) -> Welcome | Resumed:
    while True:
        raw = await socket.recv()
        if isinstance(raw, bytes):
            raise WireError("Audio came before a welcome.")
        match parse_message(raw):
            case Welcome() | Resumed() as answer:
                return answer
            case Error() as error:
                raise refusal(error)
            case _:
                continue
