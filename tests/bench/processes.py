"""Processes on cores of their own, and what they use: CPU and memory of a whole tree, from Linux's /proc."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PROC = Path("/proc")
UP_S = 120.0
CORES = frozenset(os.sched_getaffinity(0))
GIVING_BACK = {
    "MALLOC_MMAP_THRESHOLD_": "8192",
    "MALLOC_MMAP_MAX_": "1000000",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "MALLOC_ARENA_MAX": "1",
}
"""glibc's, so that what is measured is what a process holds. Left alone it keeps what peaks have taken: free blocks
that lie between used ones."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds. `waited` counts when it could have run but had no core: other programs' doing, hence noise."""

    cpu: float
    waited: float

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(self.cpu - other.cpu, self.waited - other.waited)


class Process:
    """A program and its children, pinned to `core` where there is one."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        core: int,
        port: int = 0,
        environment: Mapping[str, str] | None = None,
        errors: IO[Any] | int = subprocess.DEVNULL,
        **pipes: Any,
    ) -> None:
        self.port = port
        self._command = " ".join(command)
        with _pinned(core):
            self.popen = subprocess.Popen(
                command, env={**os.environ, **(environment or {})}, stderr=errors, start_new_session=True, **pipes
            )

    def usage(self) -> Usage:
        cpu = waited = 0
        for process in self._tree():
            for thread in PROC.glob(f"{process}/task/*/schedstat"):
                with contextlib.suppress(OSError):
                    ran_ns, waited_ns, _ = map(int, thread.read_text().split())
                    cpu, waited = cpu + ran_ns, waited + waited_ns
        return Usage(cpu / 1e9, waited / 1e9)

    def memory_kb(self) -> int:
        """Proportional set size: what would be free without it."""
        total = 0
        for process in self._tree():
            with contextlib.suppress(OSError):
                rollup = (PROC / str(process) / "smaps_rollup").read_text()
                total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        return total

    def wait_until_up(self) -> None:
        until = time.monotonic() + UP_S
        while time.monotonic() < until and self.popen.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self._command} did not come up")

    def stop(self) -> None:
        for process in reversed(self._tree()):
            with contextlib.suppress(OSError):
                os.kill(process, 9)
        self.popen.wait()

    def _tree(self) -> list[int]:
        tree = [self.popen.pid]
        for process in tree:
            for children in PROC.glob(f"{process}/task/*/children"):
                with contextlib.suppress(OSError):
                    tree += map(int, children.read_text().split())
        return tree


@contextlib.contextmanager
def running(command: Sequence[str], *, core: int, port: int, **more: Any) -> Iterator[Process]:
    """A server that listens on `port`."""
    process = Process(command, core=core, port=port, stdout=subprocess.DEVNULL, **more)
    try:
        process.wait_until_up()
        yield process
    finally:
        process.stop()


@contextlib.contextmanager
def _pinned(core: int) -> Iterator[None]:
    """A child inherits the cores of its parent."""
    mine = os.sched_getaffinity(0)
    if core in CORES:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, mine)
