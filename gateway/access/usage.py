"""The books: what was billed, heard, wasted and cached, by tenant, label and day."""

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from gateway.protocol.events import Terminal, TurnDone
from gateway.text.billing import billable

KINDS = ("label", "tenant", "day")
MOST_ROWS = 10_000
"""An answer is put together between two frames of audio."""
MOST_LABELS = 5_000
"""Of one tenant: its clients choose them."""
MOST_DAYS = 400
REST = "(others)"
"""Where the rest is booked once there are too many. No tenant has this name."""


@dataclasses.dataclass(frozen=True, slots=True)
class Spent:
    """Billable characters of turns: what is billed or cached is heard or not; `wasted` was billed and not heard."""

    turns: int = 0
    billed: int = 0
    heard: int = 0
    wasted: int = 0
    cached: int = 0

    def __iter__(self) -> Iterator[int]:
        return (getattr(self, name) for name in Spent.__slots__)

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.turns + other.turns,
            self.billed + other.billed,
            self.heard + other.heard,
            self.wasted + other.wasted,
            self.cached + other.cached,
        )


def spent(terminal: Terminal) -> Spent:
    """What a turn cost. One that is done was heard; of one that went into the cache only nothing is heard or wasted."""
    billed, cached = terminal.usage.billed_characters, terminal.usage.cached_characters
    if isinstance(terminal, TurnDone):
        return Spent(1, billed, billed + cached if terminal.bytes else 0, 0, cached)
    heard = min(billed + cached, billable(terminal.heard.text or ""))
    return Spent(1, billed, heard, min(billed, billed + cached - heard), cached)


class Usage(Protocol):
    """A store that cannot be reached raises `Refused` `store_unavailable` where it is asked."""

    def add(self, tenant: str, labels: Mapping[str, str], cost: Spent) -> None:
        """Book a turn; at once or, where the store is elsewhere, soon."""

    async def since(self) -> float:
        """Seconds since the epoch."""

    async def by(self, what: str) -> list[dict[str, Any]]:
        """Rows by one of `KINDS`, the costliest first; a turn with several labels stands in a row for each."""


class MemoryUsage:
    """Of this process, since it began."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._since = clock()
        self._days: dict[str, Spent] = {}
        self._tenants: dict[str, Spent] = {}
        self._labels: dict[tuple[str, str, str], Spent] = {}
        self._labels_of: dict[str, int] = {}

    def add(self, tenant: str, labels: Mapping[str, str], cost: Spent) -> None:
        day = time.strftime("%Y-%m-%d", time.gmtime(self._clock()))
        self._days[day] = self._days.get(day, Spent()) + cost
        if len(self._days) > MOST_DAYS:
            del self._days[min(self._days)]
        known = tenant if tenant in self._tenants or len(self._tenants) < MOST_ROWS else REST
        self._tenants[known] = self._tenants.get(known, Spent()) + cost
        for row in self._rows(tenant, labels):
            self._labels[row] = self._labels.get(row, Spent()) + cost

    async def since(self) -> float:
        return self._since

    async def by(self, what: str) -> list[dict[str, Any]]:
        rows: dict[str, Mapping[Any, Spent]] = {"day": self._days, "tenant": self._tenants, "label": self._labels}
        return told(what, rows[what])

    def _rows(self, tenant: str, labels: Mapping[str, str]) -> set[tuple[str, str, str]]:
        return {self._row(tenant, name, value) for name, value in labels.items()}

    def _row(self, tenant: str, name: str, value: str) -> tuple[str, str, str]:
        of_tenant = self._labels_of.get(tenant, 0)
        if (tenant, name, value) not in self._labels:
            if of_tenant >= MOST_LABELS or len(self._labels) >= MOST_ROWS:
                return (tenant if of_tenant else REST, REST, "")
            self._labels_of[tenant] = of_tenant + 1
        return (tenant, name, value)


def told(what: str, rows: Mapping[Any, Spent]) -> list[dict[str, Any]]:
    if what == "day":
        return [{"day": day, **_shown(cost)} for day, cost in sorted(rows.items())]
    if what == "tenant":
        return [{"tenant": tenant, **_shown(cost)} for tenant, cost in _costliest(rows.items())]
    return [
        {"tenant": tenant, "label": name, "value": value, **_shown(cost)}
        for (tenant, name, value), cost in _costliest(rows.items())
    ]


def _shown(cost: Spent) -> dict[str, int]:
    return dict(zip(Spent.__slots__, cost, strict=True))


def _costliest(rows: Iterable[tuple[Any, Spent]]) -> list[tuple[Any, Spent]]:
    return sorted(rows, key=lambda row: (-row[1].billed, row[0]))
