"""The stores that the contract suites run over: a real redis-server of our own, and fakeredis beside it.

    def quotas(open_store, request):          # params: ["memory", *STORES]
        return RedisQuotas(open_store(request.param))

Each `open_store(kind)` is a replica's own `Store`; those of one test share one empty database, and are closed after it.
A test that freezes or kills its store has a `RedisServer` to itself.
"""

import os
import shutil
import signal
import subprocess
from types import TracebackType
from typing import Self

import pytest

from tests.ports import free_port

PROGRAM = "redis-server"
REQUIRED = os.environ.get("VOICE_GATEWAY_REQUIRE_REDIS") == "1"
STORES = ("fakeredis", "redis")
QUIET = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no")


class RedisServer:
    """`with RedisServer() as server`: on a port of its own, which it keeps when it is started again. Keeps nothing on
    disk unless `options` say so, as `("--appendonly", "yes", "--dir", str(tmp_path))`.
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        command = [PROGRAM, "--port", str(self.port), *QUIET, *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd="/")
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"Ready to accept connections" in line:
                return
        raise RuntimeError(f"{PROGRAM} did not start")

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Returns once it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()


def need_redis() -> None:
    """Skips the test where there is no redis-server, unless that is a failure."""
    if shutil.which(PROGRAM) is not None:
        return
    if REQUIRED:
        pytest.fail(f"VOICE_GATEWAY_REQUIRE_REDIS is set, but {PROGRAM} is not installed.")
    pytest.skip(f"{PROGRAM} is not installed (apt-get install redis-server)")
