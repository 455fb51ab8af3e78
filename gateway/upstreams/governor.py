"""When which request may be asked with which key, so that upstream's rate limits are not run into. Pure.

Each key has a bucket of requests and one of characters, and a breaker. Upstream's limits are not known
exactly (a burst of 30 at 60 a minute was seen to be cut at 14) and shared with whoever else uses the key,
so the rates give way when upstream says "too many", and come back slowly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.errors import UpstreamError
from gateway.upstreams.breaker import Breaker
from gateway.upstreams.queueing import FairQueue, Ticket

BURST_S = 5.0
"""A bucket holds this much of its rate."""
GIVE_WAY = 0.8
LEAST_SHARE = 0.1
RECOVERY_S = 300.0
"""From nothing back to the whole rate."""
PENALTY_EVERY_S = 1.0
"""Requests refused together are one sign, not many."""

_ENDLESS = 1e12
"""Stands for no limit, so that no infinity is reckoned with."""
_REQUEST_CODES = frozenset({1002, 1041, 2045, 2205})
_CHARACTER_CODES = frozenset({1039, 2045})


@dataclass(frozen=True, slots=True)
class Limits:
    """Per minute, as the account's plan says; `math.inf` for none."""

    requests: float
    characters: float


@dataclass(frozen=True, slots=True)
class Level:
    """What a bucket holds, and how much of its rate it gets."""

    amount: float
    share: float


def rate(per_minute: float) -> tuple[float, float]:
    """Of a bucket: per second, and its size, which is one at least."""
    nominal = min(per_minute, _ENDLESS) / 60
    return nominal, max(1, nominal * BURST_S)


class Bucket:
    def __init__(self, per_minute: float, now: float) -> None:
        self._nominal, self._size = rate(per_minute)
        self._share = 1.0
        self._level = self._size
        self._at = now
        self._penalised_at = -PENALTY_EVERY_S

    @property
    def per_second(self) -> float:
        return self._nominal * self._share

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; what is larger than the bucket needs a full one."""
        self._refill(now)
        return max(0.0, (min(amount, self._size) - self._level) / self.per_second)

    def take(self, amount: float) -> None:
        self._level -= amount

    def level(self, now: float) -> float:
        self._refill(now)
        return self._level

    def learn(self, level: Level, now: float) -> None:
        """What others have left of it."""
        self._level, self._share, self._at = level.amount, level.share, now

    def penalise(self, now: float) -> None:
        if now - self._penalised_at < PENALTY_EVERY_S:
            return
        self._refill(now)
        self._penalised_at = now
        self._share = max(LEAST_SHARE, self._share * GIVE_WAY)
        self._level = min(self._level, 0.0)

    def _refill(self, now: float) -> None:
        passed = max(0.0, now - self._at)
        self._at = max(now, self._at)
        self._level = min(self._size, self._level + passed * self.per_second)
        self._share = min(1.0, self._share + passed / RECOVERY_S)


class Key:
    def __init__(self, limits: Limits, now: float) -> None:
        self.requests = Bucket(limits.requests, now)
        self.characters = Bucket(limits.characters, now)
        self.breaker = Breaker()

    def wait(self, ticket: Ticket, now: float) -> float:
        return max(self.requests.wait(1, now), self.characters.wait(ticket.characters, now))

    def take(self, ticket: Ticket) -> None:
        self.requests.take(1)
        self.characters.take(ticket.characters)
        self.breaker.admit()

    def failed(self, error: UpstreamError, now: float) -> None:
        self.breaker.failed(error, now)
        requests, characters = too_many(error)
        if requests:
            self.requests.penalise(now)
        if characters:
            self.characters.penalise(now)


def too_many(error: UpstreamError) -> tuple[bool, bool]:
    """Whether it says that there were too many requests, and too many characters."""
    if error.code != "upstream_rate_limited":
        return False, False
    characters = error.upstream_code in _CHARACTER_CODES
    return error.upstream_code in _REQUEST_CODES or not characters, characters


@dataclass(frozen=True, slots=True)
class Place:
    ticket: Ticket
    place: int
    eta_s: float


class Governor:
    """`join`, then `grant` says when; what became of a granted request is told to `keys[n]`."""

    def __init__(self, limits: Sequence[Limits], now: float) -> None:
        self.keys = [Key(limit, now) for limit in limits]
        self._queue = FairQueue()

    def join(self, ticket: Ticket) -> None:
        self._queue.push(ticket)

    def leave(self, ticket: Ticket) -> None:
        self._queue.remove(ticket)

    def refusing(self, now: float) -> str | None:
        """The error all waiting requests end with, while no key is worth asking."""
        codes = [key.breaker.refusing(now) for key in self.keys]
        return codes[0] if all(codes) else None

    def grant(self, now: float) -> Iterator[tuple[Ticket, int]]:
        """Those who may go now, each with the number of its key."""
        while (chosen := self.next(now)) is not None:
            self.go(*chosen)
            yield chosen

    def next(self, now: float) -> tuple[Ticket, int] | None:
        """Who may go now, and with which key."""
        ticket = self._queue.peek()
        number = None if ticket is None else self._best(ticket, now)
        if ticket is None or number is None or self.keys[number].wait(ticket, now) > 0:
            return None
        return ticket, number

    def go(self, ticket: Ticket, number: int) -> None:
        self.keys[number].take(ticket)
        self._queue.take(ticket)

    def deadline(self, now: float) -> float | None:
        """When to call `grant` again; None while nobody waits or all are to be refused."""
        ticket = self._queue.peek()
        number = None if ticket is None else self._best(ticket, now)
        if ticket is None or number is None:
            return None
        return now + self.keys[number].wait(ticket, now)

    def places(self, now: float) -> Iterator[Place]:
        """Everybody who waits, in order."""
        open_keys = [key for key in self.keys if key.breaker.refusing(now) is None]
        requests = _Flow([key.requests for key in open_keys], now)
        characters = _Flow([key.characters for key in open_keys], now)
        for place, ticket in enumerate(self._queue, start=1):
            yield Place(ticket, place, max(requests.after(1), characters.after(ticket.characters)))

    def _best(self, ticket: Ticket, now: float) -> int | None:
        able = [number for number, key in enumerate(self.keys) if key.breaker.refusing(now) is None]
        return min(able, key=lambda number: self._preference(number, ticket, now), default=None)

    def _preference(self, number: int, ticket: Ticket, now: float) -> tuple[float, float]:
        key = self.keys[number]
        return key.wait(ticket, now), -key.requests.level(now)


class _Flow:
    """When several buckets together will have given so much."""

    def __init__(self, buckets: Sequence[Bucket], now: float) -> None:
        self._per_second = sum(bucket.per_second for bucket in buckets)
        self._missing = -sum(bucket.level(now) for bucket in buckets)

    def after(self, amount: float) -> float:
        self._missing += amount
        return max(0.0, self._missing / self._per_second) if self._per_second else 0.0
