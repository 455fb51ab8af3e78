"""A gateway in use for a while: nothing piles up, nothing is left over, and each turn ends once.

    make soak [MINUTES=10] [SEED=1]

The gateway and the emulator behind it are processes of their own. After one guest of each kind the gateway rests, and
what it holds then is what it must come back to, each time that it rests again. Memory is compared at rest only: in use
it goes up and down with the guests, by more than the growth that is looked for.
"""

import argparse
import asyncio
import contextlib
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from gateway import heap
from tests.bench.processes import PROC, Process, running
from tests.ports import free_port
from tests.proofs.guests import House, bearer, come_and_go, one_of_each, trouble

SECRET = "soak"
PACE = "8"
WINDOW_MS = 8000
"""A session waits so long for its client: the end is not to wait for a minute."""
KEPT_BYTES = str(16 << 20)
"""What went wrong is kept for an hour, in this much: it is full before memory is looked at."""
REST_S = 60.0
LOOK_S = 1.0
ROUND_S = 120.0
"""Of use, then it rests."""
WARM_ROUNDS = 1
"""Before memory is looked at."""
MOST_SLOPE_KB = 1024
"""In ten minutes, by a straight line through all rests."""
DID = {
    *("talk", "leave", "listen", "listening", "be_revoked", "never_read", "turn.done", "turn.cancelled", "turn.failed"),
    *("refused", "resumed", "paused", "renewed", "fetched", "faults"),
}
"""What a soak that deserves its name has seen."""


@dataclass(frozen=True)
class Sample:
    at_s: float
    memory_kb: int
    """Of the gateway and its children, what no file holds; less what is kept of turns that failed: one more or less
    makes megabytes.
    """
    descriptors: int
    tasks: int
    present: int
    """Sessions, with and without a connection, and listeners."""

    def holds_more_than(self, other: "Sample") -> bool:
        return self.descriptors > other.descriptors or self.tasks > other.tasks


@dataclass
class Outcome:
    rests: list[Sample]
    samples: list[Sample]
    """In use."""
    house: House
    ended: int
    """Turns, as the gateway counted them."""
    resumes: dict[str, int]
    evictions: dict[str, int]
    log: list[str] = field(default_factory=list)
    """Lines that should not be."""
    returned: int | None = None

    @property
    def slope_kb(self) -> float:
        """Of memory in ten minutes, when it was warm; 0 where there are too few rests."""
        warm = self.rests[1 + WARM_ROUNDS :]
        if len(warm) < 2:
            return 0.0
        line = statistics.linear_regression([each.at_s for each in warm], [each.memory_kb for each in warm])
        return line.slope * 600


