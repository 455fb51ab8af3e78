"""When to come back to a gateway whose connection was lost. Pure.

no close code, first   at once: a listener's buffer is running out
4200–4299, first       within 3 s: all its clients were sent away at the same time
else                   within 1, 2, 4 … 30 s, anywhere in them, so that they do not come all at once
"""

LONGEST_S = 30.0
STEPS = 5
"""After so many doublings it stays at `LONGEST_S`."""
SENT_AWAY_S = 3.0
CUT_S = 0.1


def delay(close_code: int | None, attempt: int, chance: float) -> float:
    """Seconds before attempt 0, 1, 2, …; `chance` is a random number from 0 to 1."""
    if attempt == 0 and close_code in {None, 1006}:
        return chance * CUT_S
    if attempt == 0 and close_code is not None and 4200 <= close_code < 4300:
        return chance * SENT_AWAY_S
    return chance * min(LONGEST_S, 2.0 ** min(attempt, STEPS))
