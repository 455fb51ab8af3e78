"""A headless Chromium that playwright drives: for pages, and for an engine that runs in one."""

import shutil
from collections.abc import AsyncIterator

import pytest_asyncio

from tests.tools import missing

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator:
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        missing("BROWSER", "playwright is not installed")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        missing("BROWSER", "there is no Chromium on the PATH")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()
