"""What is to be reached, what was got, and whether that is so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tests.bench.rounds import Run, Spread

QUIET = 0.05
"""Of latencies only those count that were measured with less noise than this."""

Verdict = Literal["yes", "no", "unsure", "-"]


@dataclass(frozen=True, slots=True)
class Row:
    measure: str
    got: Spread | None
    """None: nothing could be counted."""
    unit: str
    goal: float | None = None
    more_is_better: bool = False
    noise: float = 0.0
    latency: bool = False
    note: str = ""

    @property
    def reached(self) -> Verdict:
        """Unsure: the goal lies within the quartiles, or a tail was measured on a noisy machine."""
        if self.goal is None:
            return "-"
        if self.got is None:
            return "no"
        sign = -1 if self.more_is_better else 1
        if self.latency and self.noise > QUIET:
            return "unsure"
        outer = self.got.low if self.more_is_better else self.got.high
        if sign * outer <= sign * self.goal:
            return "yes"
        return "unsure" if sign * self.got.median <= sign * self.goal else "no"

    def cells(self) -> tuple[str, ...]:
        goal = "" if self.goal is None else f"{'≥' if self.more_is_better else '≤'} {self.goal:g}{self.unit}"
        got = self.note if self.got is None else f"{_short(self.got.median)}{self.unit}"
        width = "" if self.got is None else f"{_short(self.got.low)}–{_short(self.got.high)}"
        return self.measure, goal, got, width, f"{self.noise:.0%}", self.reached


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}" if value < 10 else f"{value:.1f}"


def noise(*runs: Sequence[Run]) -> float:
    return max(run.noise for each in runs for run in each)


def table(rows: Sequence[Row]) -> str:
    """As Markdown."""
    lines = [("measure", "goal", "got", "quartiles", "noise", "reached"), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    padded.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(padded)
