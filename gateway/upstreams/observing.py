"""What an upstream tells about how long things took and what failed, for whoever counts it.

governor    waited for the rate limit
connect     until the response's head, or until a WebSocket's task has started (next to nothing on a kept line)
upstream    from there to the first audio
"""

import time
from collections.abc import Callable

Observe = Callable[[str, float], None]
"""A phase that ended, and the seconds it took."""
ObserveError = Callable[[int | None], None]
"""Upstream's code of a failed request; None where it gave none."""
Clock = Callable[[], float]
"""Seconds, never going back."""


def ignore(phase: str, seconds: float) -> None:
    pass


def ignore_error(code: int | None) -> None:
    pass


class Stopwatch:
    """Tells each phase of one request once, as it ends."""

    def __init__(self, observe: Observe, clock: Clock = time.monotonic) -> None:
        self._observe = observe
        self._clock = clock
        self._since = clock()
        self._ended: set[str] = set()

    def ended(self, phase: str) -> None:
        if phase in self._ended:
            return
        self._ended.add(phase)
        now = self._clock()
        self._observe(phase, now - self._since)
        self._since = now