class Gateway:
    """One process, and how it is watched."""

    def __init__(self, process: Process, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self._process = process
        self._http = http

    async def told(self) -> dict[str, float]:
        """Every metric, by its name and labels."""
        text = (await self._http.get(self.url + "/metrics", headers=bearer(SECRET))).text
        return {name: float(value) for name, value in re.findall(r"^voice_gateway_(\S+) (\S+)$", text, re.MULTILINE)}

    async def sample(self) -> Sample:
        told = await self.told()
        present = told["sessions"] + told["detached_sessions"] + told["listeners"]
        descriptors = len([*(PROC / str(self._process.popen.pid) / "fd").iterdir()])
        memory_kb = self._process.memory_kb("Pss_Anon") - int(told["recorded_bytes"]) // 1024
        return Sample(time.monotonic(), memory_kb, descriptors, int(told["tasks"]), int(present))

    async def rest(self, wanted: Sample | None = None) -> Sample:
        """The first sample without anybody, and with no more than was wanted; after a while any."""
        over_at = time.monotonic() + REST_S
        # until sessions end, then until their audio is fetched no more and free memory has gone back
        await asyncio.sleep(2 * WINDOW_MS / 1000 + heap.EVERY_S)
        while True:
            await asyncio.sleep(LOOK_S)
            now = await self.sample()
            if time.monotonic() > over_at:
                return now
            if not now.present and (
                wanted is None or (now.descriptors, now.tasks) <= (wanted.descriptors, wanted.tasks)
            ):
                return now

    def stop(self) -> int:
        """With SIGTERM; its status."""
        self._process.popen.terminate()
        return self._process.popen.wait(40)


def client() -> httpx.AsyncClient:
    """Each request has its connection: one that is kept is a descriptor of the gateway's, until it ends it."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(trust_env=False, timeout=30, limits=limits)


@asynccontextmanager
async def serving(log: Path) -> AsyncIterator[tuple[Gateway, str]]:
    """The gateway, and the emulator's URL."""
    ports = free_port(), free_port()
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    environment = {
        "VOICE_GATEWAY_UPSTREAM": "t2a+" + urls[1],
        "VOICE_GATEWAY_API_KEY": "soak",
        "VOICE_GATEWAY_SECRET": SECRET,
        "VOICE_GATEWAY_TENANT_CPM": "10000000",
        "VOICE_GATEWAY_RESUME_WINDOW_MS": str(WINDOW_MS),
        "VOICE_GATEWAY_JOURNAL_BYTES": KEPT_BYTES,
        "VOICE_GATEWAY_LOG_FORMAT": "json",
        "PYTHONWARNINGS": "default",
    }
    emulate = (sys.executable, "-m", "gateway.cli", "emulate", "--port", str(ports[1]), "--pace", PACE)
    serve = (sys.executable, "-m", "gateway.cli", "serve", "--port", str(ports[0]))
    with (
        log.open("wb") as errors,
        running(emulate, core=-1, port=ports[1]),
        running(serve, core=-1, port=ports[0], environment=environment, errors=errors) as process,
    ):
        async with client() as http:
            yield Gateway(process, urls[0], http), urls[1]


async def prove(seconds: float, guests: int, seed: int, *, short: bool = False) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        async with serving(log) as (gateway, emulator), client() as http:
            house = House(gateway.url, emulator, SECRET, http, short=short)
            await one_of_each(house, random.Random(seed))
            rests, samples = [await gateway.rest()], []
            for number in range(max(1, round(seconds / ROUND_S))):
                samples += await _used(gateway, house, min(seconds, ROUND_S), guests, seed + number)
                await http.delete(emulator + "/emulator/faults")
                rests.append(await gateway.rest(rests[0]))
            told = await gateway.told()
            outcome = Outcome(
                rests=rests,
                samples=samples,
                house=house,
                ended=round(sum(_by_label(told, "turns_total").values())),
                resumes=_by_label(told, "resumes_total"),
                evictions=_by_label(told, "evicted_total"),
                returned=await asyncio.to_thread(gateway.stop),
            )
        outcome.log = [line for line in log.read_text().splitlines() if not is_fine(line)]
        return outcome


async def _used(gateway: Gateway, house: House, seconds: float, guests: int, seed: int) -> list[Sample]:
    samples = []
    troubling = asyncio.create_task(trouble(house, random.Random(seed)))
    until = asyncio.get_running_loop().time() + seconds
    visits = asyncio.gather(*(come_and_go(house, random.Random(f"{seed}.{number}"), until) for number in range(guests)))
    while not visits.done():
        await asyncio.wait({visits}, timeout=LOOK_S)
        samples.append(await gateway.sample())
    troubling.cancel()
    await visits
    return samples


def _by_label(told: dict[str, float], name: str) -> dict[str, int]:
    return {key.removeprefix(name): round(value) for key, value in told.items() if key.startswith(name)}


def is_fine(line: str) -> bool:
    """What Python itself prints is no JSON."""
    with contextlib.suppress(ValueError):
        said = json.loads(line)
        return said["level"] in {"debug", "info"} and "traceback" not in said
    return False


def problems(outcome: Outcome, *, short: bool = False) -> list[str]:
    """`short`: too little to see all, or a slope."""
    house, resting, rested = outcome.house, outcome.rests[0], outcome.rests[-1]
    found = house.wrong[:20] + outcome.log[:20]
    if outcome.ended != house.accepted:
        found.append(f"{house.accepted} turns were accepted, {outcome.ended} ended")
    if rested.present or rested.holds_more_than(resting):
        found.append(f"at rest there was {resting}, and is {rested}")
    if outcome.returned != 0:
        found.append(f"it ended with {outcome.returned}")
    if not short and (missing := DID - set(house.did)):
        found.append(f"never seen: {missing}")
    if not short and outcome.slope_kb >= MOST_SLOPE_KB:
        found.append(f"memory grows by {outcome.slope_kb:.0f} KB in ten minutes")
    return found


def report(outcome: Outcome) -> None:
    rests = outcome.rests
    busy = outcome.samples[:: max(1, len(outcome.samples) // 20)]
    for each in sorted((*rests, *busy), key=lambda sample: sample.at_s):
        print(f"{each.at_s - rests[0].at_s:9.0f} s {each.memory_kb / 1024:.1f} MB, ", end="")
        print(f"{each.descriptors} descriptors, {each.tasks} tasks, {each.present} present")
    house = outcome.house
    print(f"did: {dict(sorted(house.did.items()))}")
    print(f"{house.accepted} turns accepted, {outcome.ended} ended; resumes {outcome.resumes}")
    print(f"evicted: {outcome.evictions}")
    print(f"memory: {outcome.slope_kb:+.0f} KB in ten minutes when warm; at rest ", end="")
    print(", ".join(f"{each.memory_kb / 1024:.1f}" for each in rests), f"MB; ended with {outcome.returned}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--guests", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    outcome = asyncio.run(prove(args.minutes * 60, args.guests, args.seed))
    report(outcome)
    found = problems(outcome)
    for line in found:
        print("problem:", line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
