"""In front of a conversation: messages that something has to be asked for first pass one by one; nothing overtakes."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.errors import Closing
from gateway.protocol.messages import ClientMessage

MOST_WAITING = 1200
"""More than may come at once, so that only a store that does not answer makes it full."""


class Turnstile:
    """`admit` may take its time; what it raises, `failed` is told. To be closed before the conversation is."""

    def __init__(
        self,
        admit: Callable[[ClientMessage], Awaitable[None]],
        failed: Callable[[Exception], None],
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._admit = admit
        self._failed = failed
        self._tasks = tasks
        self._waiting: list[ClientMessage] = []
        self._passing: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whoever comes now has to wait."""
        return self._passing is not None

    def put(self, message: ClientMessage) -> None:
        """Raises `Closing` when too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            raise Closing("overloaded")
        self._waiting.append(message)
        if self._passing is None:
            self._passing = self._tasks.create_task(self._pass())

    def close(self) -> None:
        if self._passing is not None:
            self._passing.cancel()

    async def _pass(self) -> None:
        try:
            while self._waiting:
                try:
                    await self._admit(self._waiting.pop(0))
                except Exception as error:  # noqa: BLE001 - sorted by who is told
                    self._failed(error)
        finally:
            self._passing = None
