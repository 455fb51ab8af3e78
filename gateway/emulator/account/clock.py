"""The account's time, which can be put forward: voices, links and results expire by it. Rates have the real one."""

import math
import time


class Clock:
    def __init__(self) -> None:
        self.advanced_s = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.advanced_s

    def advance(self, seconds: float) -> None:
        """Raises ValueError for what would put it back."""
        if isinstance(seconds, bool) or not 0 <= seconds < math.inf:
            raise ValueError("a clock goes forward")
        self.advanced_s += seconds
