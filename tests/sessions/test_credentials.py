"""Who may come back to a session, or hear it, where the gateway has tokens."""

import json
import time

import pytest
from websockets.asyncio.client import connect

from gateway.access.rights import Rights
from gateway.access.tokens import Tokens
from tests.connection.stage import gateway, hear, say, stream
from tests.connection.tenant import SECRET, desk
from tests.connection.test_connection import closing
from tests.end_to_end.client import TERMINALS, stream_url
from tests.sessions.stage import greeted, last_seq, resuming, until

SOUND = [bytes([index]) * 480 for index in range(1, 9)]
LONG = [bytes([index % 255]) * 30_000 for index in range(200)]


def token_of(tenant: str, seconds: float = 3600, **rights) -> str:
    return Tokens(SECRET).mint(Rights(tenant=tenant, **rights), seconds)[0]


def hello(token: str, **fields) -> str:
    return json.dumps({"type": "hello", "token": token, **fields})


async def rows(here) -> list[tuple[str, int]]:
    return [(row["tenant"], row["turns"]) for row in await here.rows("tenant")]


async def test_a_session_whose_token_expired_meanwhile_is_resumed_with_another_of_its_tenant():
    async with desk(stream(*SOUND)) as (here, upstream):
        first = token_of("acme", 3)
        async with greeted(here.url, token=first) as (socket, welcome):
            await say(socket, "turn.open", turn="a")
            await say(socket, "turn.append", turn="a", text="Hello.")
            before = await until(socket, "turn.accepted")
            socket.transport.abort()
        while await still_opens(here.url, first):
            pass
        again = resuming(welcome, last_seq(before))
        async with greeted(here.url, token=token_of("acme", labels={"shift": "2"}), resume=again) as (socket, resumed):
            await say(socket, "turn.commit", turn="a")
            after = await hear(socket, TERMINALS)
        assert await rows(here) == [("acme", 1)]
    assert (resumed["type"], [turn["turn"] for turn in resumed["turns"]]) == ("resumed", ["a"])
    assert 3_590_000 < resumed["limits"]["token_ms"] <= 3_600_000
    assert resumed["config"]["labels"] == {"shift": "2"}
    assert after.order[-1] == "turn.done"
    assert len(upstream.requests) == 1


async def still_opens(url: str, token: str) -> bool:
    """Whether the token is good for a new session."""
    async with connect(stream_url(url)) as socket:
        await socket.send(hello(token))
        return json.loads(await socket.recv())["type"] == "welcome"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", 4001),
        ("guessed", 4001),
        (token_of("beta"), 4008),
        (Tokens(SECRET, lambda: time.time() - 100).mint(Rights(tenant="acme"), 60)[0], 4002),
        (token_of("acme", voices=("Other",)), 4008),
    ],
    ids=["none", "garbage", "another tenant", "expired", "too narrow"],
)
async def test_the_resume_token_is_not_enough_and_is_not_used_up_by_a_refusal(token, code):
    async with desk() as (here, _):
        begun = {"token": token_of("acme"), "config": {"voice": {"voice_id": "narrator"}}}
        async with greeted(here.url, **begun) as (_, welcome):
            pass
        again = resuming(welcome, 0)
        said = json.dumps({"type": "hello", "resume": again} | ({"token": token} if token else {}))
        assert (await closing(here.url, said))[1] == code
        for credential in (token_of("acme"), SECRET):
            async with greeted(here.url, token=credential, resume=again) as (_, resumed):
                again = resuming(resumed, 0)


async def test_a_token_does_not_resume_a_session_of_the_secret():
    async with desk() as (here, _):
        async with greeted(here.url, token=SECRET) as (_, welcome):
            pass
        assert (await closing(here.url, hello(token_of("acme"), resume=resuming(welcome, 0))))[1] == 4008


