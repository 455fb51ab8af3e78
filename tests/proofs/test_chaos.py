"""A sample of `make chaos`: most kinds of trouble once, on one pair of replicas."""

from tests.proofs.chaos.cluster import cluster
from tests.proofs.chaos.cuts import cuts
from tests.proofs.chaos.drain import drain
from tests.proofs.chaos.freeze import freeze
from tests.proofs.chaos.kill import kill
from tests.proofs.chaos.outcome import Outcome
from tests.proofs.chaos.quota import quota
from tests.proofs.chaos.store import dies
from tests.redis_server import need_redis

SEED = 7
TIMES = {cuts: 12, kill: 1, freeze: 1, dies: 1, quota: 1, drain: 1}


async def test_replicas_that_are_cut_killed_frozen_and_drained_lose_no_turn_and_pay_none_twice():
    need_redis()
    found = Outcome()
    async with cluster(aof=True) as stage:
        for scenario, times in TIMES.items():
            outcome = await scenario(stage, times, SEED)
            print(f"{scenario.__name__}: {outcome}")
            found.blame(scenario.__name__, outcome.problems)
        stage.look_into_logs(found)
    assert found.problems == []
