"""What a turn's `lip` messages say, to be asked at any time of its audio clock."""

from bisect import bisect_right
from dataclasses import dataclass

from voice_gateway_client.messages import Lip


@dataclass(frozen=True, slots=True)
class MouthShape:
    """`level`: 0 closed, 1 wide open. `viseme`: one of `sil PP FF TH DD kk CH SS nn RR aa E ih oh ou`, where known."""

    level: float
    viseme: str | None


class Mouth:
    def __init__(self) -> None:
        self._runs: list[Lip] = []
        self._visemes: list[tuple[int, str]] = []

    def take(self, lip: Lip) -> None:
        if lip.levels:
            self._runs.append(lip)
        self._visemes += lip.visemes or ()

    def at(self, ms: float) -> MouthShape:
        place = bisect_right(self._visemes, ms, key=lambda change: change[0])
        return MouthShape(self._level(ms), self._visemes[place - 1][1] if place else None)

    def _level(self, ms: float) -> float:
        """Between two runs the last level stands for a hop longer: their times are whole milliseconds."""
        place = bisect_right(self._runs, ms, key=lambda run: run.at_ms)
        if not place:
            return 0.0
        run = self._runs[place - 1]
        hop = int((ms - run.at_ms) / run.hop_ms)
        return run.levels[min(hop, len(run.levels) - 1)] / 100 if hop <= len(run.levels) else 0.0