async def test_with_the_secret_a_session_keeps_its_rights_and_its_tenant_pays():
    async with desk(stream(*SOUND)) as (here, _):
        async with greeted(here.url, token=token_of("acme", voices=("narrator",))) as (_, welcome):
            pass
        async with greeted(here.url, token=SECRET, resume=resuming(welcome, 0)) as (socket, _):
            await say(socket, "speak", turn="a", text="Hello.", voice="Other")
            error = json.loads(await socket.recv())
            await say(socket, "speak", turn="a", text="Hello.")
            await hear(socket, TERMINALS)
        assert await rows(here) == [("acme", 1)]
    assert (error["code"], error["field"]) == ("forbidden", "voice.voice_id")


async def test_a_revoked_token_ends_its_sessions_those_that_wait_too():
    async with desk(stream(*LONG), stay=True) as (here, upstream):
        given = (await here.order(tenant="acme", sessions=1)).json()
        async with greeted(here.url, token=given["token"]) as (socket, welcome):
            await say(socket, "speak", turn="a", text="Hello.")
            await until(socket, "segment.started")
            socket.transport.abort()
        await here.http.delete(f"/v1/tokens/{given['id']}")
        await upstream.closed.wait()
        other = token_of("acme")
        assert (await closing(here.url, hello(other, resume=resuming(welcome, 0))))[1] == 4008
        assert await rows(here) == [("acme", 1)]


async def test_a_session_goes_on_when_the_token_it_had_before_is_revoked():
    async with desk() as (here, _):
        given = (await here.order(tenant="acme")).json()
        async with greeted(here.url, token=given["token"]) as (_, welcome):
            pass
        async with greeted(here.url, token=token_of("acme"), resume=resuming(welcome, 0)) as (socket, _):
            await here.http.delete(f"/v1/tokens/{given['id']}")
            await say(socket, "ping", t=1)
            assert json.loads(await socket.recv())["t"] == 1


async def test_a_session_that_waits_counts_until_it_has_ended():
    token = token_of("acme", sessions=1)
    async with desk() as (here, _):
        async with greeted(here.url, token=token) as (_, welcome):
            pass
        assert (await closing(here.url, hello(token)))[1] == 4006
        async with greeted(here.url, token=token, resume=resuming(welcome, 0)) as (socket, _):
            assert (await closing(here.url, hello(token)))[1] == 4006
            await say(socket, "bye")
            await hear(socket, set())
        async with greeted(here.url, token=token) as (_, again):
            assert again["type"] == "welcome"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (token_of("acme"), 4003),
        (token_of("beta", listen=True), 4008),
        (token_of("acme", listen=True), None),
        (SECRET, None),
    ],
    ids=["no right", "another tenant", "its tenant", "secret"],
)
async def test_who_may_listen(token, code):
    async with desk() as (here, _), greeted(here.url, token=token_of("acme")) as (_, welcome):
        listen = {"session": welcome["session"]}
        if code is None:
            async with greeted(here.url, listen={**listen, "token": token}) as (_, answer):
                assert answer["type"] == "listening"
        else:
            assert (await closing(here.url, hello(token, listen=listen)))[1] == code


async def test_a_listener_leaves_with_its_token_and_the_session_goes_on():
    async with desk() as (here, _):
        given = (await here.order(tenant="acme", listen=True)).json()
        async with greeted(here.url, token=token_of("acme")) as (owner, welcome):
            listen = {"session": welcome["session"]}
            async with greeted(here.url, token=given["token"], listen=listen) as (listener, _):
                await here.http.delete(f"/v1/tokens/{given['id']}")
                await hear(listener, set())
            assert listener.close_code == 4001
            await say(owner, "ping")
            assert json.loads(await owner.recv())["type"] == "pong"


async def test_without_a_secret_whoever_has_the_resume_token_comes_back():
    async with gateway() as (url, _):
        async with greeted(url) as (_, welcome):
            pass
        async with greeted(url, resume=resuming(welcome, 0)) as (_, resumed):
            assert resumed["type"] == "resumed"
