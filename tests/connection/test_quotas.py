"""Characters are reserved when text is accepted and settled once, however a turn ends: on real sockets."""

import asyncio
import json

import httpx
import pytest
from websockets.asyncio.client import connect

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.connection.stage import client, hear, say
from tests.connection.tenant import SECRET, Desk, desk
from tests.end_to_end.client import TERMINALS, stream_url
from tests.upstreams.raw import chunk, final, refusing, response, sse

MOST = 1000
TEXT = "Hello there."
SECOND = bytes(48_000)


def billing(characters: int) -> bytes:
    return response(sse(chunk(SECOND), final(b"", usage_characters=characters)))


async def token_of(here: Desk, **wish) -> str:
    return await here.token(tenant="acme", day_characters=MOST, **wish)


async def refused(socket, characters: int) -> bool:
    """Whether a turn of so many characters is refused."""
    await say(socket, "turn.open", turn="probe")
    await say(socket, "turn.append", turn="probe", text="x" * characters, id="p")
    await say(socket, "turn.cancel", turn="probe", id="c")
    heard = await hear(socket, {"turn.cancelled"})
    return "error" in heard.order and heard.last("error")["code"] == "quota_exceeded"


async def test_an_answer_says_when_and_the_session_lives_on():
    async with desk(billing(12)) as (here, _), client(here.url, {"token": await token_of(here)}) as socket:
        await say(socket, "speak", turn="a", text="x" * (MOST + 1), id="m")
        never = json.loads(await socket.recv())
        await say(socket, "speak", turn="b", text=TEXT)
        assert (await hear(socket, TERMINALS)).order[-1] == "turn.done"
        await say(socket, "speak", turn="c", text="x" * (MOST - 11), id="m")
        later = json.loads(await socket.recv())
        await say(socket, "turn.append", turn="c", text="x")
        assert json.loads(await socket.recv())["code"] == "unknown_turn"
        await say(socket, "speak", turn="c", text=TEXT)
        assert (await hear(socket, TERMINALS)).order[-1] == "turn.done"
    told = {key: never[key] for key in ("code", "field", "re", "turn", "retryable", "fatal")}
    assert told == {
        "code": "quota_exceeded", "field": "text", "re": "m", "turn": "a", "retryable": True, "fatal": False,
    }  # fmt: skip
    assert "retry_after_ms" not in never
    assert 0 < later["retry_after_ms"] <= 86_400_000


async def spoken(socket, text: str = TEXT) -> None:
    await say(socket, "speak", turn="a", text=text)
    await hear(socket, TERMINALS)


async def cancelled(socket) -> None:
    await say(socket, "turn.open", turn="a")
    await say(socket, "turn.append", turn="a", text="x" * 50)
    await say(socket, "turn.cancel", turn="a")
    await hear(socket, TERMINALS)


async def cancelled_in_its_middle(socket) -> None:
    """Half of it was asked of upstream."""
    await say(socket, "turn.open", turn="a")
    await say(socket, "turn.append", turn="a", text="Hello there, my dear friend. And " + "x" * 200)
    await hear(socket, {"segment.started"})
    await say(socket, "turn.cancel", turn="a")
    await hear(socket, TERMINALS)


async def left(socket) -> None:
    await say(socket, "turn.open", turn="a")
    await say(socket, "turn.append", turn="a", text="x" * 50)
    await hear(socket, {"turn.accepted"})


async def silent(socket) -> None:
    await spoken(socket, "…?! " * 20)


async def repeated(socket) -> None:
    for _ in range(3):
        await say(socket, "speak", turn="a", text=TEXT)
    await hear(socket, TERMINALS)


async def refused_text(socket) -> None:
    await say(socket, "speak", turn="a", text=TEXT, voice={"speed": 99})
    await say(socket, "speak", turn="b", text=TEXT, language="xx")
    await hear(socket, {"error"})
    await hear(socket, {"error"})


