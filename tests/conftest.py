"""A gateway with its emulator, once for all tests that speak through the whole chain."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from gateway.app import running
from gateway.settings import Settings
from tests.chromium import chromium  # noqa: F401 - one for all folders that ask for it


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    """Its URL. It runs in a thread of its own, as a process of its own would."""
    with serving(Settings(port=0, upstream="emulator:")) as url:
        yield url


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
        async with running(self._settings) as gateway:
            self._url = gateway.url
            self._up.set()
            await self._stop.wait()
