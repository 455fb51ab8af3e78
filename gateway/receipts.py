"""What of a journal has arrived at its owner, so that it need not be kept.

The client says so (`last_seq`). Of one that never does, a pong says that its network has what went before the ping;
a little later its program has it too.
"""

import asyncio
from collections.abc import Callable

from gateway.journal.base import Journal
from gateway.line import Pinged
from gateway.wire import Wire

SETTLED_S = 5.0


class Receipts:
    """One connection's. `position`: how far its reader is; `answered`: the peer has answered a ping."""

    def __init__(
        self, wire: Pinged | Wire, journal: Journal, position: Callable[[], int], answered: Callable[[], object]
    ) -> None:
        self._wire = wire
        self._journal = journal
        self._position = position
        self._answered = answered
        self._pinged_at = 0
        """The position when the last ping went."""
        self._told = False
        self._timer: asyncio.TimerHandle | None = None
        wire.on_ping, wire.on_pong = self._pinged, self._ponged

    def close(self) -> None:
        self._wire.on_ping = self._wire.on_pong = None
        if self._timer is not None:
            self._timer.cancel()

    def tell(self, last_seq: int) -> None:
        """The client has all up to there; what it was never sent it cannot have."""
        self._told = True
        self._journal.forget(min(last_seq, self._position()))

    def _pinged(self) -> None:
        self._pinged_at = self._position()

    def _ponged(self) -> None:
        self._answered()
        if not self._told:
            self._timer = asyncio.get_running_loop().call_later(SETTLED_S, self._journal.forget, self._pinged_at)
