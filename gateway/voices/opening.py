"""Puts together what knows of voices; `app.py` says when."""

import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gateway.access.costs import Bill
from gateway.metrics import Metrics
from gateway.protocol.casting import Aliases
from gateway.settings import EMULATOR, Settings
from gateway.store import beside
from gateway.upstreams.management.account import UpstreamAccount
from gateway.voices.catalogue import Catalogue
from gateway.voices.deadlines import Deadlines
from gateway.voices.listing import Listing
from gateway.voices.news import paid, told
from gateway.voices.record import VoiceEvent
from gateway.voices.records import Records
from gateway.webhook import Webhook


@dataclass(frozen=True, slots=True)
class MadeHere:
    """The voices that were made here, at one host."""

    records: Records
    deadlines: Deadlines


async def made(
    settings: Settings,
    host: str,
    metrics: Metrics,
    book: Callable[[Bill], None],
    clock: Callable[[], float],
    stack: AsyncExitStack,
) -> MadeHere:
    """Raises `BadSetting`."""
    webhook = None
    if settings.webhook is not None:
        webhook = await stack.enter_async_context(Webhook(settings.webhook, settings.secret, clock))
    records = Records(_directory(settings, stack), urlsplit(host).netloc)

    def tell(event: VoiceEvent) -> None:
        told(webhook, clock, event)
        paid(book, event)

    deadlines = Deadlines(records, tell, clock)
    stack.push_async_callback(deadlines.close)
    metrics.inactive_voices.set_function(lambda: deadlines.waiting)
    metrics.voice_deadline.set_function(lambda: deadlines.left_s)
    return MadeHere(records, deadlines)


async def catalogue(
    here: MadeHere,
    account: UpstreamAccount,
    aliases: Aliases,
    descriptions: Mapping[str, str],
    stack: AsyncExitStack,
    clock: Callable[[], float] = time.time,
) -> Catalogue:
    """With the task that watches deadlines beside it."""
    listing = Listing(account.voices, here.deadlines.listed, clock)
    stack.push_async_callback(listing.aclose)
    await stack.enter_async_context(beside(here.deadlines.watch(listing.refresh)))
    return Catalogue(listing, here.deadlines, aliases, descriptions)


def _directory(settings: Settings, stack: AsyncExitStack) -> Path:
    """The embedded emulator's voices live no longer than it does."""
    if settings.upstream.partition(",")[0].strip() == EMULATOR:
        return Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return settings.kept("voices")
