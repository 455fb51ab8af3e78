"""Who is connected and how many from where: what uvicorn's protocols share, with bounds.

uvicorn has none of its own that would spare honest clients: its `limit_concurrency` lets 60 half-open handshakes
keep everybody out.
"""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from uvicorn.server import ServerState

MOST_CONNECTIONS = 4000
"""Of a process: idle ones take 100 MB at 25 KiB each."""
MOST_PER_NETWORK = 2000
"""One address, or one IPv6 network, cannot take all. A reverse proxy is one address too."""
LOOK_S = 5.0
DISCARD_S = 1.0
"""After a last word input is discarded for this long, so that the peer reads it and not a reset; then it is aborted."""


class Peers(ServerState):
    """`evicted` is told the reason when a connection is ended for what it does."""

    def __init__(self, evicted: Callable[[str], None]) -> None:
        super().__init__()
        self.evicted = evicted
        self._networks: Counter[str] = Counter()
        self._from: dict[Any, str] = {}
        """By transport, which an upgrade keeps; a peer's address cannot be asked for any more once it is gone."""

    def enter(self, transport: Any, client: tuple[str, int] | None) -> bool:
        """Whether there is room. Whatever the answer, `leave` follows."""
        network = self._from[transport] = _network(client)
        self._networks[network] += 1
        return self._networks[network] <= MOST_PER_NETWORK and len(self._from) <= MOST_CONNECTIONS

    def leave(self, transport: Any) -> None:
        network = self._from.pop(transport)
        self._networks[network] -= 1
        if not self._networks[network]:
            del self._networks[network]


def _network(client: tuple[str, int] | None) -> str:
    """An IPv6 subscriber has at least a /64 to choose addresses from."""
    if client is None:
        return ""
    host = client[0]
    if ":" not in host:
        return host
    address = ipaddress.IPv6Address(host)
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False))


async def abort_the_deaf(connections: Collection[Any], evicted: Callable[[str], None]) -> None:
    """Never ends. A polite close waits until the peer has taken what is unsent: for one that does not read, forever."""
    unsent: dict[Any, int] = {}
    while True:
        await asyncio.sleep(LOOK_S)
        closing = [each for each in connections if each.transport.is_closing()]
        before, unsent = unsent, {each: each.transport.get_write_buffer_size() for each in closing}
        for each, left in unsent.items():
            if left == before.get(each):
                evicted("unread")
                each.transport.abort()
