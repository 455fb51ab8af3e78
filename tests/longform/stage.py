"""Jobs on a disk, in front of an upstream that a test plays; waiting takes no time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.access.quotas import Allowance, MemoryQuotas
from gateway.access.usage import MemoryUsage
from gateway.account import Books
from gateway.longform.book import Book, Chapter
from gateway.longform.driver import Means
from gateway.longform.job import Job
from gateway.longform.jobs import Jobs
from gateway.longform.library import Library
from gateway.longform.order import order
from gateway.metrics import Metrics
from gateway.protocol.casting import NO_ALIASES
from gateway.upstreams.management.account import UpstreamAccount
from gateway.upstreams.secret import Secret
from gateway.upstreams.urls import endpoint
from tests.longform.upstream import RATE, Upstream

CONFIG = {"audio": {"codec": "wav", "rate": RATE}, "labels": {"book": "b"}}
BOOK = Book("A Book", (Chapter("One", "One is here. And more.\nThe end."), Chapter("Two", "Two. That is all.")))


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def opened(
    root: Path, upstream: Upstream, books: Books | None = None, home: str = "here"
) -> AsyncIterator[tuple[Jobs, Books]]:
    account = UpstreamAccount(endpoint(upstream.url), Secret("key"))
    books = books or Books(MemoryQuotas(), Allowance(), MemoryUsage(), Metrics())
    means = Means(home, account, books, NO_ALIASES, asyncio.Semaphore(2), at_once)
    try:
        async with Jobs(Library(root), means) as jobs:
            yield jobs, books
    finally:
        await account.aclose()


async def begun(jobs: Jobs, book: Book = BOOK) -> str:
    return (await jobs.begin(book, order(CONFIG, NO_ALIASES), CONFIG)).id


async def ended(jobs: Jobs, name: str) -> Job:
    """The job, once nobody drives it any more."""
    async with asyncio.timeout(10):
        while (driven := jobs._driven.get(name)) is not None:
            await asyncio.wait({driven})
    return jobs.library.folder(name).load()
