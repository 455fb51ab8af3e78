"""`python -m tests.bench [--quick]`: measure, print the table, save everything, draw."""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench import picture, rig
from tests.bench.contenders import FORGETFUL, GATEWAY, NAIVE, ROOT, peers, relay
from tests.bench.goals import Row, noise, table
from tests.bench.processes import CORES
from tests.bench.rig import Rig
from tests.bench.rounds import Run, Runs, Spread, Stand, ratio, raw, spread, stand
from tests.bench.workloads import Workload, fast, stalled, streams, turns

BEGIN, END = "<!-- table -->", "<!-- /table -->"
"""Between them docs/benchmark.md has the last full run's."""
PEER_GOALS = {"pipecat": 7.0, "livekit": 4.0, "naive": 3.5}


@dataclass(slots=True)
class Bench:
    rig: Rig
    quick: bool
    rows: list[Row] = field(default_factory=list)
    runs: dict[str, Runs] = field(default_factory=dict)
    bars: dict[str, dict[str, float]] = field(default_factory=dict)
    """For the picture: a title, and what each contender costs, the compiled relay being 1."""

    def measure(self) -> None:
        peers_ = peers()
        yardstick = [relay(self.rig)] if self.rig.compiled else []
        with stand(self.rig, [GATEWAY, NAIVE, *yardstick, *peers_]) as stand_:
            names = [contender.name for contender in (GATEWAY, *yardstick)]
            self._chunks(stand_, names)
            self._turns(stand_, [*names, NAIVE.name, *(peer.name for peer in peers_)])
        with stand(self.rig, [GATEWAY, *yardstick]) as stand_:
            self._many(stand_, names)
        self._memory()

    def _rounds(self, stand_: Stand, workload: Workload, names: Sequence[str], count: int) -> Runs:
        print(f"{workload.title}: {', '.join(names)}", flush=True)
        runs = stand_.rounds(workload, names, 1 if self.quick else count)
        self.runs[workload.title] = runs
        return runs

    def _chunks(self, stand_: Stand, names: Sequence[str]) -> None:
        """CPU per chunk, the compiled relay's being 1."""
        for codec, goal in (("pcm", 2.6), ("mp3", None)):
            workload = fast(codec, turns=5 if self.quick else 10)
            stand_.rounds(workload, names, 1)
            runs = self._rounds(stand_, workload, [*names, NAIVE.name], 3 if self.quick else 9)
            self._compare(workload, runs, "chunks", goal)
        for sessions in (200,) if self.quick else (200, 500):
            workload = streams(sessions, 2000 if self.quick else 4000)
            self._compare(workload, self._rounds(stand_, workload, names, 3), "chunks", 2.5)

    def _compare(self, workload: Workload, runs: Runs, unit: str, goal: float | None) -> None:
        if "relay" not in runs:
            return
        costs = {name: ratio(runs, name, "relay", unit) for name in runs}
        row = Row(f"CPU per chunk: {workload.title}", costs["gateway"], " × relay", goal)
        self._add(row, runs, "gateway", "relay")
        self.bars[row.measure] = {name: cost.median for name, cost in costs.items() if cost}

    def _turns(self, stand_: Stand, names: Sequence[str]) -> None:
        """How many times what the gateway needs for a turn others need."""
        workload = turns(60, 2500 if self.quick else 6000)
        runs = self._rounds(stand_, workload, names, 3)
        for name, goal in PEER_GOALS.items():
            if name in runs:
                row = Row(
                    f"CPU per turn of {name}: {workload.title}",
                    ratio(runs, name, "gateway", "turns"),
                    " × ours",
                    goal,
                    True,
                )
                self._add(row, runs, "gateway", name)
        if "relay" in runs:
            costs = {name: ratio(runs, name, "relay", "turns") for name in names}
            self.bars[f"CPU per turn: {workload.title}"] = {name: cost.median for name, cost in costs.items() if cost}
        first = spread(runs["gateway"], _percentile("first_ms", "p50"))
        self._add(Row(f"time to first audio, p50: {workload.title}", first, " ms", 1.0, latency=True), runs, "gateway")
        for name in names[1:]:
            first = spread(runs[name], _percentile("first_ms", "p50"))
            self._add(Row(f"… the same of {name}", first, " ms"), runs, name)

    def _many(self, stand_: Stand, names: Sequence[str]) -> None:
        workload = streams(1000, 2000 if self.quick else 6000)
        runs = self._rounds(stand_, workload, names, 3)
        gateway = runs["gateway"]
        share = spread(gateway, lambda run: run.core * 100)
        self._add(Row(f"CPU: {workload.title}", share, " % of a core", 60.0), runs, "gateway")
        for title, key in (("time to first audio", "first_ms"), ("added to a chunk", "chunk_ms")):
            tail = spread(gateway, _percentile(key, "p99"))
            row = Row(f"{title}, p99: {workload.title}", tail, " ms", 20.0, latency=True)
            self._add(row, runs, "gateway")

    def _memory(self) -> None:
        """On a gateway of its own, so that nothing freed before is used again."""
        count = 100 if self.quick else 300
        with stand(self.rig, [FORGETFUL]) as stand_:
            stand_.run("gateway", streams(3, 500))
            run = self._once(stand_, streams(count, 1000))
            self._memory_row("an idle session", run, run.idle_kb - run.before_kb, count, 35)
            self._memory_row("a streaming session", run, run.over_kb - run.before_kb, count, 60)
            run = self._once(stand_, stalled(20))
            self._memory_row("a client that stopped reading", run, run.over_kb - run.idle_kb, 20, 512)

    def rig_share(self) -> float:
        """Beside the gateway; beyond about 80 % it would be what is measured."""
        return max(run.rig for runs in self.runs.values() for run in runs["gateway"])

    def _once(self, stand_: Stand, workload: Workload) -> Run:
        return self._rounds(stand_, workload, ["gateway"], 1)["gateway"][0]

    def _memory_row(self, what: str, run: Run, kilobytes: int, count: int, goal: float) -> None:
        each = Spread.of([kilobytes / count])
        self._add(Row(f"memory of {what}", each, " KB", goal), {"gateway": [run]}, "gateway")

    def _add(self, row: Row, runs: Runs, *names: str) -> None:
        failed = sum(run.seen["failed"] for name in names for run in runs[name])
        note = f"{failed} turns failed" if failed else "nothing finished"
        self.rows.append(Row(**{**_fields(row), "noise": noise(*(runs[name] for name in names)), "note": note}))


