"""Replicas with what they share, for the length of a scenario."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from gateway.emulator import Habits
from gateway.emulator import running as emulating
from tests.proofs.chaos.outcome import Outcome
from tests.proofs.chaos.programs import DEPLOY, Balancer, Replica
from tests.redis_server import RedisServer

SECRET = "0123456789abcdef" * 4
LEASE_S = 1.5
LOGS = Path("out/chaos")
PASSWORD = "store-password"
KEEPING = ("--include", str(DEPLOY / "redis.conf"), "--bind", "127.0.0.1", "--requirepass", PASSWORD)
"""As compose.yaml starts it."""


@dataclass
class Cluster:
    replicas: list[Replica]
    store: RedisServer
    emulator: str
    varying: bool
    """No two takes of a text are alike."""
    forgets: bool
    """Its store comes back empty."""
    _directory: Path
    _stack: AsyncExitStack

    def other(self, replica: Replica) -> Replica:
        return self.replicas[self.replicas[0] is replica]

    async def billed(self) -> int:
        """Characters, of all that was asked upstream."""
        return sum(entry["billed"] for entry in await self.asked())

    async def asked(self) -> list[dict]:
        async with httpx.AsyncClient(base_url=self.emulator, trust_env=False) as http:
            return (await http.get("/emulator/usage")).json()["requests"]

    async def forget(self) -> None:
        async with httpx.AsyncClient(base_url=self.emulator, trust_env=False) as http:
            await http.delete("/emulator/usage")

    async def token(self, **order) -> str:
        """A client's credential, with the rights that `order` says."""
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with httpx.AsyncClient(base_url=self.replicas[0].url, headers=headers, trust_env=False) as http:
            answer = await http.post("/v1/tokens", json={"lifetime_s": 3600, **order})
        return answer.raise_for_status().json()["token"]

    async def balancer(self) -> Balancer:
        balancer = Balancer(self.replicas[0], self.replicas[1], self._directory)
        self._stack.push_async_callback(balancer.kill)
        await balancer.start()
        return balancer

    def look_into_logs(self, outcome: Outcome) -> None:
        """What has gone wrong by them; where anything has, they stay to be read."""
        for replica in self.replicas:
            outcome.blame(replica.name, replica.broken())
        for log in self._directory.glob("*.log") if outcome.problems else ():
            LOGS.mkdir(parents=True, exist_ok=True)
            shutil.copy(log, LOGS)


@asynccontextmanager
async def cluster(*, pace: float = 4.0, varying: bool = False, aof: bool = False) -> AsyncIterator[Cluster]:
    """Two replicas on one Redis and one emulator. `pace`: 4 is four times as fast as in real time, 0 at once."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        options = (*KEEPING, "--dir", str(directory)) if aof else ()
        store = stack.enter_context(RedisServer(*options))
        address = store.url.replace("//", f"//:{PASSWORD}@") if aof else store.url
        emulator = await stack.enter_async_context(emulating("127.0.0.1", 0, Habits(pace=pace, varying_takes=varying)))
        settings = {
            "STORE": address,
            "SECRET": SECRET,
            "UPSTREAM": "t2a+" + emulator,
            "API_KEY": "chaos",
        }
        named = {f"VOICE_GATEWAY_{name}": value for name, value in settings.items()}
        replicas = [Replica(name, named, directory) for name in ("a", "b")]
        for replica in replicas:
            stack.push_async_callback(replica.kill)
        await asyncio.gather(*(replica.start() for replica in replicas))
        yield Cluster(replicas, store, emulator, varying, not aof, directory, stack)
