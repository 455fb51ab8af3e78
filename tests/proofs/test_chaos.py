"""A sample of `make chaos`: most kinds of trouble once, on one pair of replicas."""

from tests.proofs.chaos.cluster import cluster
from tests.proofs.chaos.outcome import Outcome
from tests.proofs.chaos.scenarios import SCENARIOS
from tests.redis_server import need_redis

SEED = 7
TIMES = {
    "cuts": 12,
    "kill": 1,
    "kill-voice-message": 1,
    "freeze": 1,
    "store-dies": 1,
    "quota": 1,
    "drain": 1,
}


async def test_replicas_that_are_cut_killed_frozen_and_drained_lose_no_turn_and_pay_none_twice():
    need_redis()
    found = Outcome()
    async with cluster(aof=True) as stage:
        for name, times in TIMES.items():
            outcome = await SCENARIOS[name].run(stage, times, SEED)
            print(f"{name}: {outcome}")
            found.blame(name, outcome.problems)
        stage.look_into_logs(found)
    assert found.problems == []
