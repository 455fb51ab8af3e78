"""Several gateways on one port, one a core: `serve --workers N`. The kernel spreads connections over them.

Workers share nothing. Each gets its part of upstream's rate limit and a cache directory of its own.
"""

import asyncio
import signal
import sys
from collections.abc import Sequence

from gateway.settings import PREFIX, BadSetting, Settings

STOP_S = 15.0


def check(settings: Settings) -> None:
    """Raises `BadSetting` for what workers cannot share."""
    if settings.workers > 1 and settings.port == 0:
        raise BadSetting(f"{PREFIX}PORT must be named when there are workers: they share it.")


async def supervise(settings: Settings, arguments: Sequence[str]) -> int:
    """Run the workers until a signal, or until one of them ends; then stop the others."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    workers = [await _start(number, arguments) for number in range(settings.workers)]
    waits = [asyncio.create_task(worker.wait()) for worker in workers]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *waits}, return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        if worker.returncode is None:
            worker.terminate()
    await asyncio.wait(waits, timeout=STOP_S)
    stopping.cancel()
    # One that was still starting when it was asked to stop ends by the signal.
    return max((abs(worker.returncode or 0) for worker in workers if worker.returncode != -signal.SIGTERM), default=0)


async def _start(number: int, arguments: Sequence[str]) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "gateway.cli", *arguments, "--worker", str(number))
    return await asyncio.create_subprocess_exec(*command, start_new_session=True)
