"""One run of a load, interleaved rounds of it, and ratios that are paired within a round.

Everybody stays up and takes turns, the order reversed each time, so that a slow minute of the machine hits all alike.
"""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench import rig
from tests.bench.contenders import SECRET, Contender
from tests.bench.processes import Process, Usage, running
from tests.bench.rig import Rig
from tests.bench.workloads import Workload
from tests.ports import free_port


@dataclass(frozen=True, slots=True)
class Run:
    """What was used between WARM (or CONNECTED) and OVER; memory at each word, in KB."""

    used: Usage
    wall_s: float
    upstream_cpu_s: float
    before_kb: int
    idle_kb: int
    warm_kb: int
    over_kb: int
    seen: dict[str, Any]

    @property
    def core(self) -> float:
        """Share of one core."""
        return self.used.cpu / self.wall_s

    @property
    def noise(self) -> float:
        """Share of the time for which it could have run but had no core."""
        return self.used.waited / self.wall_s

    @property
    def rig(self) -> float:
        """Share of its core that the rig took at most: the clients' connecting is counted in."""
        return (self.upstream_cpu_s + float(self.seen["rig_cpu_s"])) / self.wall_s

    def cpu_per(self, unit: str) -> float | None:
        """Of `chunks` or `turns`; None when nothing was to be counted or not all of it came."""
        return self.used.cpu / self.seen[unit] if self.seen[unit] and not self.seen["failed"] else None


Runs = dict[str, list[Run]]


class Stand:
    """Contenders that are up, behind one upstream."""

    def __init__(self, rig: Rig, upstream: Process) -> None:
        self._rig = rig
        self._upstream = upstream
        self.processes: dict[str, Process] = {}
        self.contenders: dict[str, Contender] = {}

    def rounds(self, workload: Workload, names: Sequence[str], count: int) -> Runs:
        runs: Runs = {name: [] for name in names}
        for number in range(count):
            for name in names if number % 2 == 0 else list(reversed(names)):
                runs[name].append(self.run(name, workload))
        return runs

    def run(self, name: str, workload: Workload) -> Run:
        process = self.processes[name]
        used: dict[str, tuple[float, Usage, Usage, int]] = {}

        def at(word: str) -> None:
            used[word] = (time.monotonic(), process.usage(), self._upstream.usage(), process.memory_kb())

        at("BEFORE")
        contender = self.contenders[name]
        options = {"port": process.port, "bearer": SECRET, "bye": int(contender.outlives), **workload.options()}
        if not contender.ends_turns:
            options["turn-bytes"] = workload.turn_bytes
        seen = rig.load(self._rig, options, at)
        began, cpu, upstream, warm_kb = used.get("WARM", used["CONNECTED"])
        ended, cpu_over, upstream_over, over_kb = used["OVER"]
        return Run(
            used=cpu_over - cpu,
            wall_s=ended - began,
            upstream_cpu_s=(upstream_over - upstream).cpu,
            before_kb=used["BEFORE"][3],
            idle_kb=used["CONNECTED"][3],
            warm_kb=warm_kb,
            over_kb=over_kb,
            seen=seen,
        )


@contextlib.contextmanager
def stand(rig_: Rig, contenders: Sequence[Contender]) -> Iterator[Stand]:
    """What they write to standard error is kept beside the results."""
    with contextlib.ExitStack() as stack:
        upstream_port = free_port()
        command = [*rig_.command, "upstream", "--port", str(upstream_port)]
        upstream = stack.enter_context(running(command, core=rig.CORE, port=upstream_port))
        stand_ = Stand(rig_, upstream)
        errors = stack.enter_context((rig.OUT / "errors.txt").open("ab"))
        for contender in contenders:
            port = free_port()
            command = list(contender.command(port, upstream_port))
            more = {"environment": contender.environment, "errors": errors}
            process = stack.enter_context(running(command, core=rig.GATEWAY_CORE, port=port, **more))
            stand_.processes[contender.name] = process
            stand_.contenders[contender.name] = contender
        yield stand_


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and its quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread | None":
        if not values:
            return None
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)


def ratio(runs: Runs, name: str, base: str, unit: str) -> Spread | None:
    """How many times the CPU of `base` a unit costs `name`."""
    pairs = zip(runs[name], runs[base], strict=True)
    costs = ((run.cpu_per(unit), other.cpu_per(unit)) for run, other in pairs)
    return Spread.of([cost / other for cost, other in costs if cost and other])


def spread(runs: Sequence[Run], value: Callable[[Run], float]) -> Spread | None:
    """Over the runs in which nothing failed."""
    return Spread.of([value(run) for run in runs if not run.seen["failed"] and run.seen["chunks"]])


def raw(runs: Runs) -> dict[str, list[dict[str, Any]]]:
    return {name: [asdict(run) for run in each] for name, each in runs.items()}