def _percentile(key: str, which: str) -> Callable[[Run], float]:
    return lambda run: float(run.seen[key][which])


def _fields(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Row.__dataclass_fields__}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute, one round each: for a first look")
    quick = parser.parse_args().quick
    began = time.monotonic()
    bench = Bench(rig.build(), quick)
    rig.OUT.mkdir(parents=True, exist_ok=True)
    if not bench.rig.compiled:
        print("No rustc here: a rig in Python, which may be the bottleneck, and no compiled relay to compare with.")
    if len(CORES) < 2:
        print("One core only: gateway and rig share it.")
    os.chdir(ROOT)
    bench.measure()
    print(f"\n{table(bench.rows)}\n")
    print(f"The rig used at most {bench.rig_share():.0%} of its core. {time.monotonic() - began:.0f} s")
    _save(bench)


def _save(bench: Bench) -> None:
    name = "quick" if bench.quick else "full"
    results = {
        "rows": [asdict(row) | {"reached": row.reached} for row in bench.rows],
        "bars": bench.bars,
        "runs": {title: raw(runs) for title, runs in bench.runs.items()},
    }
    (rig.OUT / f"{name}.json").write_text(json.dumps(results, indent=1))
    if not bench.quick and bench.bars:
        (ROOT / "docs" / "benchmark.svg").write_text(picture.draw(bench.bars))
        page = ROOT / "docs" / "benchmark.md"
        before, _, rest = page.read_text().partition(BEGIN)
        page.write_text(f"{before}{BEGIN}\n{table(bench.rows)}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
