"""The journal's model again, over a store: what one process has written, the next reads on from."""

import asyncio

import fakeredis
import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from gateway.journal.ledger import Claimed, Ledger
from gateway.journal.memory import MemoryJournal
from gateway.journal.room import Room
from gateway.journal.shared import SharedJournal
from gateway.store import Store
from tests.journal.test_memory import accepted
from tests.journal.test_model import JournalMachine, Reader
from tests.redis_server import STORES

MOST = 64 << 20
"""Nothing is lost for want of room: that is the other machine's subject."""


class SharedMachine(JournalMachine):
    url = ""
    sessions = 0

    @initialize(most=st.just(MOST))
    def begin(self, most: int) -> None:
        self.loop = asyncio.new_event_loop()
        self.room = Room(most)
        self.neighbour = MemoryJournal(room=self.room)
        self.neighbour.open(1, accepted(1))
        self.written: dict[int, tuple[int, bytes]] = {}
        self.withdrawn: set[int] = set()
        self.arrived = self.handles = 0
        self.open: list[int] = []
        self.sounding: dict[int, int] = {}
        self.readers = [Reader(0, owns=True)]
        SharedMachine.sessions += 1
        self.name = f"s_{self.sessions}"
        self.ledger = self.loop.run_until_complete(self._ledger())
        self.loop.run_until_complete(self.ledger.begin(self.name, {"tokens": "t"}))
        self.journal = self._journal(1)
        self.ledger.keep(self.journal)

    async def _ledger(self) -> Ledger:
        self.store = Store(self.url or "redis://fakeredis")
        if not self.url:
            self.store.redis = fakeredis.FakeAsyncRedis()
        return await Ledger(self.store, 60.0).__aenter__()

    def _journal(self, fence: int) -> SharedJournal:
        return SharedJournal(self.name, fence, self.ledger.dirty, room=self.room, largest=MOST)

    @rule()
    def take_over(self) -> None:
        """By another process, which knows only the store."""
        former = self.journal
        claimed = self.loop.run_until_complete(self.ledger.claim(self.name, "t"))
        assert isinstance(claimed, Claimed)
        former.lose()
        former.close()
        self.journal = self._journal(claimed.fence)
        self.journal.batch = int(claimed.fields["batch"])
        self.journal.load(claimed.journal, claimed.fields.get("last_id", b"0-0"), self.open)
        self.ledger.keep(self.journal)
        assert self.journal.last_seq == len(self.written)

    @invariant()
    def what_is_said_is_kept(self) -> None:
        self.loop.run_until_complete(self._settled())
        assert self.journal.last_seq == self.journal.numbered

    async def _settled(self) -> None:
        while self.ledger._pages:
            await self.ledger._round.wait()

    def the_bounds_hold(self) -> None:
        """There are none here."""

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        super().teardown()
        self.loop.run_until_complete(self.ledger.__aexit__(None, None, None))
        self.loop.run_until_complete(self.store.aclose())
        self.loop.close()


@pytest.mark.parametrize("kind", STORES)
def test_whatever_happens_every_reader_gets_every_number(kind, request):
    url = request.getfixturevalue("redis_server").url if kind == "redis" else ""
    machine = type("Machine", (SharedMachine,), {"url": url})
    checks = [HealthCheck.too_slow]
    bounds = settings(max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(machine, settings=bounds)
