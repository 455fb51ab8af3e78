"""What was spent, in dollars: on the socket, in the books and in the metrics."""

import pytest

from tests.connection.stage import client, hear, say
from tests.connection.tenant import desk
from tests.end_to_end.client import TERMINALS
from tests.upstreams.raw import chunk, final, response, sse

BILLED = response(sse(chunk(b"\x01\x02" * 240), final(b"", usage_characters=12)))


async def spoken(here, **voice) -> dict:
    """The terminal of a turn, and the segment as it was told."""
    async with client(here.url, {"token": await here.token(tenant="acme")}) as socket:
        await say(socket, "speak", turn="a", text="Hello there.", voice=voice)
        heard = await hear(socket, TERMINALS)
    assert heard.last("segment.started")["model"] == {"fast": "speech-2.8-turbo", "best": "speech-2.8-hd"}.get(
        voice["model"], voice["model"]
    )
    return heard.last("turn.done")


async def test_each_voice_and_model_is_told_and_booked_with_its_dollars():
    async with desk(BILLED) as (here, upstream):
        costs = [
            (await spoken(here, voice_id="Wise_Woman", model="fast"))["usage"]["cost_usd"],
            (await spoken(here, voice_id="Deep_Voice_Man", model="best"))["usage"]["cost_usd"],
            (await spoken(here, voice_id="Deep_Voice_Man", model="speech-01-hd"))["usage"]["cost_usd"],
        ]
        rows = {by: await here.rows(by) for by in ("tenant", "voice", "model", "day")}
        metrics = (await here.http.get("/metrics")).text
    assert costs == [0.00072, 0.0012, None]
    assert upstream.body()["model"] == "speech-01-hd"
    whole = {"turns": 3, "billed": 36, "heard": 36, "wasted": 0, "cached": 0, "unpriced": 12, "cost_usd": 0.00192}
    assert rows["tenant"] == [{"tenant": "acme", **whole}]
    assert [{name: row[name] for name in whole} for row in rows["day"]] == [whole]
    assert [(row["tenant"], row["voice"], row["turns"], row["cost_usd"], row["unpriced"]) for row in rows["voice"]] == [
        ("acme", "Deep_Voice_Man", 2, 0.0012, 12),
        ("acme", "Wise_Woman", 1, 0.00072, 0),
    ]
    assert [(row["model"], row["billed"], row["cost_usd"]) for row in rows["model"]] == [
        ("speech-2.8-hd", 12, 0.0012),
        ("speech-2.8-turbo", 12, 0.00072),
        ("speech-01-hd", 12, 0.0),
    ]
    assert 'voice_gateway_cost_dollars_total{model="speech-2.8-hd"} 0.0012' in metrics
    assert 'voice_gateway_cost_dollars_total{model="speech-01-hd"}' not in metrics


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ({}, True),
        ({"from": "2000-01-01"}, True),
        ({"from": "2000-01-01", "to": "2999-12-31"}, True),
        ({"to": "2000-01-01"}, False),
        ({"from": "2999-12-31"}, False),
    ],
)
async def test_days_may_be_narrowed(days, found):
    async with desk(BILLED) as (here, _):
        await spoken(here, model="fast")
        rows = (await here.http.get("/v1/usage", params={"by": "day", **days})).json()["rows"]
    assert bool(rows) == found


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"by": "day", "from": "yesterday"}, "from"),
        ({"by": "day", "to": "2026-02-30"}, "to"),
        ({"by": "voice", "from": "2026-01-01"}, "from"),
        ({"by": "voices"}, "by"),
    ],
)
async def test_what_the_books_cannot_tell_is_refused_by_name(asked, field):
    async with desk() as (here, _):
        answer = await here.http.get("/v1/usage", params=asked)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


@pytest.mark.parametrize("path", ["/v1/usage?by=voice", "/v1/usage?by=model"])
async def test_the_books_are_the_operators(path):
    async with desk() as (here, _):
        answer = await here.http.get(path, headers={"Authorization": "Bearer no"})
    assert answer.status_code == 401
