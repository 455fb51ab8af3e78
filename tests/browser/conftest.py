"""A real Chromium against a real gateway. Without one: tests/tools.py."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.browser.tab import PATIENCE_S, Tab
from tests.compared import COMPARED
from tests.tools import missing


@pytest.fixture(scope="session")
def node() -> str:
    """Its path: the machine's, else the one that playwright brings."""
    found = shutil.which("node")
    if found is None:
        try:
            from playwright._impl._driver import compute_driver_executable
        except ImportError:
            missing("BROWSER", "there is neither node nor playwright")
        found = str(compute_driver_executable()[0])
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def tab(chromium) -> AsyncIterator[Tab]:
    """A page of a fresh profile; at the end nothing may stand on its console."""
    context = await chromium.new_context(locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_S * 1000)
    tab = Tab(await context.new_page())
    yield tab
    await context.close()
    COMPARED[f"Chromium {chromium.version}"] += tab.compared
    assert tab.complaints == []
