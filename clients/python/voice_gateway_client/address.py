"""Where the gateway listens, however it is written."""

from urllib.parse import urlsplit, urlunsplit

from voice_gateway_client.errors import VoiceError

SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
PATH = "/v1/stream"


def stream_url(url: str) -> str:
    """`http://host:8080` and `ws://host:8080/v1/stream` are one gateway. Raises `VoiceError`."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in SCHEMES and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if not known:
        raise VoiceError("bad_url", "The address must look like ws://127.0.0.1:8080 or https://voice.example.", "url")
    path = PATH if parts.path in {"", "/"} else parts.path
    return urlunsplit((SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))


def is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")
