"""Whether a key is worth asking. Pure: `now` in seconds is an argument.

closed ──half of 20 or more in 30 s failed──→ open 10 s ──→ one probe ──spoken──→ closed
   └────key, balance or plan refused────────→ open 60 s ──→ one probe ──failed──→ open
"""

from collections import deque

from gateway.errors import UpstreamError

WINDOW_S = 30.0
FEWEST = 20
OPEN_S = 10.0
OPEN_ACCOUNT_S = 60.0

_ACCOUNT_CODES = frozenset({1004, 1008, 2049, 2056})
"""2061 is not among them: it is about one model."""
_ACCOUNT = frozenset({"upstream_auth", "upstream_balance"})
_FAILURES = frozenset({"upstream_unavailable", "upstream_timeout"})


def of_account(error: UpstreamError) -> bool:
    """Whether whoever asks with the same key hears the same."""
    return error.upstream_code in _ACCOUNT_CODES or (error.upstream_code is None and error.code in _ACCOUNT)


class Breaker:
    def __init__(self) -> None:
        self._code: str | None = None
        self._open_until = 0.0
        self._probing = False
        self._outcomes: deque[tuple[float, bool]] = deque()

    def refusing(self, now: float) -> str | None:
        """The error to answer with while nothing is to be asked; None when a request may go."""
        if self._code is not None and (self._probing or now < self._open_until):
            return self._code
        return None

    def admit(self) -> None:
        """A request goes. One of `succeeded`, `failed` and `released` follows."""
        self._probing = self._code is not None

    def released(self) -> None:
        """The request was given up; nothing was learnt."""
        self._probing = False

    def succeeded(self, now: float) -> None:
        self._code = None
        self._probing = False
        self._count(now, failed=False)

    def failed(self, error: UpstreamError, now: float) -> None:
        if of_account(error):
            self.open(error.code, now + OPEN_ACCOUNT_S)
        elif error.code not in _FAILURES:
            self.succeeded(now)
        elif self._count(now, failed=True) or self._probing:
            self.open(error.code, now + OPEN_S)

    def open(self, code: str, until: float) -> None:
        self._code = code
        self._open_until = until
        self._probing = False
        self._outcomes.clear()

    def _count(self, now: float, *, failed: bool) -> bool:
        """Whether too many have failed of late."""
        self._outcomes.append((now, failed))
        while self._outcomes[0][0] < now - WINDOW_S:
            self._outcomes.popleft()
        failures = sum(failed for _, failed in self._outcomes)
        return len(self._outcomes) >= FEWEST and 2 * failures >= len(self._outcomes)
