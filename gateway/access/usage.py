"""The books: what was billed, heard, wasted and cached, and what it cost, by tenant, label, voice, model and day."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gateway.access.costs import NOBODY, Spent

KINDS: Mapping[str, tuple[str, ...]] = {
    "label": ("tenant", "label", "value"),
    "tenant": ("tenant",),
    "voice": ("tenant", "voice"),
    "model": ("model",),
    "day": ("day",),
}
"""What rows are by, and what they are named by."""
MOST_ROWS = 10_000
"""An answer is put together between two frames of audio."""
MOST_CHOSEN = 5_000
"""Labels or voices of one tenant: its clients choose them."""
MOST_DAYS = 400
REST = "(others)"
"""Where the rest is booked once there are too many. No tenant has this name."""

Row = tuple[str, ...]


class Usage(Protocol):
    """A store that cannot be reached raises `Refused` `store_unavailable` where it is asked."""

    def add(
        self,
        tenant: str,
        labels: Mapping[str, str],
        cost: Spent,
        voices: Mapping[str, Spent] = NOBODY,
        models: Mapping[str, Spent] = NOBODY,
    ) -> None:
        """Book a turn, a job or a fee; at once or, where the store is elsewhere, soon. `voices` and `models` are parts
        of `cost`.
        """

    async def since(self) -> float:
        """Seconds since the epoch."""

    async def by(self, what: str) -> list[dict[str, Any]]:
        """Rows by one of `KINDS`, the costliest first; a turn with several labels stands in a row for each."""


class MemoryUsage:
    """Of this process, since it began."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._since = clock()
        self._days: dict[Row, Spent] = {}
        self._tenants: dict[Row, Spent] = {}
        self._models: dict[Row, Spent] = {}
        self._labels = _Chosen(REST, "")
        self._voices = _Chosen(REST)

    def add(
        self,
        tenant: str,
        labels: Mapping[str, str],
        cost: Spent,
        voices: Mapping[str, Spent] = NOBODY,
        models: Mapping[str, Spent] = NOBODY,
    ) -> None:
        _add(self._days, day_of(self._clock()), cost)
        if len(self._days) > MOST_DAYS:
            del self._days[min(self._days)]
        _add(self._tenants, tenant, cost)
        for model, part in models.items():
            _add(self._models, model, part)
        for row in {self._labels.row(tenant, name, value) for name, value in labels.items()}:
            self._labels.add(row, cost)
        for voice, part in voices.items():
            self._voices.add(self._voices.row(tenant, voice), part)

    async def since(self) -> float:
        return self._since

    async def by(self, what: str) -> list[dict[str, Any]]:
        rows = {
            "day": self._days,
            "tenant": self._tenants,
            "model": self._models,
            "label": self._labels.rows,
            "voice": self._voices.rows,
        }
        return told(what, rows[what])


class _Chosen:
    """Rows that clients name. What is too much for a tenant stands in its row of `rest`, or in everybody's."""

    def __init__(self, *rest: str) -> None:
        self.rows: dict[Row, Spent] = {}
        self._rest = rest
        self._of: dict[str, int] = {}

    def row(self, tenant: str, *names: str) -> Row:
        of_tenant = self._of.get(tenant, 0)
        if (tenant, *names) not in self.rows:
            if of_tenant >= MOST_CHOSEN or len(self.rows) >= MOST_ROWS:
                return (tenant if of_tenant else REST, *self._rest)
            self._of[tenant] = of_tenant + 1
        return (tenant, *names)

    def add(self, row: Row, cost: Spent) -> None:
        self.rows[row] = self.rows.get(row, Spent()) + cost


def _add(rows: dict[Row, Spent], name: str, cost: Spent) -> None:
    row = (name,) if (name,) in rows or len(rows) < MOST_ROWS else (REST,)
    rows[row] = rows.get(row, Spent()) + cost


def day_of(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at))


def told(what: str, rows: Mapping[Row, Spent]) -> list[dict[str, Any]]:
    def place(row: tuple[Row, Spent]) -> tuple[Any, ...]:
        name, cost = row
        return name if what == "day" else (-cost.cost, -cost.billed, name)

    return [_told(what, name, cost) for name, cost in sorted(rows.items(), key=place)]


def _told(what: str, name: Row, cost: Spent) -> dict[str, Any]:
    numbers = dict(zip(Spent.__slots__, cost, strict=True))
    cost_usd = numbers.pop("cost") / 1e6
    return {**dict(zip(KINDS[what], name, strict=True)), **numbers, "cost_usd": cost_usd}
