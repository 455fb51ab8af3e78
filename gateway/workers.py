"""Several gateways on one port, one a core: `serve --workers N`. The kernel spreads connections over them.

Workers share nothing but a store. Without one each gets its part of every limit, and a cache directory of its own. A
signal is passed on to them: the first drains them, the second ends them at once.
"""

import asyncio
import signal
import sys
from collections.abc import Sequence

from gateway.settings import PREFIX, BadSetting, Settings

GRACE_S = 5.0
"""A worker that lives so much longer than draining may take is killed."""


def check(settings: Settings) -> None:
    """Raises `BadSetting` for what workers cannot share."""
    if settings.workers > 1 and settings.port == 0:
        raise BadSetting(f"{PREFIX}PORT must be named when there are workers: they share it.")


async def supervise(settings: Settings, arguments: Sequence[str]) -> int:
    """Run the workers until a signal, or until one of them ends; then stop the others."""
    stop = asyncio.Event()
    workers: list[asyncio.subprocess.Process] = []

    def end() -> None:
        stop.set()
        for worker in workers:
            if worker.returncode is None:
                worker.terminate()

    loop = asyncio.get_running_loop()
    for sig in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sig, end)
    for number in range(settings.workers):
        workers.append(await _start(number, arguments))  # noqa: PERF401 - `end` has to see those that run already
    waits = [asyncio.create_task(worker.wait()) for worker in workers]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *waits}, return_when=asyncio.FIRST_COMPLETED)
    died = not stop.is_set()
    if died:
        end()
    _, late = await asyncio.wait(waits, timeout=settings.drain_s + GRACE_S)
    for worker in workers if late else []:
        if worker.returncode is None:
            worker.kill()
    await asyncio.wait(waits)
    return max(_failure(worker.returncode or 0, stopped=not died) for worker in workers)


def _failure(code: int, *, stopped: bool) -> int:
    """A worker that was told to stop before it served ends by the signal."""
    return 0 if stopped and code == -signal.SIGTERM else abs(code)


async def _start(number: int, arguments: Sequence[str]) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "gateway.cli", *arguments, "--worker", str(number))
    return await asyncio.create_subprocess_exec(*command, start_new_session=True)
