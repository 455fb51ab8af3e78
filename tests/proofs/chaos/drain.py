"""SIGTERM to one of two replicas while turns run on it: what speaks ends there, what is silent goes on elsewhere."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.proofs.chaos.client import Client, Refused, Silent
from tests.proofs.chaos.cluster import Cluster
from tests.proofs.chaos.outcome import Outcome, spread
from tests.proofs.chaos.stories import TEXT, judge

SPEAKING, IDLE, LATE = 12, 4, 6
MOST_EXIT_S, MOST_MOVE_S = 30.0, 1.0


@dataclass
class Took:
    """Seconds."""

    exits: list[float] = field(default_factory=list)
    moves: list[float] = field(default_factory=list)
    """From SIGTERM until a silent session was served by the other replica."""


async def drain(stage: Cluster, times: int, seed: int) -> Outcome:
    """`times`: rounds."""
    outcome, took = Outcome(), Took()
    for number in range(times):
        await _round(stage, number, random.Random(f"{seed}.{number}"), outcome, took)
    outcome.figures |= {"rounds": times, "turns": times * (SPEAKING + IDLE + LATE)}
    outcome.figures |= {"exit after": spread(took.exits), "silent sessions elsewhere after": spread(took.moves)}
    outcome.demand(max(took.exits) < MOST_EXIT_S, "a drain took too long")
    outcome.demand(max(took.moves, default=0) < MOST_MOVE_S, "a silent session moved too late")
    return outcome


async def _round(stage: Cluster, number: int, chance: random.Random, outcome: Outcome, took: Took) -> None:
    leaving = stage.replicas[number % 2]
    staying = stage.other(leaving)
    back: list[str] = []
    where = lambda: back[0] if back else leaving.url  # noqa: E731
    speaking, idle = [Client(where) for _ in range(SPEAKING)], [Client(where) for _ in range(IDLE)]
    late = [Client(_first(leaving.url, staying.url)) for _ in range(LATE)]
    for client in idle:
        await client.greet()
    running = [asyncio.create_task(client.end_of("a", TEXT)) for client in speaking]
    await asyncio.gather(*(client.sounding() for client in speaking))
    await asyncio.sleep(chance.uniform(0, 1.0))
    began = time.monotonic()
    back.append(staying.url)
    ending = asyncio.create_task(leaving.stop())
    running += [asyncio.create_task(_moved(client, began, took)) for client in idle]
    running += [asyncio.create_task(client.end_of("a", TEXT)) for client in late]
    outcome.demand(await ending == 0, f"round {number}: the replica did not end with 0")
    took.exits.append(time.monotonic() - began)
    for client, ended in zip([*speaking, *idle, *late], await asyncio.gather(*running), strict=True):
        judge(outcome, f"round {number}", client, ended)
        outcome.demand(set(client.closes) <= {4200}, f"round {number}: closed with {client.closes}")
        await client.bye()
    await leaving.start()


def _first(*urls: str) -> Callable[[], str]:
    left = list(urls)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


async def _moved(client: Client, began: float, took: Took) -> str:
    """Wait to be sent away, and speak on the other replica."""
    try:
        await client.closed()
        await client.greet()
    except (Refused, Silent) as failed:
        return f"not moved: {failed!r}"
    took.moves.append(time.monotonic() - began)
    return await client.end_of("a", TEXT)
