"""Two replicas behind haproxy, restarted one after the other while turns arrive all the time."""

import asyncio
import random
from dataclasses import dataclass, field

from tests.proofs.chaos.client import Client
from tests.proofs.chaos.cluster import Cluster
from tests.proofs.chaos.outcome import Outcome, spread
from tests.proofs.chaos.stories import TEXT, judge

EVERY_S = 0.25
STAYING = 4
"""Clients with one session for all of it, which speak again and again."""
SETTLED_S = 2.0
"""The balancer has looked at a replica by then."""


@dataclass
class Seen:
    turns: int = 0
    moved: int = 0
    """Closed with 4200 and served elsewhere."""
    errors: list[str] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)


async def rolling(stage: Cluster, times: int, seed: int) -> Outcome:
    """`times`: both replicas, so often."""
    outcome, seen, exits = Outcome(), Seen(), []
    balancer = await stage.balancer()
    over = asyncio.Event()
    arriving = asyncio.create_task(_arrive(balancer.url, over, random.Random(seed), outcome, seen))
    staying = [asyncio.create_task(_stay(balancer.url, over, outcome, seen)) for _ in range(STAYING)]
    await asyncio.sleep(SETTLED_S)
    for _ in range(times):
        await _restart_each(stage, exits, outcome)
    over.set()
    await asyncio.gather(arriving, *staying)
    outcome.demand(not seen.errors, f"clients saw {seen.errors[:5]}")
    outcome.figures |= {"restarts": 2 * times, "turns": seen.turns, "sessions that moved": seen.moved}
    outcome.figures |= {"errors": len(seen.errors), "longest gap in a turn": spread(seen.gaps)}
    outcome.figures |= {"a replica ended after": spread(exits)}
    return outcome


async def _restart_each(stage: Cluster, exits: list[float], outcome: Outcome) -> None:
    loop = asyncio.get_running_loop()
    for replica in stage.replicas:
        began = loop.time()
        outcome.demand(await replica.stop() == 0, f"{replica.name} did not end with 0")
        exits.append(loop.time() - began)
        await replica.start()
        await asyncio.sleep(SETTLED_S)


async def _arrive(url: str, over: asyncio.Event, chance: random.Random, outcome: Outcome, seen: Seen) -> None:
    """A new session every while, with one turn."""
    async with asyncio.TaskGroup() as sessions:
        while not over.is_set():
            sessions.create_task(_visit(url, outcome, seen))
            await asyncio.sleep(EVERY_S * chance.uniform(0.5, 1.5))


async def _visit(url: str, outcome: Outcome, seen: Seen) -> None:
    client = Client(lambda: url)
    judge(outcome, "a visitor", client, await client.end_of("a", TEXT))
    await client.bye()
    _count(client, 1, seen)


async def _stay(url: str, over: asyncio.Event, outcome: Outcome, seen: Seen) -> None:
    client, turns = Client(lambda: url), 0
    ended = "turn.done"
    while ended == "turn.done" and not over.is_set():
        client.record.audio.clear()
        ended = await client.end_of(f"t{turns}", TEXT)
        judge(outcome, "one who stays", client, ended)
        turns += 1
    await client.bye()
    _count(client, turns, seen)


def _count(client: Client, turns: int, seen: Seen) -> None:
    seen.turns += turns
    seen.moved += client.closes.count(4200)
    seen.errors += [*client.errors, *client.unmet, *(str(code) for code in client.closes if code != 4200)]
    seen.gaps.append(client.record.gap())
