"""What gateways share, or what this one has by itself: `VOICE_GATEWAY_STORE` decides it here and nowhere else."""

import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.access.quotas import MemoryQuotas, Quotas
from gateway.access.redis_quotas import RedisQuotas
from gateway.access.redis_revocations import RedisRevocations
from gateway.access.redis_usage import RedisUsage
from gateway.access.revocations import MemoryRevocations, Revocations
from gateway.access.usage import MemoryUsage, Usage
from gateway.metrics import Metrics
from gateway.owed import Owed
from gateway.recordings import Recordings
from gateway.settings import MEMORY, BadSetting, Settings
from gateway.shared_recordings import SharedRecordings
from gateway.store import Store, beside
from gateway.upstreams.base import Upstream
from gateway.upstreams.governed import Governed
from gateway.upstreams.governor import Limits
from gateway.upstreams.redis_permits import RedisPermits
from gateway.upstreams.redis_store import RedisStore
from gateway.upstreams.shared import SharedGoverned
from gateway.upstreams.store import AudioStore, DiskStore

PATIENCE_S = 120.0
"""A turn waits at most so long for upstream's rate limit; clients are told and may cancel before."""


@dataclass(frozen=True, slots=True)
class Key:
    """One of a host's, with who asks it."""

    host: str
    secret: str
    upstream: Upstream
    limits: Limits


@dataclass(frozen=True, slots=True)
class Stores:
    quotas: Quotas
    revocations: Revocations
    usage: Usage
    recordings: Recordings
    audio: AudioStore | None
    """With `cache_bytes`."""
    govern: Callable[[Sequence[Key]], Governed]
    shared: Store | None
    parts: int
    """Limits are divided by it: each of several workers that share nothing has its part."""


@asynccontextmanager
async def opened(settings: Settings, metrics: Metrics, worker: int | None) -> AsyncGenerator[Stores, None]:
    """Raises `BadSetting`."""
    async with AsyncExitStack() as stack:
        if settings.store == MEMORY:
            yield _alone(settings, metrics, worker, stack)
        else:
            yield await _shared(settings, metrics, stack)


def _alone(settings: Settings, metrics: Metrics, worker: int | None, stack: AsyncExitStack) -> Stores:
    def govern(keys: Sequence[Key]) -> Governed:
        return Governed([(key.upstream, key.limits) for key in keys], PATIENCE_S, metrics.waited)

    return Stores(
        MemoryQuotas(),
        MemoryRevocations(),
        MemoryUsage(),
        _recordings(settings, stack),
        _disk(settings, worker) if settings.cache_bytes else None,
        govern,
        None,
        settings.workers,
    )


async def _shared(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Stores:
    """What runs beside it ends before the store is closed; what the store is owed is told first."""
    try:
        store = Store(settings.store, metrics.store_failed)
    except ValueError:
        raise BadSetting("VOICE_GATEWAY_STORE is no address of a Redis.") from None
    stack.push_async_callback(store.aclose)
    owed = Owed()
    quotas, revocations = RedisQuotas(store, owed), RedisRevocations(store)
    audio = RedisStore(store, settings.cache_bytes) if settings.cache_bytes else None
    recordings = SharedRecordings(settings.resume_window_ms / 1000, settings.journal_bytes, store)
    stack.callback(recordings.close)
    for each in (owed, quotas, revocations, audio, recordings):
        if each is not None:
            await stack.enter_async_context(beside(each.run()))
    stack.push_async_callback(owed.settle)

    def govern(keys: Sequence[Key]) -> Governed:
        permits = [RedisPermits(store, key.host, key.secret, key.limits) for key in keys]
        pool = [(key.upstream, key.limits) for key in keys]
        return SharedGoverned(pool, permits, PATIENCE_S, metrics.waited)

    usage = RedisUsage(store, owed)
    return Stores(quotas, revocations, usage, recordings, audio, govern, store, 1)


def _recordings(settings: Settings, stack: AsyncExitStack) -> Recordings:
    recordings = Recordings(settings.resume_window_ms / 1000, settings.journal_bytes // settings.workers)
    stack.callback(recordings.close)
    return recordings


def _disk(settings: Settings, worker: int | None) -> DiskStore:
    root = Path(os.path.expanduser(settings.cache_dir))  # noqa: PTH111 - once, at start
    own = root if worker is None else root / f"worker-{worker}"
    return DiskStore(own, settings.cache_bytes // settings.workers)
