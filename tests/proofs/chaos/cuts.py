"""A turn cut all along its wire, with FIN and with RST, and resumed on either of two replicas.

With as many turns as twice the bytes of its wire it is cut at every byte, both ways.
"""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Iterator

from tests.proofs.chaos.client import Client
from tests.proofs.chaos.cluster import Cluster
from tests.proofs.chaos.outcome import Outcome
from tests.proofs.wires import Cut, wires

TEXT = "So be it."
VOICE = {"voice_id": "test_tones", "speed": 2}
AT_ONCE = 6
BATCH = 4000
"""Turns between two looks at the emulator's books, which hold 10 000 requests."""


async def cuts(stage: Cluster, times: int, seed: int) -> Outcome:
    """`times`: turns, at most; one in three is cut again when its client has come back."""
    outcome, counted = Outcome(), Counter[str]()
    audio, wire_bytes, cost = await _uncut(stage)
    times = min(times, 2 * wire_bytes)
    plans = _plan(times, wire_bytes, random.Random(seed))
    while batch := [*itertools.islice(plans, BATCH)]:
        cuts = iter(batch)
        await asyncio.gather(*(_turns(stage, cuts, audio, outcome, counted) for _ in range(AT_ONCE)))
        counted["billed"] += await stage.billed()
        await stage.forget()
    text, billed, again = times * cost, counted["billed"], counted["again"] * cost
    outcome.demand(text <= billed <= text + again, f"{billed} characters billed for {text} of text, {again} again")
    outcome.figures |= {"turns": times, "bytes of wire": wire_bytes, "connections": counted["connections"]}
    outcome.figures |= {"billed": f"{billed} characters for {text} of text and {again} told to be asked again"}
    return outcome


async def _uncut(stage: Cluster) -> tuple[bytes, int, int]:
    """Audio, bytes of its wire, characters billed."""
    await stage.forget()
    async with wires(stage.replicas[0].url) as whole:
        client = Client(lambda: whole.url, voice=VOICE)
        await client.speak("a", TEXT)
        wire_bytes = whole.passed
        await client.bye()
    cost = await stage.billed()
    await stage.forget()
    return bytes(client.record.audio), wire_bytes, cost


def _plan(times: int, wire_bytes: int, chance: random.Random) -> Iterator[tuple[int, Cut, list[Cut], random.Random]]:
    """On which replica a session begins, where it is cut first, and how on the other."""
    step = 2 * wire_bytes / times
    for number in range(times):
        after = int(number // 2 * step) + chance.randrange(int(step))
        again = [Cut(chance.randrange(wire_bytes), chance.random() < 0.5)] if number % 3 == 0 else []
        yield number // 4 % 2, Cut(after, bool(number % 2)), again, random.Random(chance.random())


async def _turns(
    stage: Cluster,
    plans: Iterator[tuple[int, Cut, list[Cut], random.Random]],
    audio: bytes,
    outcome: Outcome,
    counted: Counter[str],
) -> None:
    for first, cut, again, chance in plans:
        owner = stage.replicas[first]
        async with wires(owner.url, cut) as one, wires(stage.other(owner).url, *again) as two:
            client = Client(
                lambda: chance.choice((one, two)).url if client.closes else one.url,  # noqa: B023 - ends here
                voice=VOICE,
            )
            ended = await client.end_of("a", TEXT)
            await client.bye()
        counted["connections"] += client.connections
        counted["again"] += client.record.notices.count("upstream_retry")
        outcome.blame(cut, client.record.wrong)
        outcome.demand(ended == "turn.done", f"{cut}: {ended}")
        outcome.demand(bytes(client.record.audio) == audio, f"{cut}: other audio")
