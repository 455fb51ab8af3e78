"""What a scenario says at its end."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """`problems` are what must not be; `figures` are told as they are."""

    figures: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def demand(self, holds: object, otherwise: str) -> None:
        if not holds:
            self.problems.append(otherwise)

    def blame(self, who: object, problems: Iterable[str]) -> None:
        self.problems += [f"{who}: {problem}" for problem in problems]

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.figures.items())


def spread(values: Iterable[float]) -> str:
    """Median and worst, of seconds."""
    ordered = sorted(values)
    return f"median {ordered[len(ordered) // 2]:.2f} s, worst {ordered[-1]:.2f} s" if ordered else "none"
