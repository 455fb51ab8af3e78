"""How much a key may ask within a sliding window. No clock: time is an argument."""

from collections import defaultdict, deque

from gateway.emulator.habits import Habits
from gateway.emulator.refusals import TOKEN_LIMITED, Refusal, too_often


class Limits:
    def __init__(self, habits: Habits) -> None:
        self._habits = habits
        self._asked: defaultdict[str, deque[tuple[float, int]]] = defaultdict(deque)

    def take(self, key: str, characters: int, now: float) -> None:
        """Raises `Refusal`; what is refused does not count."""
        habits = self._habits
        if habits.requests_per_minute is None and habits.characters_per_minute is None:
            return
        asked = self._asked[key]
        while asked and asked[0][0] <= now - habits.limit_window_s:
            asked.popleft()
        if habits.requests_per_minute is not None and len(asked) >= habits.requests_per_minute:
            raise too_often()
        used = characters + sum(count for _, count in asked)
        if habits.characters_per_minute is not None and used > habits.characters_per_minute:
            raise Refusal(TOKEN_LIMITED, "token limit exceeded(TPM)")
        asked.append((now, characters))


class Rate:
    """Calls of one kind; None has no limit."""

    def __init__(self, most: int | None, window_s: float) -> None:
        self._most = most
        self._window_s = window_s
        self._asked: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, key: str, now: float) -> None:
        """Raises `Refusal`; what is refused does not count."""
        if self._most is None:
            return
        asked = self._asked[key]
        while asked and asked[0] <= now - self._window_s:
            asked.popleft()
        if len(asked) >= self._most:
            raise too_often()
        asked.append(now)
