"""Short-lived tokens on real sockets: minted, scoped, renewed, expired, revoked."""

import base64
import json
import time

import httpx
import pytest
from websockets.asyncio.client import connect

from gateway.access.rights import Rights
from gateway.access.tokens import Tokens
from gateway.app import running
from gateway.settings import BadSetting, Settings
from tests.connection.stage import client, gateway, hear, say, stream
from tests.connection.tenant import SECRET, Desk, desk
from tests.connection.test_connection import closing
from tests.end_to_end.client import TERMINALS, stream_url

HELLO = '{"type":"hello"}'


def greeting(token: str, **fields) -> str:
    return json.dumps({"type": "hello", "token": token, **fields})


async def test_a_token_tells_what_it_allows_and_opens_a_session():
    async with desk() as (here, _):
        answer = await here.order(tenant="acme", voices=["narrator"], lifetime_s=60, labels={"guild": "1"})
        given = answer.json()
        async with client(here.url, False) as socket:
            await socket.send(greeting(given["token"]))
            welcome = json.loads(await socket.recv())
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert set(given) == {"token", "id", "expires_at", "tenant", "scopes"}
    assert (given["tenant"], given["scopes"]) == ("acme", {"voices": ["narrator"], "labels": {"guild": "1"}})
    assert 0 < given["expires_at"] - time.time() <= 60
    assert welcome["config"]["voice"]["voice_id"] == "narrator"
    assert welcome["config"]["labels"] == {"guild": "1"}
    assert 0 < welcome["limits"]["token_ms"] <= 60_000


async def test_an_order_without_a_body_gives_the_usual_token():
    async with desk() as (here, _):
        answer = await here.http.post("/v1/tokens")
    assert (answer.status_code, answer.json()["tenant"], answer.json()["scopes"]) == (201, "default", {})
    assert 590 < answer.json()["expires_at"] - time.time() <= 600


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        (b"{", None, "JSON"),
        (b"[]", "body", "an object"),
        (b'{"lifetime_s":9}', "lifetime_s", "from 10 to 7200"),
        (b'{"lifetime_s":86400}', "lifetime_s", "7200 is the nearest"),
        (b'{"voices":["a",7]}', "voices.1", "a string"),
        (b'{"languages":["de","klingonisch"]}', "languages.1", "BCP-47"),
        (b'{"voice":["a"]}', "voice", "did you mean voices?"),
        (b'{"origin":"app.example"}', "origin", "https://app.example"),
        (b'{"labels":{"a":1}}', "labels.a", "a string"),
    ],
)
async def test_a_wrong_order_is_answered_with_its_field_and_what_is_allowed(body, field, says):
    async with desk() as (here, _):
        answer = await here.http.post("/v1/tokens", content=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("field")) == (400, "bad_request", field)
    assert says in error["message"]


@pytest.mark.parametrize("path", ["POST /v1/tokens", "DELETE /v1/tokens/aaaaaaaaaaaaaaaa", "GET /v1/usage"])
async def test_the_desk_is_behind_the_secret_and_a_token_is_not_enough(path):
    method, path = path.split()
    async with desk() as (here, _):
        token = await here.token(listen=True, markup=True)
        for headers in ({}, {"Authorization": f"Bearer {token}"}, {"Authorization": "Bearer wrong"}):
            async with httpx.AsyncClient(base_url=here.url, trust_env=False) as http:
                answer = await http.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_the_interface_is_described_nowhere():
    async with desk() as (here, _):
        assert [(await here.http.get(path)).status_code for path in ("/openapi.json", "/docs", "/redoc")] == [404] * 3


async def test_a_gateway_without_a_secret_gives_no_tokens_and_needs_none():
    async with gateway() as (url, _), httpx.AsyncClient(base_url=url, trust_env=False) as http:
        assert (await http.post("/v1/tokens")).status_code == 400
        async with client(url, {"token": "whatever"}):
            pass


async def test_a_token_opens_by_header_subprotocol_hello_and_url():
    async with desk() as (here, _):
        token = await here.token()
        entry = "bearer." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
        ways = (
            ({"additional_headers": {"Authorization": f"Bearer {token}"}}, "", HELLO),
            ({"subprotocols": ["voice-gateway.v1", entry]}, "", HELLO),
            ({}, "", greeting(token)),
            ({}, f"?token={token}", HELLO),
        )
        for options, query, hello in ways:
            async with connect(stream_url(here.url) + query, **options) as socket:
                await socket.send(hello)
                assert json.loads(await socket.recv())["type"] == "welcome"


@pytest.mark.parametrize("query", [f"?token={SECRET}", "?token=", "?token", "?token=a.b.c", "?token=%ff", "?%00"])
async def test_the_secret_is_not_taken_from_a_url(query):
    async with desk() as (here, _):
        error, code = await closing(here.url, HELLO, query=query)
    assert (error["code"], code) == ("unauthorized", 4001)


