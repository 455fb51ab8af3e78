"""Honest clients beside a storm: half-open handshakes, ping floods, fragment bombs, huge heads, who never reads.

make abuse [SECONDS=30]

Compared are the same clients before and during: how long a connection takes, and how far apart audio comes that is
spoken in real time. And what the gateway's memory does, and who is still there at the end.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from gateway import cli, front, peers, reader
from gateway.app import running
from gateway.settings import Settings
from tests.bench.processes import GIVING_BACK
from tests.connection.raw import evictions
from tests.end_to_end.client import stream_url
from tests.ports import free_port
from tests.proofs.storm import ATTACKERS

LISTENERS = 4
REASONS = {"handshake_timeout", "head_too_large", "frame_rate", "too_big", "too_many_requests", "slow_reader"}
DEADLINES = [(front, "HEAD_S"), (front, "BODY_S"), (front, "STALLED_S"), (peers, "LOOK_S"), (reader, "STALLED_S")]
JOURNAL_BYTES, DETACHED = 1 << 20, 20
"""What is kept for those who may come back, and as much again to be fetched; and how many may, beside 64 KiB each."""
KEPT_KB = 2 * (JOURNAL_BYTES >> 10) + DETACHED * 64
MOST_CONNECT_RATIO, MOST_GAP_RATIO, MOST_GROWTH_KB = 10.0, 3.0, (10 << 10) + KEPT_KB
"""Medians of connecting, 99th percentile of gaps. CI is noisy: one stall of stock uvicorn's would be 40 times a gap."""


@dataclass
class Felt:
    """By an honest client, in seconds."""

    connects: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)


@dataclass
class Outcome:
    before: Felt
    during: Felt
    grown_kb: int
    """At its most."""
    storm: dict[str, dict[str, int]]
    evictions: dict[str, int]

    @property
    def connect_ratio(self) -> float:
        return statistics.median(self.during.connects) / statistics.median(self.before.connects)

    @property
    def gap_ratio(self) -> float:
        return percentile(self.during.gaps) / percentile(self.before.gaps)


def percentile(values: list[float], share: float = 0.99) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


async def serve(port: int, emulator: str, haste: float) -> None:
    """A gateway with deadlines that many times shorter, until SIGTERM.

    Who never reads may come back, and what is kept for him counts too: it is bounded by `JOURNAL_BYTES`.
    """
    for module, name in DEADLINES:
        setattr(module, name, getattr(module, name) / haste)
    settings = Settings(
        port=port,
        upstream="t2a+" + emulator,
        api_key="canary-key",
        journal_bytes=JOURNAL_BYTES,
        detached_sessions=DETACHED,
    )
    async with running(settings, signals=True) as gateway:
        await gateway.stopped


@asynccontextmanager
async def started(url: str, *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command), stdout=asyncio.subprocess.DEVNULL, env=os.environ | GIVING_BACK
    )
    try:
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(180):
            while True:
                try:
                    await http.get(url)
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.05)
        yield process
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def serving(haste: float) -> AsyncIterator[tuple[str, int]]:
    """The gateway's URL and process; the emulator has a process of its own."""
    ports = free_port(), free_port()
    gateway, emulator = (f"http://127.0.0.1:{port}" for port in ports)
    serve_ = ("tests.proofs.abuse", "--serve", str(ports[0]), "--emulator", emulator, "--haste", str(haste))
    emulate = ("gateway.cli", "emulate", "--port", str(ports[1]), "--pace", "1")
    async with started(emulator, *emulate), started(gateway + "/readyz", *serve_) as process:
        yield gateway, process.pid


async def listen(url: str, felt: Felt) -> None:
    """Hear turns in real time, one after the other."""
    async with connect(stream_url(url), compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "config": {"voice": {"voice_id": "test_tones"}}}))
        last = None
        while True:
            await socket.send(json.dumps({"type": "speak", "turn": f"t{time.monotonic_ns()}", "text": "Go on. " * 30}))
            async for message in socket:
                now = time.perf_counter()
                if isinstance(message, bytes):
                    if last is not None:
                        felt.gaps.append(now - last)
                    last = now
                elif json.loads(message)["type"] == "turn.done":
                    last = None
                    break


async def knock(url: str, felt: Felt) -> None:
    """Connect, be welcomed, leave."""
    while True:
        begun = time.perf_counter()
        async with connect(stream_url(url), compression=None) as socket:
            await socket.send('{"type":"hello"}')
            await socket.recv()
            felt.connects.append(time.perf_counter() - begun)
        await asyncio.sleep(0.05)


@asynccontextmanager
async def honest(url: str, felt: Felt) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(knock(url, felt)), *(asyncio.create_task(listen(url, felt)) for _ in range(LISTENERS))]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def prove(seconds: float, haste: float) -> Outcome:
    before, during = Felt(), Felt()
    async with serving(haste) as (url, process):
        async with honest(url, before):
            await asyncio.sleep(seconds)
            resting = most = memory_kb(process)
        async with honest(url, during):
            command = (sys.executable, "-m", "tests.proofs.storm", url, str(seconds))
            storm = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            told = asyncio.create_task(storm.communicate())
            while not told.done():
                await asyncio.wait({told}, timeout=0.2)
                most = max(most, memory_kb(process))
        return Outcome(before, during, most - resting, json.loads((await told)[0]), await evictions(url))


def memory_kb(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


def problems(outcome: Outcome, slack: float = 1.0) -> list[str]:
    found = []
    if outcome.storm["stayed"]:
        found.append(f"still there: {outcome.storm['stayed']}")
    if missing := {attacker.__name__ for attacker in ATTACKERS} - set(outcome.storm["begun"]):
        found.append(f"never attacked: {missing}")
    if missing := REASONS - set(outcome.evictions):
        found.append(f"nobody was evicted for {missing}")
    if outcome.connect_ratio > slack * MOST_CONNECT_RATIO:
        found.append(f"connecting took {outcome.connect_ratio:.1f} times as long")
    if outcome.gap_ratio > slack * MOST_GAP_RATIO:
        found.append(f"audio came {outcome.gap_ratio:.1f} times as far apart")
    if outcome.grown_kb > slack * MOST_GROWTH_KB:
        found.append(f"memory grew by {outcome.grown_kb} KB")
    return found


def report(outcome: Outcome) -> None:
    for what, felt in (("before", outcome.before), ("during", outcome.during)):
        for name, values in (("connects", felt.connects), ("gaps", felt.gaps)):
            median, worst = statistics.median(values) * 1e3, percentile(values) * 1e3
            print(f"{what}: {len(values)} {name}, median {median:.1f} ms, p99 {worst:.1f} ms")
    print(f"ratios: connect {outcome.connect_ratio:.2f}, gap {outcome.gap_ratio:.2f}; memory +{outcome.grown_kb} KB")
    print(f"storm: {outcome.storm}")
    print(f"evicted: {outcome.evictions}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--haste", type=float, default=1)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--emulator", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        with asyncio.Runner(loop_factory=cli._loop_factory()) as runner:
            runner.run(serve(args.serve, args.emulator, args.haste))
        return 0
    outcome = asyncio.run(prove(args.seconds, args.haste))
    report(outcome)
    found = problems(outcome)
    print(f"problems: {found}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
