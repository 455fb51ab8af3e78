import asyncio

import pytest

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished, Retried
from gateway.upstreams.failover import Failover

from .raw import Ear, spoken
from .scripted import Scripted

DONE = Finished("t", 12)


def failing(code: str) -> Scripted:
    return Scripted([UpstreamError(code)])


@pytest.mark.parametrize("code", ["upstream_unavailable", "upstream_rate_limited", "upstream_auth", "upstream_quota"])
async def test_the_next_upstream_speaks_when_one_cannot(code: str):
    speaking = Scripted([Audio(b"x"), DONE])
    events = await spoken(Failover([failing(code), failing("upstream_timeout"), speaking]))
    following = [Retried(code, "next_upstream"), Retried("upstream_timeout", "next_upstream")]
    assert events == [*following, Audio(b"x"), DONE]


@pytest.mark.parametrize("code", ["content_filtered", "voice_not_found", "invalid_parameter"])
async def test_what_is_wrong_with_the_request_is_wrong_everywhere(code: str):
    other = Scripted([Audio(b"x"), DONE])
    with pytest.raises(UpstreamError):
        await spoken(Failover([failing(code), other]))
    assert other.asked == []


async def test_a_begun_answer_is_not_begun_again_elsewhere():
    other = Scripted([Audio(b"x"), DONE])
    with pytest.raises(UpstreamError):
        await spoken(Failover([Scripted([Audio(b"x"), UpstreamError("upstream_unavailable")]), other]))
    assert other.asked == []


async def test_the_last_ones_error_is_the_error():
    with pytest.raises(UpstreamError) as error:
        await spoken(Failover([failing("upstream_timeout"), failing("upstream_quota")]))
    assert error.value.code == "upstream_quota"


async def test_cancelling_and_closing_reach_what_is_inside():
    upstreams = [Scripted([Audio(b"x"), asyncio.Event()]), failing("upstream_quota")]
    failover = Failover(upstreams)
    async with Ear(failover) as ear:
        await ear.next()
        assert upstreams[0].running == 1
    await failover.aclose()
    assert [(one.running, one.closed) for one in upstreams] == [(0, True), (0, True)]
