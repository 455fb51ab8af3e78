"""No credential and no text is in a log, a metric, an answer or an exception: at DEBUG, over every way in."""

import base64
import io
import json
import logging
import warnings

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gateway.access.doors import Doors
from gateway.access.rights import Rights
from gateway.access.tokens import Tokens
from gateway.greeting import Door
from gateway.logs import JsonLines, TextLines
from gateway.protocol.messages import Configure, Hello, decode
from tests.canaries import CLIENTS
from tests.connection.stage import client, gateway, hear, say, stream
from tests.connection.tenant import Desk
from tests.end_to_end.client import TERMINALS, stream_url

SECRET = "canary-secret-8d1f"
TEXT = "what a user says to nobody else"


@pytest.fixture
def logged():
    """All that any logger says, as text and as JSON, tracebacks included."""
    out = io.StringIO()
    root, levels = logging.getLogger(), {}
    handlers = [logging.StreamHandler(out), logging.StreamHandler(out)]
    for handler, formatter in zip(handlers, (TextLines(), JsonLines()), strict=True):
        handler.setFormatter(formatter)
        handler.addFilter(lambda record: not record.name.startswith(CLIENTS))
        root.addHandler(handler)
    for logger in (
        root,
        *(logging.getLogger(name) for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "gateway")),
    ):
        levels[logger] = logger.level
        logger.setLevel(logging.DEBUG)
    yield out.getvalue
    for handler in handlers:
        root.removeHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)


def entry(credential: str) -> str:
    return "bearer." + base64.urlsafe_b64encode(credential.encode()).decode().rstrip("=")


async def test_no_credential_is_seen_outside(logged):
    async with gateway(stream(bytes(480)), secret=SECRET) as (url, _):
        here = Desk(url)
        here.http.headers["Authorization"] = f"Bearer {SECRET}"
        given = (await here.order(tenant="acme", characters=100)).json()
        good, spare = given["token"], await here.token(tenant="acme")
        expired = Tokens(SECRET, lambda: 1e9).mint(Rights(), 60)[0]
        foreign = Tokens("canary-other").mint(Rights(), 60)[0]
        told: list[str] = []
        for credential in (good, spare, expired, foreign, SECRET, "canary-nobody"):
            told += await every_way(url, credential)
        async with client(url, {"token": good}) as socket:
            await say(socket, "speak", turn="a", text=TEXT, labels={"guild": "1"})
            await hear(socket, TERMINALS)
            await say(socket, "configure", token=spare)
            await say(socket, "configure", token=foreign, config={"voice": {"speed": 99}})
            await say(socket, "hello", token=spare)
            await say(socket, "configure", tokens=spare)
            told += [json.dumps(message) for message in (await hear(socket, {"nothing", "error"})).messages]
            await say(socket, "bye")
            told += [json.dumps(message) for message in (await hear(socket, set())).messages]
        await here.http.delete(f"/v1/tokens/{given['id']}")
        for path in (
            "/metrics",
            "/v1/usage",
            "/v1/usage?by=label",
            f"/v1/nothing?token={spare}",
            f"/healthz?token={spare}",
        ):
            told.append((await here.http.get(path)).text)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as stranger:
            told.append((await stranger.post(f"/v1/tokens?token={spare}", content=b"{")).text)
            told.append((await stranger.get(f"/v1/stream?token={spare}")).text)
        await here.http.aclose()
    assert "= turn a done" in logged()
    assert TEXT not in logged()
    for canary in (
        SECRET,
        good,
        spare,
        expired,
        foreign,
        "canary",
        good.rpartition(".")[2],
        entry(SECRET),
        entry(good),
    ):
        assert canary not in logged()
        assert not [each for each in told if canary in each]


async def every_way(url: str, credential: str) -> list[str]:
    """What is said to who presents it by header, subprotocol, hello and URL."""
    told = []
    for options, query, token in (
        ({"additional_headers": {"Authorization": f"Bearer {credential}"}}, "", None),
        ({"subprotocols": ["voice-gateway.v1", entry(credential)]}, "", None),
        ({}, "", credential),
        ({}, f"?token={credential}", None),
        ({"origin": "https://evil.example"}, f"?token={credential}", credential),
    ):
        async with connect(stream_url(url) + query, **options) as socket:
            try:
                await say(socket, "hello", **({"token": token} if token else {}))
                told.append(await socket.recv())
            except ConnectionClosed as closed:
                told.append(str(closed))
    return told


@pytest.mark.parametrize("broken", ["token", "secret"])
async def test_a_bug_behind_the_door_shows_no_credential(logged, monkeypatch, broken):
    def bug(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("gateway.owning.Receipts", bug)
    credential = SECRET if broken == "secret" else Tokens(SECRET).mint(Rights(), 60)[0]
    async with gateway(secret=SECRET) as (url, _):
        told = await every_way(url, credential)
    assert "RuntimeError: a bug" in logged()
    assert credential not in logged()
    assert not [each for each in told if credential in each]


def test_values_that_hold_a_credential_do_not_show_it():
    hello = decode(json.dumps({"type": "hello", "token": SECRET}))
    configure = decode(json.dumps({"type": "configure", "token": SECRET}))
    door = Door(Doors(SECRET, tokens=Tokens(SECRET)), None, SECRET, SECRET)
    assert isinstance(hello, Hello)
    assert isinstance(configure, Configure)
    assert SECRET not in f"{hello!r} {configure!r} {door!r}"


def test_a_short_secret_makes_a_key_that_no_library_warns_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Tokens("x").check(Tokens("x").mint(Rights(), 60)[0])
