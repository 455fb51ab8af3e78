"""A token bucket over `now`: so many a second, with a burst."""


class Bucket:
    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = self._left = burst
        self._at: float | None = None

    def take(self, now: float, count: int = 1) -> bool:
        if self._at is not None:
            self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < count:
            return False
        self._left -= count
        return True