async def test_a_token_of_another_gateway_or_time_is_refused():
    expired, _ = Tokens(SECRET, lambda: time.time() - 100).mint(Rights(), 60)
    foreign, _ = Tokens("another secret").mint(Rights(), 60)
    async with desk() as (here, upstream):
        assert (await closing(here.url, greeting(expired)))[1] == 4002
        assert (await closing(here.url, greeting(foreign)))[1] == 4001
    assert upstream.requests == []


async def test_a_token_for_a_page_is_good_for_no_other():
    page = "https://app.example"
    async with desk(origins=(page, "https://other.example")) as (here, _):
        token = await here.token(origin=page)
        async with client(here.url, {"token": token}, origin=page):
            pass
        for options in ({"origin": "https://other.example"}, {}):
            error, code = await closing(here.url, greeting(token), **options)
            assert (error["code"], code) == ("forbidden", 4003)


A_MOMENT_S = 1.5
"""Enough to say hello, on a busy machine too."""

SCOPES = [
    ({"voices": ["narrator"]}, {"voice": "Other"}, "voice.voice_id"),
    ({"languages": ["de"]}, {"language": "fr"}, "language"),
    ({"speak": False}, {}, "type"),
    ({"turn_characters": 5}, {}, "text"),
    ({}, {"text_rules": {"markup": "pass"}}, "text_rules.markup"),
]


@pytest.mark.parametrize(("scopes", "options", "field"), SCOPES)
async def test_what_a_token_does_not_allow_is_an_error_and_the_session_lives_on(scopes, options, field):
    async with desk() as (here, upstream):
        async with client(here.url, {"token": await here.token(**scopes)}) as socket:
            await say(socket, "speak", turn="a", text="Hello.", id="m", **options)
            error = json.loads(await socket.recv())
            await say(socket, "ping")
            assert json.loads(await socket.recv())["type"] == "pong"
        async with client(here.url, {"token": SECRET}) as socket:
            await say(socket, "speak", turn="a", text="Hello.", **options)
            assert (await hear(socket, TERMINALS)).order[-1] == "turn.done"
    assert (error["code"], error["field"], error["re"], error["turn"]) == ("forbidden", field, "m", "a")
    assert (error["fatal"], error["retryable"]) == (False, False)
    assert len(upstream.requests) == 1


async def test_a_hello_that_wants_too_much_may_be_said_again():
    async with desk() as (here, _), client(here.url, False) as socket:
        token = await here.token(voices=["narrator"])
        await socket.send(greeting(token, config={"voice": {"voice_id": "Other"}}))
        assert json.loads(await socket.recv())["field"] == "voice.voice_id"
        await socket.send(greeting(token))
        assert json.loads(await socket.recv())["type"] == "welcome"


async def test_sessions_at_once_are_counted_by_token_and_by_tenant():
    async with desk(tenant_sessions=2) as (here, _):
        one, other = await here.token(tenant="acme", sessions=1), await here.token(tenant="acme")
        async with client(here.url, {"token": one}) as first, client(here.url, {"token": other}) as second:
            for token in (one, other):
                error, code = await closing(here.url, greeting(token))
                assert (error["code"], code) == ("quota_exceeded", 4006)
            async with client(here.url, {"token": await here.token(tenant="beta")}):
                pass
            async with client(here.url, {"token": SECRET}):
                pass
            for socket in (first, second):
                await say(socket, "bye")
                await hear(socket, set())
        async with client(here.url, {"token": one}), client(here.url, {"token": other}):
            pass


def short(seconds: float, **rights) -> str:
    """A token that a gateway would not mint: it lives too short."""
    return Tokens(SECRET).mint(Rights(**rights), seconds)[0]


async def test_a_session_ends_with_its_token_and_its_turns_before_it():
    async with desk(stream(*[bytes(48_000)] * 5), stay=True) as (here, _):
        hello = {"token": short(A_MOMENT_S)}
        async with client(here.url, hello) as socket:
            await say(socket, "turn.open", turn="a")
            await say(socket, "turn.append", turn="a", text="Hello there.")
            heard = await hear(socket, set())
    assert heard.order[-2:] == ["turn.cancelled", "error"]
    assert heard.last("turn.cancelled")["reason"] == "session_end"
    error = heard.last("error")
    assert (error["code"], error["fatal"], error["close_code"]) == ("token_expired", True, 4002)
    assert socket.close_code == 4002


