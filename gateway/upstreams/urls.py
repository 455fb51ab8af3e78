"""Which transport an upstream's URL asks for, and where.

t2a+https://host[/prefix][?GroupId=…]      HTTP with server-sent events
t2a+wss://host…                            one long-lived WebSocket task (bidi)
t2a-classic+wss://host…                    WebSocket, one task per connection
t2a+http, t2a+ws, t2a-classic+ws           the same in the clear, to loopback only
"""

import ipaddress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Transport = Literal["http", "bidi", "classic"]

_SCHEMES: dict[str, tuple[Transport, str]] = {
    "t2a+https": ("http", "https"),
    "t2a+http": ("http", "http"),
    "t2a+wss": ("bidi", "wss"),
    "t2a+ws": ("bidi", "ws"),
    "t2a-classic+wss": ("classic", "wss"),
    "t2a-classic+ws": ("classic", "ws"),
}
T2A_PATHS: dict[Transport, str] = {
    "http": "/v1/t2a_v2",
    "bidi": "/ws/v1/t2a_v2_bidi",
    "classic": "/ws/v1/t2a_v2",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    transport: Transport
    url: str
    """What the transport connects to, path included."""


def endpoint(url: str) -> Endpoint:
    """Raises `ValueError`; its message never repeats the URL, which may hold what should not be printed."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"An upstream URL begins with one of {', '.join(_SCHEMES)}.")
    transport, scheme = _SCHEMES[parts.scheme]
    if not parts.hostname:
        raise ValueError("An upstream URL needs a host.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("An upstream URL holds no credentials; the key is a setting of its own.")
    if scheme in {"http", "ws"} and not _is_loopback(parts.hostname):
        raise ValueError(f"{parts.scheme} is for loopback only: elsewhere the key would travel in the clear.")
    path = parts.path.rstrip("/") + T2A_PATHS[transport]
    return Endpoint(transport, urlunsplit((scheme, parts.netloc, path, parts.query, "")))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
