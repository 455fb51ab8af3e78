"""A gateway with its emulator, once for all tests that speak through the whole chain; stores for those that share."""

import asyncio
import logging
import os
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache

import fakeredis
import httpx._transports.default as httpx_transports
import pytest
import redis
from hypothesis import HealthCheck, settings

from gateway.app import running
from gateway.settings import Settings
from gateway.store import Store
from tests.canaries import Canaries
from tests.chromium import chromium  # noqa: F401 - one for all folders that ask for it
from tests.compared import COMPARED
from tests.redis_server import RedisServer, need_redis

# What gateways keep between their runs is not the tests' to find or to change.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="voice-gateway-tests-")

# What hypothesis judges by the clock is the machine's load.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> None:
    """A report brings it from whichever worker the test ran in."""
    if call.when == "teardown" and COMPARED:
        item.user_properties.append(("compared", dict(COMPARED)))
        COMPARED.clear()


def pytest_terminal_summary(terminalreporter) -> None:
    ended = [report for report in terminalreporter.getreports("") if report.when == "teardown"]
    samples: Counter[str] = Counter()
    for name, value in (each for report in ended for each in report.user_properties):
        if name == "compared":
            samples.update(value)
    for engine, count in sorted(samples.items()):
        terminalreporter.write_line(f"{engine}: {count} samples compared with what was sent, none differs")


@pytest.fixture(scope="session")
def canaries() -> Iterator[Canaries]:
    """The gateway logs all that it can, in every test."""
    handler, root, own = Canaries(), logging.getLogger(), logging.getLogger("gateway")
    root.addHandler(handler)
    own.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)


@pytest.fixture(autouse=True)
def _no_credential_is_logged(canaries: Canaries) -> Iterator[None]:
    yield
    assert canaries.take() == []


@pytest.fixture(scope="session", autouse=True)
def _authorities_are_read_once() -> Iterator[None]:
    """Left alone, httpx does so for each client: 50 ms of CPU, ten times what a request on loopback costs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx_transports, "create_ssl_context", cache(httpx_transports.create_ssl_context))
        yield


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    """Its URL. It runs in a thread of its own, as a process of its own would."""
    with serving(Settings(port=0, upstream="emulator:")) as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """For all tests that leave it running."""
    need_redis()
    with RedisServer() as server:
        yield server


@pytest.fixture
async def open_store(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[str], Store]]:
    """Opens one more replica's `Store`, `fakeredis` or `redis`, on the database of this test. It is patient: a machine
    that is busy is no store that is away.
    """
    monkeypatch.setattr("gateway.store.ANSWER_S", 10.0)
    stores: list[Store] = []
    fake = fakeredis.FakeServer()

    def open_another(kind: str) -> Store:
        if kind == "fakeredis":
            store = Store("redis://fakeredis")
            store.redis = fakeredis.FakeAsyncRedis(server=fake)
        else:
            url = request.getfixturevalue("redis_server").url
            if not stores:
                with redis.Redis.from_url(url) as client:
                    client.flushall()
            store = Store(url)
        stores.append(store)
        return store

    yield open_another
    for store in stores:
        await store.aclose()


class serving:  # noqa: N801 - reads as a verb
    """Run a gateway in a thread: `with serving(settings) as url`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._url = ""
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> str:
        self._thread.start()
        self._up.wait()
        if self._failed is not None:
            self._thread.join()
            raise self._failed
        return self._url

    def leave(self) -> None:
        """As at a signal: what is spoken comes to its end first."""
        self._loop.call_soon_threadsafe(self._gateway.server.handle_exit, signal.SIGTERM, None)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._serve())
            except BaseException as error:  # noqa: BLE001 - raised again where the test waits
                self._failed = error
                self._up.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with running(self._settings) as self._gateway:
            self._url = self._gateway.url
            self._up.set()
            await self._stop.wait()