async def test_a_session_goes_on_with_a_new_token():
    async with desk() as (here, _):
        async with client(here.url, {"token": short(A_MOMENT_S, tenant="acme", voices=("narrator",))}) as socket:
            token = await here.token(tenant="acme", voices=["other", "narrator"], labels={"guild": "1"})
            await say(socket, "configure", token=token, id="c", config={"language": "de"})
            configured = json.loads(await socket.recv())
            error, code = await closing(here.url, greeting(short(A_MOMENT_S)))
            await say(socket, "speak", turn="a", text="Hello.")
            assert (await hear(socket, TERMINALS)).order[-1] == "turn.done"
        rows = await here.rows("label")
    assert (error["code"], code) == ("token_expired", 4002), "by then the first token has expired, too"
    assert (configured["type"], configured["re"], configured["config"]["language"]) == ("configured", "c", "de")
    assert configured["config"]["voice"]["voice_id"] == "other"
    assert [(row["tenant"], row["label"], row["value"]) for row in rows] == [("acme", "guild", "1")]


@pytest.mark.parametrize("kind", ["garbage", "expired", "foreign", "another tenant", "too narrow", "of a page"])
async def test_a_bad_new_token_is_refused_and_the_old_one_holds(kind):
    async with desk() as (here, _):
        tokens = {
            "garbage": ("a.b.c", "unauthorized", "token"),
            "expired": (Tokens(SECRET, lambda: time.time() - 100).mint(Rights(), 60)[0], "token_expired", "token"),
            "foreign": (Tokens("another secret").mint(Rights(), 60)[0], "unauthorized", "token"),
            "another tenant": (await here.token(tenant="beta"), "forbidden", "token"),
            "too narrow": (await here.token(voices=["Other"]), "forbidden", "voice.voice_id"),
            "of a page": (await here.token(origin="https://app.example"), "forbidden", "token"),
        }
        token, code, field = tokens[kind]
        hello = {"token": await here.token(), "config": {"voice": {"voice_id": "narrator"}}}
        async with client(here.url, hello) as socket:
            await say(socket, "configure", token=token, id="c")
            error = json.loads(await socket.recv())
            await say(socket, "speak", turn="a", text="Hello.")
            assert (await hear(socket, TERMINALS)).order[-1] == "turn.done"
    assert (error["code"], error["field"], error["re"], error["fatal"]) == (code, field, "c", False)


async def test_a_configure_says_something():
    async with desk() as (here, _), client(here.url, {"token": SECRET}) as socket:
        await say(socket, "configure")
        assert json.loads(await socket.recv())["field"] == "config"


async def test_a_revoked_token_closes_its_connections_and_opens_no_more():
    async with desk() as (here, _):
        given = (await here.order(tenant="acme")).json()
        other = await here.token(tenant="acme")
        hello = {"token": given["token"]}
        async with (
            client(here.url, hello) as one,
            client(here.url, hello) as two,
            client(here.url, {"token": other}) as three,
        ):
            await say(one, "turn.open", turn="a")
            await hear(one, {"turn.accepted"})
            assert (await here.http.delete(f"/v1/tokens/{given['id']}")).status_code == 204
            heard = await hear(one, set())
            await hear(two, set())
            await say(three, "ping")
            assert json.loads(await three.recv())["type"] == "pong"
            await say(three, "configure", token=given["token"])
            assert json.loads(await three.recv())["code"] == "unauthorized"
        error, code = await closing(here.url, greeting(given["token"]))
    assert heard.order == ["turn.cancelled", "error"]
    assert (one.close_code, two.close_code) == (4001, 4001)
    assert (error["code"], code) == ("unauthorized", 4001)


@pytest.mark.parametrize("name", ["short", "a" * 17, "aaaaaaaaaaaaaaa.", "%2e%2e", "a" * 5000])
async def test_only_an_id_is_revoked(name):
    async with desk() as (here, _):
        assert (await here.http.delete(f"/v1/tokens/{name}")).status_code in {400, 404}


async def test_a_worker_cannot_revoke_for_the_others_and_has_its_part_of_the_quotas():
    settings = Settings(
        port=0, upstream="t2a+http://127.0.0.1:9", api_key="canary-key", secret=SECRET, workers=2, daily_characters=21
    )
    async with running(settings, worker=0) as serving:
        here = Desk(serving.url)
        async with here.http, client(here.url, {"token": SECRET}) as socket:
            answer = await here.http.delete("/v1/tokens/" + "a" * 16)
            await say(socket, "speak", turn="a", text="x" * 11)
            refused = json.loads(await socket.recv())
            await say(socket, "speak", turn="a", text="x" * 10)
            accepted = json.loads(await socket.recv())
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "store_unavailable")
    assert (refused["code"], accepted["type"]) == ("quota_exceeded", "turn.accepted")


@pytest.mark.parametrize("name", ["tenant_cpm", "tenant_cpd", "tenant_sessions", "daily_characters"])
def test_a_quota_below_nothing_is_no_setting(name):
    with pytest.raises(BadSetting, match=f"VOICE_GATEWAY_{name.upper()} must be 0 or more"):
        Settings(**{name: -1})
