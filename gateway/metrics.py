"""Every metric's name and help, and the few verbs by which they are told. Nothing is counted per frame."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

STAGES = ("queue", "governor", "connect", "upstream", "frame", "total")
"""Of a turn's time to first audio: behind other turns, for upstream's rate limit, until upstream answers, until its
first audio, until that is on the socket; and from `turn.accepted` to the first frame."""

MOST_TENANTS = 50
"""Told by name; those that come later are told together."""
REST = "(others)"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class _Times:
    """A histogram's numbers. prometheus_client's own takes two locks for each and looks through the buckets in turn."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_SECONDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(_SECONDS, seconds)] += 1
        self._sum += seconds

    def told(self) -> tuple[list[tuple[str, float]], float]:
        """Each bucket's upper bound and how many lie below it, and the sum."""
        bounds = (*map(floatToGoString, _SECONDS), "+Inf")
        return list(zip(bounds, map(float, accumulate(self._counts)), strict=True)), self._sum


class _Stages(Collector):
    def __init__(self, times: dict[str, _Times]) -> None:
        self._times = times

    def collect(self) -> Iterator[Metric]:
        help_ = "Time to first audio, in its stages."
        family = HistogramMetricFamily("voice_gateway_first_audio_seconds", help_, labels=["stage"])
        for stage, times in self._times.items():
            family.add_metric([stage], *times.told())
        yield family


def _of_longform(registry: CollectorRegistry) -> tuple[Counter, Counter]:
    jobs = Counter("voice_gateway_longform_jobs", "Long texts, by what became of them.", ["state"], registry=registry)
    help_ = "Billable characters of long texts."
    return jobs, Counter("voice_gateway_longform_characters", help_, registry=registry)


class Metrics:
    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry(auto_describe=True)
        self.sessions = Gauge("voice_gateway_sessions", "Sessions with a connection.", registry=registry)
        self.detached = Gauge(
            "voice_gateway_detached_sessions", "Sessions that wait for their clients.", registry=registry
        )
        self.listeners = Gauge("voice_gateway_listeners", "Connections that hear a session.", registry=registry)
        self._resumes = Counter(
            "voice_gateway_resumes", "Clients that came back, by what came of it.", ["outcome"], registry=registry
        )
        self._turns = Counter("voice_gateway_turns", "Turns by how they ended.", ["outcome", "code"], registry=registry)
        self._first_audio = {stage: _Times() for stage in STAGES}
        registry.register(_Stages(self._first_audio))
        self._characters, self._of_tenants, self._cost = _spending(registry)
        self._tenants: set[str] = set()
        self._used_up = Counter(
            "voice_gateway_quota_refusals", "What was refused because a quota is used up.", ["quota"], registry=registry
        )
        self._credentials = Counter(
            "voice_gateway_credentials",
            "Credentials that were presented, by what came of it.",
            ["outcome"],
            registry=registry,
        )
        self._audio = Counter("voice_gateway_audio_bytes", "Audio handed to sockets.", registry=registry)
        self._upstream_errors = Counter(
            "voice_gateway_upstream_errors", "What upstream refused, by its code.", ["code"], registry=registry
        )
        self._store_errors = Counter(
            "voice_gateway_store_errors", "What the shared store did not do, by error.", ["error"], registry=registry
        )
        self._evicted = Counter(
            "voice_gateway_evicted", "Connections that the gateway ended, by reason.", ["reason"], registry=registry
        )
        self._longform, self._longform_characters = _of_longform(registry)
        self._lag = Histogram(
            "voice_gateway_loop_lag_seconds",
            "How late the event loop woke a timer.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.inactive_voices, self.voice_deadline = _of_voices(registry)
        self.recorded = Gauge("voice_gateway_recorded_bytes", "Audio of turns, kept to be fetched.", registry=registry)
        self.tasks = Gauge("voice_gateway_tasks", "Tasks of the event loop that have not ended.", registry=registry)
        self._child: Callable[..., Any] = cache(lambda metric, *labels: metric.labels(*labels))
        """`labels` itself takes a lock and makes its key anew each time."""
        self._breakers: list[Callable[[], int]] = []
        breakers = Gauge("voice_gateway_open_breakers", "Upstream keys left alone for now.", registry=registry)
        breakers.set_function(lambda: sum(count() for count in self._breakers))
        for kind in ("billed", "cached", "heard", "wasted"):
            self._characters.labels(kind)

    def waited(self, stage: str, seconds: float) -> None:
        self._first_audio[stage].add(seconds)

    def ended(self, outcome: str, code: str = "") -> None:
        self._child(self._turns, outcome, code).inc()

    def charged(self, tenant: str, **characters: int) -> None:
        """`billed`, `cached`, `heard`, `wasted`."""
        if len(self._tenants) < MOST_TENANTS:
            self._tenants.add(tenant)
        named = tenant if tenant in self._tenants else REST
        for kind, count in characters.items():
            if count:
                self._child(self._characters, kind).inc(count)
                self._child(self._of_tenants, named, kind).inc(count)

    def spent(self, costs: Mapping[str, int]) -> None:
        """Micro-dollars by model."""
        for model, cost in costs.items():
            if cost:
                self._child(self._cost, model).inc(cost / 1e6)

    def used_up(self, quota: str) -> None:
        self._used_up.labels(quota).inc()

    def presented(self, outcome: str) -> None:
        """`admitted`, or the code with which a credential was refused."""
        self._credentials.labels(outcome).inc()

    def resumed(self, outcome: str) -> None:
        """`resumed`; `lost`, where not all was there any more; `refused`."""
        self._resumes.labels(outcome).inc()

    def sent(self, audio_bytes: int) -> None:
        self._audio.inc(audio_bytes)

    def upstream_failed(self, code: int | None) -> None:
        self._upstream_errors.labels("none" if code is None else str(code)).inc()

    def store_failed(self, error: str) -> None:
        self._store_errors.labels(error).inc()

    def evicted(self, reason: str) -> None:
        self._child(self._evicted, reason).inc()

    def longform(self, state: str) -> None:
        """`begun`, `done`, `failed`, `deleted`."""
        self._longform.labels(state).inc()

    def longform_submitted(self, characters: int) -> None:
        self._longform_characters.inc(characters)

    def watch_breakers(self, count: Callable[[], int]) -> None:
        """`count` tells how many keys of one host are left alone."""
        self._breakers.append(count)

    def lagged(self, seconds: float) -> None:
        self._lag.observe(max(0.0, seconds))

    def text(self) -> bytes:
        """The Prometheus exposition format."""
        return generate_latest(self._registry)


def _spending(registry: CollectorRegistry) -> tuple[Counter, Counter, Counter]:
    characters = Counter(
        "voice_gateway_characters",
        "Billable characters: billed by upstream, taken from the cache, heard, billed and not heard.",
        ["kind"],
        registry=registry,
    )
    of_tenants = Counter(
        "voice_gateway_tenant_characters", "The same by tenant.", ["tenant", "kind"], registry=registry
    )
    cost = Counter(
        "voice_gateway_cost_dollars", "What upstream costs by its known list prices.", ["model"], registry=registry
    )
    return characters, of_tenants, cost


def _of_voices(registry: CollectorRegistry) -> tuple[Gauge, Gauge]:
    inactive = Gauge("voice_gateway_voices_inactive", "Voices made here that have not spoken.", registry=registry)
    help_ = "Until the next of them expires; +Inf without any."
    return inactive, Gauge("voice_gateway_voice_deadline_seconds", help_, registry=registry)
