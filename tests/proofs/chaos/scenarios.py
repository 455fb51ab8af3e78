"""Every scenario, how often `make chaos` does it, and on what cluster."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from tests.proofs.chaos.client import VOICE_MESSAGE
from tests.proofs.chaos.cluster import Cluster, cluster
from tests.proofs.chaos.cuts import cuts
from tests.proofs.chaos.drain import drain
from tests.proofs.chaos.freeze import freeze
from tests.proofs.chaos.kill import kill
from tests.proofs.chaos.outcome import Outcome
from tests.proofs.chaos.quota import quota
from tests.proofs.chaos.rolling import rolling
from tests.proofs.chaos.store import dies, freezes


@dataclass(frozen=True)
class Scenario:
    """`times` and a seed are `run`'s; what a time is, it says itself."""

    run: Callable[[Cluster, int, int], Awaitable[Outcome]]
    times: int
    cluster: partial = partial(cluster)

    async def told(self, times: int | None, seed: int) -> Outcome:
        async with self.cluster() as stage:
            outcome = await self.run(stage, times or self.times, seed)
            stage.look_into_logs(outcome)
        return outcome


SCENARIOS = {
    "cuts": Scenario(cuts, 400, partial(cluster, pace=0.0)),
    "kill": Scenario(kill, 20),
    "kill-varying": Scenario(kill, 20, partial(cluster, varying=True)),
    "kill-voice-message": Scenario(partial(kill, form=VOICE_MESSAGE), 20),
    "freeze": Scenario(freeze, 5),
    "store-freezes": Scenario(freezes, 2, partial(cluster, pace=2.0)),
    "store-dies": Scenario(dies, 2, partial(cluster, pace=2.0, aof=True)),
    "store-forgets": Scenario(dies, 2, partial(cluster, pace=2.0)),
    "quota": Scenario(quota, 2),
    "drain": Scenario(drain, 6),
    "rolling": Scenario(rolling, 2),
}
