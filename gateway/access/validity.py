"""How long a connection's credential holds: until its token expires or is revoked."""

import asyncio
import math
import time
from collections.abc import Callable

from gateway.access.revocations import Revocations
from gateway.access.tokens import Grant
from gateway.errors import Closing


class Validity:
    """Ends the connection once; `renew` with another grant begins anew. To be closed."""

    def __init__(
        self,
        grant: Grant,
        revocations: Revocations,
        end: Callable[[Closing], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._revocations = revocations
        self._end = end
        self._clock = clock
        self._stops: list[Callable[[], None]] = []
        self.renew(grant)

    def renew(self, grant: Grant) -> None:
        self.close()
        if not grant.id:
            return
        self._stops.append(self._revocations.watch(grant.id, self._revoked))
        if math.isfinite(grant.expires_at):
            left_s = max(0.0, grant.expires_at - self._clock())
            self._stops.append(asyncio.get_running_loop().call_later(left_s, self._expired).cancel)

    def close(self) -> None:
        while self._stops:
            self._stops.pop()()

    def _expired(self) -> None:
        self._end(Closing("token_expired"))

    def _revoked(self) -> None:
        self._end(revoked())


def revoked() -> Closing:
    return Closing("unauthorized", "The token was revoked.")
