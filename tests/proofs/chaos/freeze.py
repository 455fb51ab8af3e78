"""SIGSTOP of the replica that owns a session, for longer than two leases: what it does when it wakes has no effect."""

import asyncio
import random
import time

from tests.proofs.chaos.client import Client
from tests.proofs.chaos.cluster import LEASE_S, Cluster
from tests.proofs.chaos.outcome import Outcome, spread
from tests.proofs.chaos.stories import LONGEST_SEGMENT, TEXT, judge, repeated, undisturbed

FROZEN_S = 2.2 * LEASE_S
AWAKE_S = 1.0
"""So long the one that woke may try to do harm."""


async def freeze(stage: Cluster, times: int, seed: int) -> Outcome:
    """`times`: freezes."""
    outcome, gaps, extra = Outcome(), [], []
    audio, cost = await undisturbed(stage)
    for number in range(times):
        gap, paid = await _one(stage, number, random.Random(f"{seed}.{number}"), audio, cost, outcome)
        gaps.append(gap)
        extra.append(paid)
    outcome.figures |= {"freezes": times, "gap": spread(gaps), "paid twice": f"at most {max(extra)} characters a turn"}
    return outcome


async def _one(
    stage: Cluster, number: int, chance: random.Random, audio: bytes, cost: int, outcome: Outcome
) -> tuple[float, int]:
    who = f"freeze {number}"
    owner = stage.replicas[number % 2]
    heir = stage.other(owner)
    client = Client(lambda: heir.url if client.closes else owner.url)
    turn = asyncio.create_task(client.end_of("a", TEXT))
    await client.sounding()
    await asyncio.sleep(chance.uniform(0, 2.0))
    frozen_at = time.monotonic()
    owner.freeze()
    client.cut()
    await asyncio.sleep(FROZEN_S)
    owner.thaw()
    await asyncio.sleep(AWAKE_S)
    judge(outcome, who, client, await turn, audio)
    outcome.demand(client.record.notices == ["upstream_retry"], f"{who}: notices {client.record.notices}")
    gap = next((at - frozen_at for at in client.record.frames_at if at > frozen_at), 0.0)
    asked = await stage.asked()
    paid = sum(entry["billed"] for entry in asked) - cost
    outcome.demand(paid <= LONGEST_SEGMENT, f"{who}: {repeated(asked)} segments, {paid} characters paid again")
    await _go_on(client, owner.url, who, outcome, audio)
    await stage.forget()
    return gap, paid


async def _go_on(client: Client, awake: str, who: str, outcome: Outcome, audio: bytes) -> None:
    """The session's numbers go on where they were; and then by way of the replica that was frozen."""
    before = len(client.record.audio)
    ended = await client.end_of("b", TEXT)
    client.where = lambda: awake
    client.cut()
    again = await client.end_of("c", TEXT)
    outcome.demand((ended, again) == ("turn.done", "turn.done"), f"{who}: afterwards {ended}, {again}")
    outcome.demand(bytes(client.record.audio[before:]) == audio * 2, f"{who}: other audio afterwards")
    outcome.blame(who, client.record.wrong)
    await client.bye()
