"""Many turns at once on two replicas against one quota; and one turn said by many sockets."""

import asyncio
import json
from collections import Counter

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.end_to_end.client import TERMINALS, stream_url
from tests.proofs.chaos.client import Client
from tests.proofs.chaos.cluster import SECRET, Cluster
from tests.proofs.chaos.outcome import Outcome
from tests.proofs.chaos.record import Record
from tests.proofs.chaos.stories import TEXT, WORDS, undisturbed, words

LINE = "once " * 19 + "paid."
LIMIT, TURNS, SOCKETS = 5000, 100, 20
FIT = LIMIT // len(LINE)


async def quota(stage: Cluster, times: int, seed: int) -> Outcome:
    """`times`: how often each is done, with a tenant and a session of its own."""
    outcome, admitted, requests = Outcome(), [], []
    _, cost = await undisturbed(stage)
    for number in range(times):
        admitted.append(await _race(stage, f"tenant-{seed}-{number}", outcome))
        requests.append(await _one_turn(stage, cost, outcome))
    outcome.figures |= {f"admitted of {TURNS} turns against a quota for {FIT}": admitted}
    outcome.figures |= {f"characters billed for one turn of {cost} that {SOCKETS} sockets said": requests}
    return outcome


async def _race(stage: Cluster, tenant: str, outcome: Outcome) -> int:
    """All turns at once, each of `len(LINE)` characters; none is refused for another reason, none slips through."""
    credential = await stage.token(tenant=tenant, day_characters=LIMIT)
    urls = [replica.url for replica in stage.replicas]
    clients = [Client(lambda url=urls[number % 2]: url, credential) for number in range(TURNS)]
    await asyncio.gather(*(client.greet() for client in clients))
    ends = Counter(await asyncio.gather(*(client.end_of("a", LINE) for client in clients)))
    billed = await stage.billed()
    outcome.demand(ends == {"turn.done": FIT, "refused: quota_exceeded": TURNS - FIT}, f"{tenant}: {dict(ends)}")
    outcome.demand(billed == LIMIT, f"{tenant}: {billed} characters billed of {LIMIT}")
    await asyncio.gather(*(client.bye() for client in clients))
    await stage.forget()
    return ends["turn.done"]


async def _one_turn(stage: Cluster, cost: int, outcome: Outcome) -> int:
    """All sockets resume one session and say the same turn; each takes the session from the one before."""
    begun = Client(lambda: stage.replicas[0].url)
    await begun.greet()
    assert begun.greeting is not None
    resume = {"session": begun.greeting["session"], "token": begun.greeting["resume_token"], "last_seq": 0}
    urls = [stage.replicas[number % 2].url for number in range(SOCKETS)]
    records = await asyncio.gather(*(_say(url, resume) for url in urls))
    whole = [record for record in records if "a" in record.ended]
    billed = await stage.billed()
    outcome.demand(len(whole) == 1, f"{len(whole)} sockets heard the turn's end")
    for record in whole:
        outcome.blame("the last socket", record.wrong)
        outcome.demand(words(record.audio) == WORDS, "the last socket heard other words")
    outcome.demand(billed == cost, f"{billed} characters billed for a turn of {cost}")
    await stage.forget()
    return billed


async def _say(url: str, resume: dict) -> Record:
    """What it heard until the turn's end, or until another socket took the session."""
    record = Record()
    async with connect(stream_url(url), max_size=None, compression=None) as socket:
        try:
            await socket.send(json.dumps({"type": "hello", "v": 1, "token": SECRET, "resume": resume}))
            await socket.recv()
            await socket.send(json.dumps({"type": "speak", "turn": "a", "text": TEXT}))
            while record.take(await socket.recv()).get("type") not in TERMINALS:
                pass
        except ConnectionClosed:
            return record
    return record
