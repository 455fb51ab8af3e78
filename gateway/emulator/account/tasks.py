"""Long texts on their way: one task each, in the background. States by the account's clock."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from gateway.emulator.account.clock import Clock
from gateway.emulator.habits import Habits

_log = logging.getLogger(__name__)

State = Literal["Processing", "Success", "Failed", "Expired"]


@dataclass(slots=True)
class Task:
    """`result` is the id of the file it becomes."""

    id: int
    result: int
    created: float
    expires: float
    state: State = "Processing"


class Unfinished(Exception):
    """A task ends in this state, without a result."""

    def __init__(self, state: State) -> None:
        self.state = state
        super().__init__(state)


class Tasks:
    def __init__(self, habits: Habits, clock: Clock) -> None:
        self._habits = habits
        self._clock = clock
        self._tasks: dict[int, Task] = {}
        self._running: set[asyncio.Task[None]] = set()
        self.room = asyncio.Semaphore(habits.tasks_at_once)

    def new(self, task_id: int, result: int) -> Task:
        now = self._clock.now()
        task = Task(task_id, result, now, now + self._habits.results_kept_s)
        self._tasks[task.id] = task
        return task

    def start(self, task: Task, work: Callable[[], Awaitable[None]]) -> None:
        """`work` may raise `Unfinished`; else the task is a success when it ends."""
        running = asyncio.create_task(self._run(task, work))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    def find(self, task_id: int) -> Task | None:
        """With its state as it is now."""
        task = self._tasks.get(task_id)
        if task and self._clock.now() >= task.expires:
            task.state = "Expired"
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

    async def _run(self, task: Task, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
            task.state = "Success"
        except Unfinished as end:
            task.state = end.state
        except Exception:  # noqa: BLE001 - a bug ends its own task, not the emulator
            _log.exception("a long text failed")
            task.state = "Failed"
