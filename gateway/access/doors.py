"""Who may connect: origins and the gateway's secret."""

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.settings import is_loopback

SUBPROTOCOL = "voice-gateway.v1"
_BEARER = "bearer."


@dataclass(frozen=True, slots=True)
class Doors:
    """`secret` None: no credential is needed. `origins`: allowed beside the page's own host."""

    secret: str | None = field(repr=False)
    origins: frozenset[str] = frozenset()

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        """No Origin header means no browser: then the credential alone decides.

        Without a secret the host must be loopback too: a page can have its own name resolve to this machine.
        """
        if origin is None or origin in self.origins:
            return True
        try:
            own = host is not None and urlsplit(origin).netloc.lower() == host.lower()
            return own and (self.secret is not None or is_loopback(urlsplit(f"//{host}").hostname or ""))
        except ValueError:
            return False

    def admits(self, credential: str | None) -> bool:
        if self.secret is None:
            return True
        return credential is not None and hmac.compare_digest(credential.encode(), self.secret.encode())


def offered(headers: Mapping[str, str], subprotocols: Iterable[str]) -> str | None:
    """The credential that came with the handshake: `Authorization`, else beside the subprotocol."""
    scheme, _, credential = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credential:
        return credential.strip()
    for entry in subprotocols:
        if entry.startswith(_BEARER):
            return _decoded(entry.removeprefix(_BEARER))
    return None


def _decoded(token: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
