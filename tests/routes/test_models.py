"""`GET /v1/models`."""

import httpx

from gateway.protocol.config import EMOTIONS
from tests.connection.tenant import desk


async def test_anybody_may_ask_which_models_there_are_and_what_fast_and_best_stand_for():
    async with desk() as (here, _), httpx.AsyncClient(base_url=here.url, trust_env=False) as stranger:
        answer = await stranger.get("/v1/models")
    told = answer.json()
    models = {row["model"]: row for row in told["models"]}
    assert answer.status_code == 200
    assert (told["fast"], told["best"]) == ("speech-2.8-turbo", "speech-2.8-hd")
    assert models["speech-2.6-hd"] == {
        "model": "speech-2.6-hd",
        "size": "hd",
        "status": "current",
        "emotions": list(EMOTIONS),
        "interjections": [],
        "continuous_sound": False,
        "lacks": [],
        "usd_per_million_characters": 100,
        "longest_text": 9_999,
        "asynchronous": True,
        "successor": None,
    }
    assert (models["speech-01-turbo"]["status"], models["speech-01-turbo"]["usd_per_million_characters"]) == (
        "legacy",
        None,
    )
    assert len(models["speech-2.8-turbo"]["interjections"]) == 19
    assert told["rate_limits"][0]["rpm"] == 60
