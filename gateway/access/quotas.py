"""How much: characters are reserved when text is accepted and settled once when its turn ends.

    hold(turn, 20) ──→ hold(turn, 50) ──→ settle(turn, 42)        8 are given back
                  └──→ Limit that is full; what was held stays

A counter holds what was used and what is reserved, together; it never passes its limit by what is held. Windows are
those of the wall clock: a counter is one name a window, so that a store that gateways share needs no more than counters
that expire.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.access.tokens import Grant

MINUTE_S, DAY_S = 60, 86_400
HELD_S = 3600.0
"""What is neither settled nor held again for so long is given back: its gateway is gone."""
SETTLED_S = 600.0
"""For so long a turn is known to be settled: nothing is held or charged for it any more."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many (`most`) on the counter `name`, which begins anew at `ends_at`, in seconds since the epoch."""

    scope: str
    """`token`, `minute`, `day`, `gateway`, `sessions`."""
    name: str
    most: int
    ends_at: float = math.inf


class Quotas(Protocol):
    """A store that cannot be reached raises `Refused` `store_unavailable`; nothing is let through unmetered."""

    async def hold(self, turn: str, characters: int, limits: Sequence[Limit]) -> Limit | None:
        """Reserve so many for a turn, in place of what was reserved for it. A limit that forbids it is given back."""

    async def settle(self, turn: str, used: int, limits: Sequence[Limit]) -> None:
        """Charge what was used and give the rest back, once; what exceeds the reservation is charged to `limits`."""

    async def enter(self, session: str, limits: Sequence[Limit]) -> Limit | None:
        """Count a session, once, until it leaves, or until its gateway is gone."""

    async def leave(self, session: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the operator allows, in billable characters; 0 is no limit. Days are UTC's."""

    tenant_minute: int = 0
    tenant_day: int = 0
    tenant_sessions: int = 0
    day: int = 0
    """Of all tenants together, and of the secret."""

    def characters(self, grant: Grant, now: float) -> tuple[Limit, ...]:
        """What a grant may use now. A tenant's numbers may stand in its token; the secret is of no tenant."""
        rights, (minute, day) = grant.rights, (now // MINUTE_S, now // DAY_S)
        of_minute = (rights.minute_characters or self.tenant_minute) if rights.tenant else 0
        of_day = (rights.day_characters or self.tenant_day) if rights.tenant else 0
        limits = []
        if rights.characters:
            limits.append(Limit("token", f"token/{grant.id}", rights.characters, grant.expires_at))
        if of_minute:
            name = f"minute/{minute:.0f}/{rights.tenant}"
            limits.append(Limit("minute", name, of_minute, (minute + 1) * MINUTE_S))
        if of_day:
            limits.append(Limit("day", f"day/{day:.0f}/{rights.tenant}", of_day, (day + 1) * DAY_S))
        if self.day:
            limits.append(Limit("gateway", f"gateway/{day:.0f}", self.day, (day + 1) * DAY_S))
        return tuple(limits)

    def sessions(self, grant: Grant) -> tuple[Limit, ...]:
        """How many may be open at once."""
        rights = grant.rights
        limits = (
            Limit("sessions", f"sessions/token/{grant.id}", rights.sessions or 0),
            Limit("sessions", f"sessions/tenant/{rights.tenant}", self.tenant_sessions if rights.tenant else 0),
        )
        return tuple(limit for limit in limits if limit.most)


@dataclass(slots=True)
class _Held:
    until: float
    pieces: list[tuple[int, tuple[Limit, ...]]] = field(default_factory=list)
    """As they were reserved, each with the counters that it stands on."""

    @property
    def total(self) -> int:
        return sum(characters for characters, _ in self.pieces)


class MemoryQuotas:
    """Of one gateway by itself. Answers at once: nothing awaits in between."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._counters: dict[str, int] = {}
        self._ends: dict[str, float] = {}
        self._turns: OrderedDict[str, _Held] = OrderedDict()
        """The one that was held longest ago is the first."""
        self._settled: OrderedDict[str, float] = OrderedDict()
        self._sessions: dict[str, set[str]] = {}
        self._swept_at = 0.0

    def taken(self, name: str) -> int:
        """Used and reserved on a counter."""
        return self._counters.get(name, 0)

    async def hold(self, turn: str, characters: int, limits: Sequence[Limit]) -> Limit | None:
        now = self._sweep()
        if turn in self._settled:
            return None
        held = self._turns.get(turn) or _Held(now)
        more = characters - held.total
        full = [limit for limit in limits if self.taken(limit.name) + more > limit.most]
        if more > 0 and full:
            return max(full, key=lambda limit: limit.ends_at)
        self._move(held, more, limits)
        held.until = now + HELD_S
        self._turns[turn] = held
        self._turns.move_to_end(turn)
        return None

    async def settle(self, turn: str, used: int, limits: Sequence[Limit]) -> None:
        now = self._sweep()
        if turn in self._settled:
            return
        held = self._turns.pop(turn, None) or _Held(now)
        self._move(held, used - held.total, limits)
        self._settled[turn] = now + SETTLED_S

    async def enter(self, session: str, limits: Sequence[Limit]) -> Limit | None:
        for limit in limits:
            inside = self._sessions.get(limit.name, set())
            if session not in inside and len(inside) >= limit.most:
                return limit
        for limit in limits:
            self._sessions.setdefault(limit.name, set()).add(session)
        return None

    async def leave(self, session: str) -> None:
        for name in [name for name, inside in self._sessions.items() if session in inside]:
            self._sessions[name].discard(session)
            if not self._sessions[name]:
                del self._sessions[name]

    def _move(self, held: _Held, more: int, limits: Sequence[Limit]) -> None:
        """Let a reservation grow or, from its end, shrink."""
        if more > 0:
            held.pieces.append((more, tuple(limits)))
            self._count(more, limits)
        while more < 0:
            characters, on = held.pieces.pop()
            back = min(characters, -more)
            self._count(-back, on)
            more += back
            if back < characters:
                held.pieces.append((characters - back, on))

    def _count(self, characters: int, limits: Sequence[Limit]) -> None:
        for limit in limits:
            if characters > 0 or limit.name in self._counters:
                self._ends[limit.name] = limit.ends_at
                self._counters[limit.name] = self.taken(limit.name) + characters

    def _sweep(self) -> float:
        """Give back what nobody settles, and forget the counters of windows that are over."""
        now = self._clock()
        while self._turns and next(iter(self._turns.values())).until <= now:
            _, held = self._turns.popitem(last=False)
            self._move(held, -held.total, ())
        while self._settled and next(iter(self._settled.values())) <= now:
            self._settled.popitem(last=False)
        if now >= self._swept_at + MINUTE_S:
            self._swept_at = now
            over = [name for name, ends_at in self._ends.items() if ends_at <= now]
            for name in over:
                del self._ends[name], self._counters[name]
        return now
