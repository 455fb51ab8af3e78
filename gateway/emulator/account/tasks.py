"""Long texts on their way: one task each, in the background. States by the account's clock."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from gateway.emulator.account.clock import Clock
from gateway.emulator.account.storage import Storage
from gateway.emulator.habits import Habits

_log = logging.getLogger(__name__)

State = Literal["Processing", "Success", "Failed", "Expired"]


@dataclass(slots=True)
class Task:
    """`result` is the id of the file it becomes."""

    id: int
    result: int
    created: float
    state: State = "Processing"


class Unfinished(Exception):
    """A task ends in this state, without a result."""

    def __init__(self, state: State) -> None:
        self.state = state
        super().__init__(state)


class Tasks:
    def __init__(self, habits: Habits, clock: Clock, storage: Storage) -> None:
        self._habits = habits
        self._clock = clock
        self._storage = storage
        self._tasks: dict[int, Task] = {}
        self._running: set[asyncio.Task[None]] = set()
        self.room = asyncio.Semaphore(habits.tasks_at_once)

    def new(self) -> Task:
        task = Task(self._storage.new_id(), self._storage.new_id(), self._clock.now())
        self._tasks[task.id] = task
        return task

    def start(self, task: Task, work: Coroutine[Any, Any, None]) -> None:
        """`work` may raise `Unfinished`; else the task is a success when it ends."""
        running = asyncio.create_task(self._run(task, work))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    def find(self, task_id: int) -> Task | None:
        """With its state as it is now."""
        task = self._tasks.get(task_id)
        if task and self._clock.now() >= task.created + self._habits.results_kept_s:
            task.state = "Expired"
            self._storage.remove(task.result)
        return task

    def told(self, task: Task) -> str:
        """The state's name as it goes out."""
        early = self._clock.now() < task.created + self._habits.task_s
        state = "Processing" if early else task.state
        return state if self._habits.capitalised_states else state.lower()

    async def aclose(self) -> None:
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, task: Task, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
            task.state = "Success"
        except Unfinished as end:
            task.state = end.state
        except Exception:  # a bug of ours ends its own task only
            _log.exception("a long text failed")
            task.state = "Failed"
