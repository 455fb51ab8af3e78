"""The composition root: settings in, running gateway out. Nothing is built elsewhere, but for `stores.py` and
`voices/opening.py`.

Opened in this order, closed in reverse: stores, emulator (when it is the upstream), upstream, sessions, HTTP server.
"""

import asyncio
import math
import os
import ssl
import time
import tomllib
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

from gateway import __version__, heap
from gateway.access.costs import Bill
from gateway.access.doors import Doors
from gateway.access.quotas import Allowance
from gateway.access.rights import ALL
from gateway.access.tokens import Tokens
from gateway.account import Books
from gateway.audio import libav
from gateway.audio.loudness import Loudness
from gateway.connection import Connection, Served, Shared
from gateway.drain import Drain
from gateway.encoding import Studio
from gateway.errors import Refused
from gateway.journal.ledger import Ledger
from gateway.journal.room import Room
from gateway.journal.tail import Tail
from gateway.lip.lips import open_lips
from gateway.longform.driver import Means as LongformMeans
from gateway.longform.jobs import AT_ONCE, Jobs
from gateway.longform.library import Library
from gateway.metrics import Metrics
from gateway.post import Post
from gateway.protocol.casting import Aliases
from gateway.protocol.merge import Patch
from gateway.relay import Relays
from gateway.remote import Remotes
from gateway.routes.audio import audio_routes
from gateway.routes.health import health_routes
from gateway.routes.longform import longform_routes
from gateway.routes.metrics import metrics_routes
from gateway.routes.models import model_routes
from gateway.routes.pages import mount_pages
from gateway.routes.stream import Streaming
from gateway.routes.surface import Surface, tell_misfits
from gateway.routes.tokens import token_routes
from gateway.routes.traces import trace_routes
from gateway.routes.usage import usage_routes
from gateway.routes.voices import voice_routes
from gateway.server import Server, listen
from gateway.session.session import Session
from gateway.sessions import Bounds, Means, Sessions
from gateway.settings import EMULATOR, BadSetting, Settings, is_loopback
from gateway.store import Store
from gateway.stores import Key, Stores, opened
from gateway.succession import Risen, Succession
from gateway.text import languages
from gateway.upstreams.base import Upstream
from gateway.upstreams.cached import Cached
from gateway.upstreams.failover import Failover
from gateway.upstreams.governor import Limits
from gateway.upstreams.leased import Leased
from gateway.upstreams.management.account import UpstreamAccount
from gateway.upstreams.retrying import Retrying
from gateway.upstreams.secret import Secret
from gateway.upstreams.spoken import Spoken
from gateway.upstreams.substitute import OtherModel
from gateway.upstreams.t2a.transports import transport
from gateway.upstreams.urls import endpoint
from gateway.voices import opening
from gateway.voices.aliases import aliases, descriptions
from gateway.voices.catalogue import Catalogue
from gateway.voices.lifecycle import Lifecycle
from gateway.voices.opening import MadeHere

LAG_EVERY_S = 0.5
MINIMAX_RPM, MINIMAX_CPM = 60, 20_000
"""What a pay-as-you-go account is allowed a minute."""
UNLIMITED = Limits(math.inf, math.inf)
EMULATOR_KEY = "emulator"
SERVER = f"voice-gateway/{__version__}"


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway that serves; `stopped` is done once its server has ended."""

    server: Server
    stopped: asyncio.Task[None]
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Speaking:
    """`upstream`: all that speaks; `own`: the account's host alone, and never out of the cache."""

    upstream: Upstream
    own: Upstream
    account: UpstreamAccount
    made: MadeHere


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    signals: bool = False,
    worker: int | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[Running, None]:
    """Serve until the block ends or, with `signals`, until SIGINT or SIGTERM: then turns end first, unless a second one
    comes. `worker`: one of several on the port. `clock`: the voices' deadlines', in seconds since the epoch.

    Raises `BadSetting` for an upstream that cannot be used and OSError for an address that cannot be bound.
    """
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        tables = _tables(settings.voices_file)
        named = _aliases(settings.voices_file, tables)
        loading = asyncio.gather(asyncio.to_thread(languages.load), asyncio.to_thread(libav.load))
        stores = await stack.enter_async_context(opened(settings, metrics, worker))
        relays = None if stores.shared is None else await _relays(settings, stores.shared, stack)
        books = Books(stores.quotas, _allowance(settings, stores.parts), stores.usage, metrics)
        book = partial(books.book, ALL.tenant, {})
        speaking = await _speaking(settings, metrics, stores, book, clock, stack)
        means = await _means(settings, metrics, stores, books, relays, named, speaking.upstream, stack)
        jobs = await stack.enter_async_context(_jobs(settings, speaking, books, named))
        connections: set[Served] = set()
        drain = Drain(connections, settings.drain_s)
        doors = _doors(settings, metrics, stores)
        sessions = await stack.enter_async_context(Sessions(means, _bounds(settings)))
        shared = Shared(
            doors=doors,
            sessions=sessions,
            library=jobs.library,
            aliases=named,
            metrics=metrics,
            caching=settings.cache_bytes > 0,
            draining=lambda: drain.begun,
            server=SERVER,
            relays=relays,
        )
        if relays is not None:
            remotes = Remotes(relays.post, sessions, doors, jobs.library, metrics, SERVER, connections)
            await stack.enter_async_context(remotes)
        app = _app(shared, stores)
        app.include_router(longform_routes(jobs, doors, named))
        app.include_router(
            voice_routes(*await _voices(speaking, named, descriptions(tables), book, clock, stack), doors)
        )
        await loading
        streaming = Streaming(Surface(app, doors), lambda websocket: Connection(websocket, shared), connections)
        server = Server(streaming, drain.run, drain.hurry, metrics.evicted, signals=signals)
        app.include_router(health_routes(lambda: server.started and not server.should_exit))
        mount_pages(app)
        sock = stack.enter_context(listen(settings.host, settings.port, shared=worker is not None))
        port = sock.getsockname()[1]
        stopped = asyncio.create_task(server.serve(sockets=[sock]))
        up = asyncio.create_task(server.up.wait())
        housekeeping = [asyncio.create_task(each) for each in (_watch_loop(metrics), heap.give_back())]
        try:
            await asyncio.wait({stopped, up}, return_when=asyncio.FIRST_COMPLETED)
            yield Running(server, stopped, settings.host, port)
        finally:
            up.cancel()
            for each in housekeeping:
                each.cancel()
            drain.hurry()
            server.should_exit = True
            await stopped