ENDINGS = [
    (spoken, billing(12), 12),
    (spoken, billing(40), 40),
    (spoken, response(sse(refusing(2054))), 0),
    (cancelled, billing(12), 0),
    (cancelled_in_its_middle, billing(28), 28),
    (left, billing(12), 0),
    (silent, billing(12), 0),
    (repeated, billing(12), 12),
    (refused_text, billing(12), 0),
]


@pytest.mark.parametrize(("ending", "answer", "billed"), ENDINGS, ids=[str(n) for n in range(len(ENDINGS))])
async def test_what_was_billed_is_charged_once_and_the_rest_is_given_back(ending, answer, billed):
    async with desk(answer, resume_window_ms=0) as (here, _):
        hello = {"token": await token_of(here)}
        async with client(here.url, hello) as socket:
            await ending(socket)
        async with client(here.url, hello) as socket:
            while (await here.http.get("/metrics")).text.find("voice_gateway_sessions 1.0") < 0:
                await asyncio.sleep(0)
            rows = await here.rows("tenant")
            assert await refused(socket, MOST - billed + 1)
        async with client(here.url, hello) as socket:
            assert not await refused(socket, MOST - billed)
    assert sum(row["billed"] for row in rows) == billed


async def test_what_streams_in_is_reserved_as_it_comes_and_a_refusal_loses_nothing():
    async with desk(billing(900)) as (here, _), client(here.url, {"token": await token_of(here)}) as socket:
        await say(socket, "turn.open", turn="a")
        for _ in range(9):
            await say(socket, "turn.append", turn="a", text="x" * 100)
        await say(socket, "turn.append", turn="a", text="y" * 101)
        heard = await hear(socket, {"error"})
        await say(socket, "turn.append", turn="a", text="y" * 100)
        await say(socket, "turn.cancel", turn="a")
        unheard = (await hear(socket, TERMINALS)).last("turn.cancelled")["unheard"]["text"]
    assert heard.last("error")["code"] == "quota_exceeded"
    assert unheard == "x" * 900 + "y" * 100


async def test_a_line_from_the_cache_costs_nothing(tmp_path):
    async with emulating("127.0.0.1", 0) as emulator:
        settings = Settings(
            port=0,
            upstream="t2a+" + emulator,
            api_key="canary-key",
            cache_bytes=10**7,
            cache_dir=str(tmp_path),
            secret=SECRET,
        )
        async with running(settings) as gateway:
            here = Desk(gateway.url)
            hello = {
                "token": await here.token(tenant="acme", day_characters=20, labels={"guild": "1"}),
                "config": {"voice": {"voice_id": "test_tones"}},
            }
            for turn in ("paid", "cached", "again"):
                async with client(here.url, hello) as socket:
                    await say(socket, "speak", turn=turn, text="Hi you.")
                    assert (await hear(socket, TERMINALS)).order[-1] == "turn.done"
            rows = await here.rows("label")
            await here.http.aclose()
    assert rows == [
        {"tenant": "acme", "label": "guild", "value": "1", "turns": 3, "billed": 7, "heard": 21, "wasted": 0,
         "cached": 14, "unpriced": 0, "cost_usd": 0.00042}
    ]  # fmt: skip


async def test_a_tokens_own_characters_are_its_own_and_a_new_token_brings_new_ones():
    async with desk(billing(12)) as (here, _):
        first = await here.token(tenant="acme", characters=20)
        async with client(here.url, {"token": first}) as socket:
            await spoken(socket)
            await say(socket, "speak", turn="b", text=TEXT)
            error = json.loads(await socket.recv())
            await say(socket, "configure", token=await here.token(tenant="acme", characters=20))
            await say(socket, "speak", turn="b", text=TEXT)
            assert (await hear(socket, TERMINALS)).order[-1] == "turn.done"
    assert (error["code"], "retry_after_ms" in error) == ("quota_exceeded", False)


