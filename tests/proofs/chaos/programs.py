"""Replicas and a load balancer as processes on ports of their own, which they keep when they are started again."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port

UP_S = 180.0
DEPLOY = Path(__file__).parents[3] / "deploy"
BROKEN = ("Traceback", "! a session broke", "Task exception", "never awaited")
"""What no log may have in it."""


class Program:
    """Writes to `log`, over all of its lives."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path, ready: str) -> None:
        self._command, self._environment, self._ready = command, {**os.environ, **environment}, ready
        self.log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns once it is ready."""
        with self.log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=self._environment, stdout=out, stderr=asyncio.subprocess.STDOUT
            )
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(UP_S):
            while not await self._is_ready(http):
                if self._process.returncode is not None:
                    raise RuntimeError(f"{self._command[0]} ended: {self.log.read_text()[-2000:]}")
                await asyncio.sleep(0.05)

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(self._ready, timeout=1)).status_code == 200
        except httpx.HTTPError:
            return False

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; its exit code."""
        return await self._end(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        if self.runs:
            self._signal(number)
        return await self._process.wait()

    def broken(self) -> list[str]:
        """Lines of its log that tell of a bug."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return [line for line in text.splitlines() if any(sign in line for sign in BROKEN)][:5]


class Replica(Program):
    def __init__(self, name: str, environment: Mapping[str, str], directory: Path) -> None:
        self.name, self.port = name, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = (sys.executable, "-m", "gateway.cli", "serve", "--port", str(self.port))
        super().__init__(command, environment, directory / f"{name}.log", self.url + "/readyz")


class Balancer(Program):
    """haproxy in front of two replicas, as compose.yaml starts it."""

    def __init__(self, first: Replica, second: Replica, directory: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        where = {
            "LISTEN": self.url.removeprefix("http://"),
            "GATEWAY_A": f"127.0.0.1:{first.port}",
            "GATEWAY_B": f"127.0.0.1:{second.port}",
        }
        command = (program("haproxy"), "-db", "-f", str(DEPLOY / "haproxy.cfg"))
        super().__init__(command, where, directory / "haproxy.log", self.url + "/readyz")


def need_haproxy() -> None:
    """Skips the test where there is none, unless that is a failure."""
    try:
        program("haproxy")
    except RuntimeError as missing:
        if os.environ.get("VOICE_GATEWAY_REQUIRE_HAPROXY") == "1":
            raise
        pytest.skip(str(missing))


def program(name: str) -> str:
    """Where it is installed; Debian's servers are not on every user's path."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        raise RuntimeError(f"{name} is not installed (apt-get install {name})")
    return found