async def _means(
    settings: Settings,
    metrics: Metrics,
    stores: Stores,
    books: Books,
    relays: Relays | None,
    aliases: Aliases,
    upstream: Upstream,
    stack: AsyncExitStack,
) -> Means:
    lips = await stack.enter_async_context(open_lips())
    room = Room(settings.journal_bytes // settings.workers)
    succession = None
    if relays is not None:
        upstream = Leased(upstream, relays.ledger.hold)
        succession = Succession(relays.ledger, _risen(settings, aliases), room)
    metrics.recorded.set_function(lambda: stores.recordings.bytes)
    kept = stores.recordings, books, stores.revocations
    return Means(upstream, lips, room, *kept, metrics, _studio(stack), succession)


async def _voices(
    speaking: Speaking,
    aliases: Aliases,
    described: Mapping[str, str],
    book: Callable[[Bill], None],
    clock: Callable[[], float],
    stack: AsyncExitStack,
) -> tuple[Catalogue, Lifecycle]:
    account, made = speaking.account, speaking.made
    catalogue = await opening.catalogue(made, account, aliases, described, stack, clock)
    lifecycle = Lifecycle(account, speaking.own, made.records, made.deadlines, catalogue, aliases, book, clock)
    return catalogue, lifecycle


def _home(settings: Settings) -> str:
    """The first upstream, whose account has the long texts."""
    return settings.upstream.split(",")[0].partition("#")[0].strip()


def _jobs(settings: Settings, speaking: Speaking, books: Books, aliases: Aliases) -> Jobs:
    """Workers share what upstream allows of an account."""
    slots = asyncio.Semaphore(-(-AT_ONCE // settings.workers))
    return Jobs(
        Library(settings.kept("longform")),
        LongformMeans(_home(settings), speaking.account, books, aliases, slots, speaking.made.deadlines.spoke),
    )


def _app(shared: Shared, stores: Stores) -> FastAPI:
    app, doors = FastAPI(title="Voice Gateway", version=__version__, openapi_url=None), shared.doors
    tell_misfits(app)
    app.include_router(metrics_routes(shared.metrics, doors))
    app.include_router(token_routes(doors, reaching=stores.parts == 1))
    app.include_router(usage_routes(stores.usage, doors))
    app.include_router(model_routes())
    app.include_router(audio_routes(stores.recordings, doors))
    app.include_router(trace_routes(stores.recordings, doors))
    return app


async def _relays(settings: Settings, store: Store, stack: AsyncExitStack) -> Relays:
    """What replicas share a store for."""
    try:
        ledger = await stack.enter_async_context(Ledger(store, settings.resume_window_ms / 1000))
    except Refused:
        raise BadSetting("VOICE_GATEWAY_STORE names a Redis that does not answer.") from None
    post = await stack.enter_async_context(Post(store, ledger.replica))
    return Relays(ledger, post, await stack.enter_async_context(Tail(store, ledger.replica)))


def _risen(settings: Settings, aliases: Aliases) -> Risen:
    return partial(Session.risen, caching=settings.cache_bytes > 0, aliases=aliases)


def _bounds(settings: Settings) -> Bounds:
    return Bounds(settings.resume_window_ms / 1000, -(-settings.detached_sessions // settings.workers))


def _studio(stack: AsyncExitStack) -> Studio:
    threads = ThreadPoolExecutor(os.cpu_count() or 1, "encoding")
    stack.callback(threads.shutdown)
    return Studio(threads, Loudness())


def _doors(settings: Settings, metrics: Metrics, stores: Stores) -> Doors:
    tokens = None if settings.secret is None else Tokens(settings.secret)
    return Doors(settings.secret, frozenset(settings.origins), tokens, stores.revocations, metrics.presented)


def _allowance(settings: Settings, parts: int) -> Allowance:
    """This process's part."""
    numbers = (settings.tenant_cpm, settings.tenant_cpd, settings.tenant_sessions, settings.daily_characters)
    return Allowance(*(max(1, number // parts) if number else 0 for number in numbers))


def _tables(file: str | None) -> Patch:
    if file is None:
        return {}
    try:
        return tomllib.loads(Path(file).read_text("utf-8"))
    except OSError as error:
        raise BadSetting(f"{file} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"{file} must be TOML: {error}.") from None


def _aliases(file: str | None, tables: Patch) -> Aliases:
    try:
        return aliases(tables)
    except Refused as refused:
        raise BadSetting(f"{file}: {refused.message}") from None


async def _speaking(
    settings: Settings,
    metrics: Metrics,
    stores: Stores,
    book: Callable[[Bill], None],
    clock: Callable[[], float],
    stack: AsyncExitStack,
) -> Speaking:
    """`Cached(Retrying(Failover([Spoken(Governed([T2A, …])), …])))`: one flight shares its retries, each try has its
    permit.

    Voices and long texts are the account's that the first key of the first host belongs to.
    """
    secure = "s://" in settings.upstream
    context = httpx.create_ssl_context(trust_env=False) if secure else None  # loading certificates takes a while
    found = [await _host(url, settings, metrics, context, stores, stack) for url in settings.upstream.split(",")]
    (first, *others), accounts = zip(*found, strict=True)
    for account in accounts:
        stack.push_async_callback(account.aclose)
    made = await opening.made(settings, accounts[0].host, metrics, book, clock, stack)
    own = Spoken(first, made.deadlines.spoke)
    upstream: Upstream = Retrying(Failover([own, *others]) if others else own)
    if stores.audio is not None:
        upstream = Cached(upstream, stores.audio)
    stack.push_async_callback(upstream.aclose)
    return Speaking(upstream, Retrying(own), accounts[0], made)


async def _host(
    url: str,
    settings: Settings,
    metrics: Metrics,
    context: ssl.SSLContext | None,
    stores: Stores,
    stack: AsyncExitStack,
) -> tuple[Upstream, UpstreamAccount]:
    """One host with its pool of keys; `#MODEL` behind the URL asks it with another model than the session's."""
    (url, _, model), keys = url.strip().partition("#"), settings.api_key
    if url == EMULATOR:
        url, keys = await _emulator(settings, stack), EMULATOR_KEY
    if not keys:
        raise BadSetting("This upstream needs an API key: set MINIMAX_API_KEY or VOICE_GATEWAY_API_KEY_FILE.")
    try:
        where = endpoint(url)
        speaking = [
            (secret, transport(where, Secret(secret), context, metrics.waited, metrics.upstream_failed))
            for secret in map(str.strip, keys.split(","))
        ]
        account = UpstreamAccount(where, Secret(speaking[0][0]), context)
    except ValueError as error:
        raise BadSetting(str(error)) from None
    limits = _limits(settings, stores.parts, loopback=is_loopback(urlsplit(where.url).hostname or ""))
    upstream = speaking[0][1]
    if limits is not None or len(speaking) > 1:
        pool = [Key(where.url, secret, each, limits or UNLIMITED) for secret, each in speaking]
        upstream = governed = stores.govern(pool)
        metrics.watch_breakers(lambda: governed.open_breakers)
    try:
        return (OtherModel(upstream, model) if model else upstream), account
    except ValueError as error:
        raise BadSetting(str(error)) from None


async def _emulator(settings: Settings, stack: AsyncExitStack) -> str:
    from gateway.emulator import Habits, MissingExtra
    from gateway.emulator import running as emulating

    habits = Habits(first_audio_ms=settings.emulator_first_audio_ms, pace=settings.emulator_pace)
    try:
        return "t2a+" + await stack.enter_async_context(emulating("127.0.0.1", 0, habits))
    except MissingExtra as missing:
        raise BadSetting(str(missing)) from None


def _limits(settings: Settings, parts: int, *, loopback: bool) -> Limits | None:
    """Per key; None without any."""
    usual = (0, 0) if loopback else (MINIMAX_RPM, MINIMAX_CPM)
    rpm = usual[0] if settings.upstream_rpm is None else settings.upstream_rpm
    cpm = usual[1] if settings.upstream_cpm is None else settings.upstream_cpm
    return Limits((rpm or math.inf) / parts, (cpm or math.inf) / parts) if rpm or cpm else None


async def _watch_loop(metrics: Metrics) -> None:
    loop = asyncio.get_running_loop()
    metrics.tasks.set_function(lambda: len(asyncio.all_tasks(loop)))
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        metrics.lagged(loop.time() - due)
