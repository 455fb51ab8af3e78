"""Two gateways with one store: whoever is asked, the answer is the same."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gateway.app import running
from gateway.settings import BadSetting, Settings
from tests.connection.stage import client, hear, say, stream
from tests.connection.tenant import SECRET, Desk, desk
from tests.end_to_end.client import TERMINALS, stream_url
from tests.ports import free_port
from tests.redis_server import RedisServer, need_redis
from tests.sessions.stage import greeted
from tests.upstreams.raw import TRACE, answering

SOUND = stream(b"\x01\x02" * 240)


@pytest.fixture
async def store(redis_server: RedisServer, open_store) -> str:
    """Its address; nothing is in it."""
    open_store("redis")
    return redis_server.url


@asynccontextmanager
async def two(store: str, **settings):
    async with desk(SOUND, store=store, **settings) as (one, _), desk(SOUND, store=store, **settings) as (other, _):
        yield one, other


async def spoken(here: Desk, token: str, text: str) -> dict:
    """The terminal, or the refusal."""
    async with client(here.url, {"token": token}) as socket:
        await say(socket, "speak", turn="a", text=text)
        return (await hear(socket, {*TERMINALS, "error"})).messages[-1]


async def refusal(here: Desk, token: str) -> int:
    """The close code."""
    async with connect(stream_url(here.url), compression=None) as socket:
        await say(socket, "hello", token=token)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
    return closed.value.rcvd.code


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_a_tenant_has_one_quota_and_one_book_whichever_gateway_it_comes_to(store):
    async with two(store, tenant_cpd=40) as (one, other):
        token = await one.token(tenant="acme")
        told = [await spoken(here, token, "Twenty characters ok") for here in (one, other, one)]
        assert [each["type"] for each in told] == ["turn.done", "turn.done", "error"]
        assert told[-1]["code"] == "quota_exceeded"

        async def booked() -> bool:
            return [row["turns"] for row in await other.rows("tenant")] == [2]

        await until(booked)
        assert await one.rows("tenant") == await other.rows("tenant")


async def test_a_tenants_sessions_count_over_all_gateways(store):
    async with two(store, tenant_sessions=1) as (one, other):
        token = await one.token(tenant="acme")
        async with client(one.url, {"token": token}):
            assert await refusal(other, token) == 4006


async def test_a_token_that_is_revoked_here_closes_its_connections_there(store):
    async with two(store) as (one, other):
        order = (await one.order(tenant="acme")).json()
        async with client(other.url, {"token": order["token"]}) as socket:
            assert (await one.http.delete(f"/v1/tokens/{order['id']}")).status_code == 204
            with pytest.raises(ConnectionClosed) as closed:
                async with asyncio.timeout(10):
                    while True:
                        await socket.recv()
        assert closed.value.rcvd.code == 4001
        assert await refusal(one, order["token"]) == 4001


async def test_what_one_gateway_had_spoken_the_other_takes_from_the_cache(store):
    async with two(store, cache_bytes=1_000_000) as (one, other):
        first, second = [(await spoken(here, SECRET, "Hello."))["usage"] for here in (one, other)]
    assert first["billed_characters"] > 0 == first["cached_characters"]
    assert second["cached_characters"] > 0 == second["billed_characters"]


async def test_a_key_has_one_rate_over_all_gateways(store):
    async with answering(SOUND) as upstream:
        url = "t2a+" + upstream.url.removesuffix("/v1/t2a_v2")
        settings = Settings(port=0, upstream=url, api_key="canary-key", store=store, upstream_rpm=12)
        async with (
            running(settings) as one,
            running(settings) as other,
            client(one.url) as here,
            client(other.url) as there,
        ):
            await say(here, "speak", turn="a", text="Hello.")
            await hear(here, TERMINALS)
            await say(there, "speak", turn="a", text="Hello.")
            waiting = await hear(there, {"flow", *TERMINALS})
    assert waiting.last("flow")["reason"] == "rate"


async def test_what_one_gateway_spoke_the_other_gives_out_as_a_file(store):
    async with two(store) as (one, other), greeted(one.url, token=SECRET) as (socket, welcome):
        await say(socket, "speak", turn="a", text="Hello.")
        await hear(socket, TERMINALS)
        path = f"/v1/sessions/{welcome['session']}/turns/a/audio"
        here = await one.http.get(path)

        async def there() -> bool:
            return (await other.http.get(path)).content == here.content

        await until(there)
        traced = await other.http.get(f"/v1/traces/{TRACE}/audio")
        stranger = await other.http.get(path, headers={"Authorization": "Bearer guessed"})
    assert (here.status_code, traced.content, stranger.status_code) == (200, here.content, 401)


async def test_workers_that_share_a_store_have_the_whole_limits_and_revoke(store):
    settings = Settings(
        port=0,
        upstream="t2a+http://127.0.0.1:9",
        api_key="canary-key",
        secret=SECRET,
        workers=2,
        store=store,
        tenant_cpd=6,
    )
    async with running(settings, worker=0) as serving:
        here = Desk(serving.url)
        async with here.http, client(serving.url, {"token": await here.token(tenant="acme")}) as socket:
            await say(socket, "speak", turn="a", text="Hello.")
            heard = await hear(socket, {*TERMINALS, "error"})
            revoked = await here.http.delete("/v1/tokens/aaaaaaaaaaaaaaaa")
    assert (heard.messages[-1]["type"], revoked.status_code) == ("turn.failed", 204)


async def test_without_its_store_a_gateway_refuses_what_must_be_paid_for_and_says_so():
    need_redis()
    with RedisServer() as server:
        async with desk(SOUND, store=server.url, tenant_cpd=1000) as (here, _):
            token = await here.token(tenant="acme")
            async with client(here.url, {"token": token}) as socket:
                server.kill()
                await say(socket, "speak", turn="a", text="Hello.")
                async with asyncio.timeout(5):
                    refused = (await hear(socket, {"error", *TERMINALS})).messages[-1]
                books = await here.http.get("/v1/usage")
                revoked = await here.http.delete("/v1/tokens/aaaaaaaaaaaaaaaa")
                counted = (await here.http.get("/metrics")).text
                closed = await refusal(here, token)
                server.start()
                await until(lambda: _spoken(socket))
    assert (refused["code"], refused["retryable"], closed) == ("store_unavailable", True, 4102)
    assert [answer.json()["error"]["code"] for answer in (books, revoked)] == ["store_unavailable"] * 2
    assert (books.status_code, revoked.status_code) == (503, 503)
    assert 'voice_gateway_store_errors_total{error="ConnectionError"}' in counted


async def _spoken(socket) -> bool:
    await say(socket, "speak", turn="b", text="Hello.")
    return (await hear(socket, {"error", *TERMINALS})).messages[-1]["type"] == "turn.done"


async def test_an_address_that_is_none_is_a_bad_setting():
    with pytest.raises(BadSetting, match="VOICE_GATEWAY_STORE"):
        async with running(Settings(port=0, upstream="emulator:", store=f"redis://127.0.0.1:{free_port()}x/0")):
            pass
