"""Who goes next: sessions in turn, somebody's first sound before what follows on sound already playing.
Pure.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

FIRSTS_IN_A_ROW = 3
"""Then one of the others goes, if any waits: else a crowd of newcomers would silence every running turn."""


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    session: str
    first: bool
    characters: int


class Lane:
    """First come, first served within a session; sessions one after the other."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, deque[Ticket]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._sessions)

    def __iter__(self) -> Iterator[Ticket]:
        rounds = chain.from_iterable(zip_longest(*self._sessions.values()))
        return (ticket for ticket in rounds if ticket is not None)

    def push(self, ticket: Ticket) -> None:
        self._sessions.setdefault(ticket.session, deque()).append(ticket)

    def take(self, ticket: Ticket) -> None:
        """It goes, and its session is the last from now on."""
        tickets = self._sessions.pop(ticket.session)
        tickets.remove(ticket)
        if tickets:
            self._sessions[ticket.session] = tickets

    def remove(self, ticket: Ticket) -> None:
        """Nothing happens when it is not there any more."""
        tickets = self._sessions.get(ticket.session)
        if tickets is None or ticket not in tickets:
            return
        tickets.remove(ticket)
        if not tickets:
            del self._sessions[ticket.session]


class FairQueue:
    def __init__(self) -> None:
        self._firsts = Lane()
        self._others = Lane()
        self._row = 0
        """Firsts that went since one of the others did."""

    def __iter__(self) -> Iterator[Ticket]:
        """In the order in which they go, should nobody join."""
        firsts, others = deque(self._firsts), deque(self._others)
        row = self._row
        while firsts or others:
            lane, row = _turn(firsts, others, row)
            yield lane.popleft()

    def push(self, ticket: Ticket) -> None:
        (self._firsts if ticket.first else self._others).push(ticket)

    def peek(self) -> Ticket | None:
        return next(iter(self), None)

    def take(self, ticket: Ticket) -> None:
        """It goes: the next or, where another has come before it meanwhile, one that was."""
        self._row = self._row + 1 if ticket.first else 0
        (self._firsts if ticket.first else self._others).take(ticket)

    def remove(self, ticket: Ticket) -> None:
        (self._firsts if ticket.first else self._others).remove(ticket)


def _turn(firsts: deque[Ticket], others: deque[Ticket], row: int) -> tuple[deque[Ticket], int]:
    if firsts and (not others or row < FIRSTS_IN_A_ROW):
        return firsts, row + 1
    return others, 0
