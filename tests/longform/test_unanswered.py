"""Whether upstream may have done what was asked: only what is surely refused, or was never sent, may be asked again."""

import pytest
from aiohttp import web

from gateway.errors import UpstreamError
from gateway.protocol.config import Voice
from gateway.upstreams.base import Format
from gateway.upstreams.management.account import UpstreamAccount
from gateway.upstreams.management.answers import Unanswered
from gateway.upstreams.management.orders import LongOrder
from gateway.upstreams.secret import Secret
from gateway.upstreams.urls import endpoint
from tests.standing_in import standing_in

ORDER = LongOrder("Text.", Voice(), "en", Format("mp3", 32000, 1, 128000))


async def refused(port: int) -> UpstreamError:
    account = UpstreamAccount(endpoint(f"t2a+http://127.0.0.1:{port}"), Secret("key"))
    try:
        with pytest.raises(UpstreamError) as raised:
            await account.submit(ORDER)
    finally:
        await account.aclose()
    return raised.value


@pytest.mark.parametrize(
    ("status", "body", "unanswered", "code"),
    [
        (200, '{"base_resp": {"status_code": 1002, "status_msg": ""}}', False, "upstream_rate_limited"),
        (500, '{"base_resp": {"status_code": 1008, "status_msg": ""}}', False, "upstream_balance"),
        (429, "slow down", False, "upstream_rate_limited"),
        (502, "<html>", True, "upstream_unavailable"),
        (504, "", True, "upstream_unavailable"),
        (200, "{", True, "upstream_unavailable"),
        (200, '{"base_resp": {"status_code": 0}}', True, "upstream_unavailable"),
    ],
)
async def test_an_answer_is_a_refusal_or_none_that_makes_sense(status, body, unanswered, code):
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    application = web.Application()
    application.router.add_post("/v1/t2a_async_v2", answer)
    async with standing_in(application) as port:
        error = await refused(port)
    assert (isinstance(error, Unanswered), error.code) == (unanswered, code)


async def test_what_was_never_sent_was_never_taken():
    async with standing_in(web.Application()) as port:
        pass
    assert not isinstance(await refused(port), Unanswered)
