"""What the journals of a process may keep together.

Each has `OWN` bytes of its own and asks for more in steps, so that nothing is counted per entry. When there is no more,
the journal that keeps the most gives a step away and loses its oldest.
"""

from typing import Protocol

OWN = STEP = 64 << 10


class Keeper(Protocol):
    @property
    def kept(self) -> int: ...

    def cede(self, size: int) -> None:
        """Keep so many bytes less than was allowed."""


class Room:
    def __init__(self, most: int) -> None:
        self._left = most
        self._given: dict[Keeper, int] = {}

    def ask(self, keeper: Keeper) -> bool:
        """Whether the keeper may keep a `STEP` more."""
        if self._left < STEP:
            largest = max(self._given, key=lambda each: each.kept, default=keeper)
            if largest.kept <= keeper.kept:
                return False
            largest.cede(STEP)
            self.give_back(largest, STEP)
        self._left -= STEP
        self._given[keeper] = self._given.get(keeper, 0) + STEP
        return True

    def give_back(self, keeper: Keeper, size: int) -> None:
        self._left += size
        self._given[keeper] -= size
        if not self._given[keeper]:
            del self._given[keeper]

    def leave(self, keeper: Keeper) -> None:
        self._left += self._given.pop(keeper, 0)
