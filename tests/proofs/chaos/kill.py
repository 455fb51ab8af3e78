"""kill -9 of the replica that owns a session, in the middle of a turn: the other one goes on."""

import asyncio
import random
import time
from dataclasses import dataclass, field

from tests.proofs.chaos.client import SAMPLES, Client
from tests.proofs.chaos.cluster import Cluster
from tests.proofs.chaos.outcome import Outcome, spread
from tests.proofs.chaos.stories import LONGEST_SEGMENT, TEXT, judge, repeated, undisturbed

MOST_GAP_S = 3.0


@dataclass
class Told:
    gaps: list[float] = field(default_factory=list)
    """Seconds between the last frame before the kill and the first after it."""
    resumed: list[float] = field(default_factory=list)
    """Seconds from the kill until another replica has taken over; then upstream speaks again what is skipped."""
    extra: list[int] = field(default_factory=list)
    """Characters paid beyond an undisturbed turn's."""
    repeated: list[int] = field(default_factory=list)
    """Segments that were asked for again."""


async def kill(stage: Cluster, times: int, seed: int, form: dict = SAMPLES) -> Outcome:
    """`times`: kills. `form`: the audio that is asked for."""
    outcome, told = Outcome(), Told()
    audio, cost = await undisturbed(stage, audio=form)
    exact = audio if form is SAMPLES and not stage.varying else None
    for number in range(times):
        chance = random.Random(f"{seed}.{number}")
        await _one(stage, number, chance, form, exact, cost, outcome, told)
    outcome.figures |= {"kills": times, "gap": spread(told.gaps), "taken over after": spread(told.resumed)}
    outcome.figures |= {"paid twice": f"{sum(told.extra)} characters, at most {max(told.extra)} a turn"}
    outcome.figures |= {"asked again": f"at most {max(told.repeated)} segments a turn"}
    outcome.demand(max(told.gaps) <= MOST_GAP_S, f"a gap of more than {MOST_GAP_S} s")
    return outcome


async def _one(
    stage: Cluster,
    number: int,
    chance: random.Random,
    form: dict,
    exact: bytes | None,
    cost: int,
    outcome: Outcome,
    told: Told,
) -> None:
    who, owner = f"kill {number}", stage.replicas[number % 2]
    heir = stage.other(owner)
    client = Client(
        lambda: owner.url if owner.runs and not client.closes else heir.url,
        audio=form,
        credential=await stage.token(tenant="acme", characters=2 * len(TEXT)),
    )
    turn = asyncio.create_task(client.end_of("a", TEXT))
    await client.sounding()
    await asyncio.sleep(chance.uniform(0, 2.0))
    killed_at = time.monotonic()
    await owner.kill()
    restarted = asyncio.create_task(owner.start())
    judge(outcome, who, client, await turn, exact)
    gap = _gap_around(client.record.frames_at, killed_at)
    outcome.demand(gap, f"{who}: not in the middle of the turn")
    told.gaps.append(gap)
    told.resumed.append(client.greeted_at - killed_at)
    asked = await stage.asked()
    told.extra.append(sum(entry["billed"] for entry in asked) - cost)
    told.repeated.append(repeated(asked))
    outcome.demand(told.extra[-1] <= LONGEST_SEGMENT, f"{who}: {told.extra[-1]} characters paid again")
    outcome.demand(told.extra[-1] >= 0, f"{who}: paid for less than was said")
    await _charged_once(client, who, outcome)
    await client.bye()
    await restarted
    await stage.forget()


def _gap_around(frames_at: list[float], moment: float) -> float:
    before = [at for at in frames_at if at <= moment]
    after = [at for at in frames_at if at > moment]
    return after[0] - before[-1] if before and after else 0.0


async def _charged_once(client: Client, who: str, outcome: Outcome) -> None:
    """There were characters for two turns: another one fits, a third does not."""
    second, third = await client.end_of("b", TEXT), await client.end_of("c", TEXT[: len(TEXT) // 2])
    outcome.demand(second == "turn.done", f"{who}: charged more than once: {second}")
    outcome.demand(third == "refused: quota_exceeded", f"{who}: not charged: {third}")