async def test_emoji_that_are_named_are_reserved_for_their_names():
    """Twenty of them would pass for twenty characters and be billed as three hundred."""
    rules, many = {"text_rules": {"emoji": "name"}}, "\N{GRINNING FACE}\N{ROCKET}" * 10
    async with desk(billing(12)) as (here, upstream):
        hello = {"token": await here.token(tenant="acme", day_characters=300)}
        async with client(here.url, hello) as socket:
            await say(socket, "speak", turn="a", text=many, **rules)
            assert json.loads(await socket.recv())["code"] == "quota_exceeded"
            await say(socket, "turn.open", turn="a", **rules)
            await say(socket, "turn.append", turn="a", text=many)
            assert (await hear(socket, {"error"})).last("error")["code"] == "quota_exceeded"
            await say(socket, "turn.cancel", turn="a")
            await say(socket, "speak", turn="b", text="Hi \N{ROCKET}", **rules)
            assert (await hear(socket, {"turn.done"})).order[-1] == "turn.done"
    assert len(upstream.requests) == 1


async def test_the_ceiling_of_a_day_holds_for_all_the_secret_included():
    async with desk(billing(12), daily_characters=30) as (here, _):
        for token in (SECRET, await here.token(tenant="acme")):
            async with client(here.url, {"token": token}) as socket:
                await spoken(socket)
        for token in (SECRET, await here.token(tenant="beta")):
            async with client(here.url, {"token": token}) as socket:
                await say(socket, "speak", turn="a", text=TEXT)
                assert json.loads(await socket.recv())["code"] == "quota_exceeded"
        metrics = (await here.http.get("/metrics")).text
    assert 'voice_gateway_quota_refusals_total{quota="gateway"} 2.0' in metrics
    assert 'voice_gateway_tenant_characters_total{kind="billed",tenant="acme"} 12.0' in metrics
    assert 'voice_gateway_credentials_total{outcome="admitted"} 4.0' in metrics


async def test_a_storm_of_turns_never_passes_the_limit_by_a_character():
    """A hundred turns of 12 in fifty sessions against 600: fifty are spoken."""
    async with desk(billing(12)) as (here, upstream):
        token = await here.token(tenant="acme", day_characters=600)

        async def session() -> list[str]:
            async with connect(stream_url(here.url), max_size=None, compression=None) as socket:
                await say(socket, "hello", token=token)
                for turn in ("a", "b"):
                    await say(socket, "speak", turn=turn, text=TEXT)
                ended: list[str] = []
                while len(ended) < 2:
                    ended.append((await hear(socket, TERMINALS | {"error"})).order[-1])
                return ended

        ends = [end for ends in await asyncio.gather(*(session() for _ in range(50))) for end in ends]
        rows = await here.rows("tenant")
    assert (ends.count("turn.done"), ends.count("error")) == (50, 50)
    assert len(upstream.requests) == 50
    assert rows[0]["billed"] == 600


TOLD = ("tenant", "labels", "code", "billed", "heard", "wasted", "cached", "cost_usd")


async def test_a_line_in_the_log_tells_what_a_turn_cost_and_not_what_it_said(caplog):
    caplog.set_level("INFO", "gateway")
    async with desk(billing(12)) as (here, _):
        hello = {"token": await here.token(tenant="acme", labels={"guild": "1"})}
        async with client(here.url, hello) as socket:
            await spoken(socket)
    (line,) = [record for record in caplog.records if record.getMessage() == "= turn a done"]
    told = {name: getattr(line, name) for name in TOLD}
    assert told == {
        "tenant": "acme", "labels": {"guild": "1"}, "code": None, "billed": 12, "heard": 12, "wasted": 0, "cached": 0,
        "cost_usd": 0.00072,
    }  # fmt: skip
    assert not [record for record in caplog.records if TEXT in str(vars(record))]


async def test_the_books_want_a_word_they_know():
    async with desk() as (here, _):
        answer = await here.http.get("/v1/usage", params={"by": "labels"})
        usual = await here.http.get("/v1/usage")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "by")
    assert (usual.json()["by"], usual.json()["rows"]) == ("tenant", [])


async def test_without_a_secret_the_books_are_open_on_loopback():
    settings = Settings(port=0, upstream="t2a+http://127.0.0.1:9", api_key="canary-key")
    async with running(settings) as gateway, httpx.AsyncClient(base_url=gateway.url, trust_env=False) as http:
        assert (await http.get("/v1/usage", params={"by": "day"})).json()["rows"] == []
