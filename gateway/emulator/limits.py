"""How much a key may ask within a sliding window. No clock: time is an argument."""

from collections import defaultdict, deque

from gateway.emulator.habits import Habits
from gateway.emulator.refusals import RATE_LIMITED, TOKEN_LIMITED, Refusal


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
            raise Refusal(RATE_LIMITED, "rate limit exceeded(RPM)")
        used = characters + sum(count for _, count in asked)
        if habits.characters_per_minute is not None and used > habits.characters_per_minute:
            raise Refusal(TOKEN_LIMITED, "token limit exceeded(TPM)")
        asked.append((now, characters))
