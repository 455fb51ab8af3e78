"""What belongs to the account."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.emulator.account.clock import Clock
from gateway.emulator.account.own_voices import OwnVoices
from gateway.emulator.account.prices import Balance
from gateway.emulator.account.storage import Storage
from gateway.emulator.account.tasks import Tasks
from gateway.emulator.habits import Habits
from gateway.emulator.limits import Rate


class Account:
    def __init__(self, habits: Habits, folder: Path) -> None:
        self.clock = Clock()
        self.storage = Storage(folder, self.clock)
        self.voices = OwnVoices(self.clock)
        self.balance = Balance()
        self.clones = Rate(habits.clones_per_minute, 60.0)
        self.designs = Rate(habits.designs_per_minute, 60.0)
        self.queries = Rate(habits.queries_per_second, 1.0)
        self.tasks = Tasks(habits, self.clock)


@asynccontextmanager
async def open_account(habits: Habits) -> AsyncIterator[Account]:
    """Its files and tasks end with the block."""
    with tempfile.TemporaryDirectory(prefix="t2a-emulator-") as folder:
        account = Account(habits, Path(folder))
        try:
            yield account
        finally:
            await account.tasks.aclose()
