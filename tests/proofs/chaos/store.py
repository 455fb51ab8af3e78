"""The store freezes, dies and comes back with what it wrote, dies and comes back empty; turns run meanwhile.

Half of the clients stay connected; the other half are cut while the store is away, and come back to either replica.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.proofs.chaos.client import Client
from tests.proofs.chaos.cluster import Cluster
from tests.proofs.chaos.outcome import Outcome, spread
from tests.proofs.chaos.stories import TEXT, judge, undisturbed

CLIENTS = 10
AWAY_S = 3.0
ENDED_S = 30.0
"""Every turn has ended by then, well or with a clear word."""
NOTICED_S = 1.5
"""Until then a store that is frozen may be thought slow, and a new turn waits for it."""
TOLD_S = 1.0
"""Who wants a new turn while the store is away is told within this."""
FORGOTTEN = "refused: close 4008"
"""A clear word too, where the store has forgotten the session."""
Trouble = Callable[[Cluster], Awaitable[None]]


@dataclass
class Told:
    ends: Counter[str] = field(default_factory=Counter)
    gaps: list[float] = field(default_factory=list)
    """Seconds, the longest of each turn."""
    refused_after: list[float] = field(default_factory=list)
    extra: int = 0
    """Characters."""


async def freezes(stage: Cluster, times: int, seed: int) -> Outcome:
    """`times`: how often."""
    return await _all(stage, _freeze, times, seed)


async def dies(stage: Cluster, times: int, seed: int) -> Outcome:
    """`times`: how often. What it comes back with is the cluster's: all but the last second, or nothing."""
    return await _all(stage, _restart, times, seed)


async def _all(stage: Cluster, trouble: Trouble, times: int, seed: int) -> Outcome:
    outcome, told = Outcome(), Told()
    audio, cost = await undisturbed(stage)
    for number in range(times):
        await _one(stage, trouble, number, random.Random(f"{seed}.{number}"), audio, cost, outcome, told)
    outcome.figures |= {"turns": times * CLIENTS, "ends": dict(told.ends), "longest gap in a turn": spread(told.gaps)}
    outcome.figures |= {"paid beside": f"{told.extra} characters of {times * CLIENTS * cost}"}
    outcome.figures |= {"a new turn refused after": spread(told.refused_after)}
    return outcome


async def _freeze(stage: Cluster) -> None:
    stage.store.freeze()
    await asyncio.sleep(AWAY_S)
    stage.store.thaw()


async def _restart(stage: Cluster) -> None:
    stage.store.kill()
    await asyncio.sleep(AWAY_S)
    await asyncio.to_thread(stage.store.start)


async def _one(
    stage: Cluster,
    trouble: Trouble,
    number: int,
    chance: random.Random,
    audio: bytes,
    cost: int,
    outcome: Outcome,
    told: Told,
) -> None:
    who = f"trouble {number}"
    urls = [replica.url for replica in stage.replicas]
    clients = [_client(urls, place, chance) for place in range(CLIENTS)]
    asking = Client(lambda: chance.choice(urls), later=frozenset())
    await asking.greet()
    turns = [asyncio.create_task(client.end_of("a", TEXT)) for client in clients]
    await asyncio.sleep(1.2)
    away = asyncio.create_task(trouble(stage))
    await asyncio.sleep(0.3)
    for client in clients[::2]:
        client.cut()
    await asyncio.sleep(NOTICED_S)
    await _is_told(asking, who, outcome, told)
    await away
    done, late = await asyncio.wait(turns, timeout=ENDED_S)
    outcome.demand(not late, f"{who}: {len(late)} turns have not ended")
    for task in late:
        task.cancel()
    for client, turn in zip(clients, turns, strict=True):
        if turn in done and not (stage.forgets and turn.result() == FORGOTTEN):
            judge(outcome, who, client, turn.result(), audio)
    told.ends += Counter(turn.result() for turn in done)
    told.gaps += [client.record.gap() for client in clients]
    told.extra += await stage.billed() - cost * len(clients)
    await asyncio.gather(*(client.bye() for client in [*clients, asking]), return_exceptions=True)
    await stage.forget()


def _client(urls: list[str], place: int, chance: random.Random) -> Client:
    """Begins on the replicas by turns, and comes back to either."""
    client = Client(lambda: urls[place // 2 % 2])
    client.where = lambda: chance.choice(urls) if client.closes else urls[place // 2 % 2]
    return client


async def _is_told(client: Client, who: str, outcome: Outcome, told: Told) -> None:
    began = time.monotonic()
    ended = await client.end_of("a", "Is anybody there?")
    told.refused_after.append(time.monotonic() - began)
    outcome.demand(ended == "refused: store_unavailable", f"{who}: a new turn while the store is away: {ended}")
    outcome.demand(told.refused_after[-1] < TOLD_S, f"{who}: refused after {told.refused_after[-1]:.2f} s")
