import pytest

from gateway.errors import UpstreamError
from gateway.upstreams.breaker import Breaker

LOST = UpstreamError("upstream_unavailable")


@pytest.mark.parametrize(
    "error",
    [
        UpstreamError("upstream_auth", upstream_code=1004),
        UpstreamError("upstream_auth", upstream_code=2049),
        UpstreamError("upstream_balance", upstream_code=1008),
        UpstreamError("upstream_quota", upstream_code=2056),
        UpstreamError("upstream_auth"),
    ],
)
def test_a_refused_account_opens_at_once_for_a_minute(error: UpstreamError):
    breaker = Breaker()
    breaker.failed(error, 100)
    assert [breaker.refusing(now) for now in (100, 159.9, 160)] == [error.code, error.code, None]


@pytest.mark.parametrize(
    "error",
    [
        LOST,
        UpstreamError("upstream_rate_limited", upstream_code=1002),
        UpstreamError("content_filtered", upstream_code=1026),
        UpstreamError("upstream_quota", upstream_code=2061),
    ],
)
def test_one_failure_of_another_kind_opens_nothing(error: UpstreamError):
    breaker = Breaker()
    breaker.failed(error, 0)
    assert breaker.refusing(0) is None


def test_half_of_twenty_failing_opens_for_ten_seconds():
    breaker = Breaker()
    for _ in range(10):
        breaker.succeeded(1)
    for _ in range(9):
        breaker.failed(LOST, 2)
    assert breaker.refusing(2) is None
    breaker.failed(LOST, 3)
    assert [breaker.refusing(now) for now in (3, 12.9, 13)] == ["upstream_unavailable", "upstream_unavailable", None]


def test_failures_of_long_ago_do_not_count():
    breaker = Breaker()
    for _ in range(19):
        breaker.failed(LOST, 0)
    breaker.failed(LOST, 31)
    assert breaker.refusing(31) is None


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(20):
        breaker.failed(LOST, 0)
    return breaker


def test_one_probe_goes_and_the_others_are_refused_meanwhile():
    breaker = opened()
    breaker.admit()
    assert breaker.refusing(10) == "upstream_unavailable"
    breaker.released()
    assert breaker.refusing(10) is None


def test_a_probe_that_speaks_closes():
    breaker = opened()
    breaker.admit()
    breaker.succeeded(10)
    breaker.failed(LOST, 10)
    assert breaker.refusing(10) is None


def test_a_probe_that_fails_opens_again():
    breaker = opened()
    breaker.admit()
    breaker.failed(LOST, 10)
    assert (breaker.refusing(19.9), breaker.refusing(20)) == ("upstream_unavailable", None)
