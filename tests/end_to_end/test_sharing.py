"""The same line is paid once: cache, single flight, prepare. And what an operator sees of it."""

import asyncio

import httpx
import pytest

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import speak
from tests.tones import heard, ids

LINE = "Welcome to the old tavern my friend."
TONES = {"voice": {"voice_id": "test_tones"}}


@pytest.fixture
async def tavern(tmp_path):
    """A gateway with a cache, and what its emulator has counted."""
    async with emulating("127.0.0.1", 0) as emulator, httpx.AsyncClient(base_url=emulator, trust_env=False) as http:
        settings = Settings(
            port=0, upstream="t2a+" + emulator, api_key="canary-key", cache_bytes=10_000_000, cache_dir=str(tmp_path)
        )

        async def totals() -> dict:
            return (await http.get("/emulator/usage")).json()["totals"]

        yield settings, totals


async def test_a_hundred_sessions_that_ask_the_same_line_at_once_cause_one_request(tavern):
    settings, totals = tavern
    async with running(settings) as gateway:
        turns = await asyncio.gather(*(speak(gateway.url, LINE, config=TONES) for _ in range(100)))
        assert (await totals())["requests"] == 1
    assert all(turn.order[-1] == "turn.done" for turn in turns)
    assert {turn.audio for turn in turns} == {turns[0].audio}
    assert heard(turns[0].audio, 24000) == ids(LINE)
    assert sum(turn.last("turn.done")["usage"]["billed_characters"] for turn in turns) == len(LINE)


async def test_the_cache_survives_a_restart_and_flags_its_frames(tavern):
    settings, totals = tavern
    async with running(settings) as gateway:
        first = await speak(gateway.url, LINE, config=TONES)
    async with running(settings) as gateway:
        again = await speak(gateway.url, LINE, config=TONES)
        other = await speak(gateway.url, LINE, config={"voice": {"voice_id": "test_tones", "speed": 1.1}})
    assert (await totals())["requests"] == 2
    assert again.audio == first.audio != other.audio
    assert {frame[1] for frame in again.frames} == {1}
    assert {frame[1] for frame in first.frames} == {0}
    assert again.last("segment.started")["cached"] is True
    expected = {
        "characters": len(LINE), "billed_characters": 0, "cached_characters": len(LINE), "requests": 0,
        "cost_usd": 0.0,
    }  # fmt: skip
    assert again.last("turn.done")["usage"] == expected


async def test_a_prepared_line_is_paid_but_not_sent_and_then_spoken_from_the_cache(tavern):
    settings, totals = tavern
    async with running(settings) as gateway:
        prepared = await speak(gateway.url, LINE, config=TONES, prepare=True)
        spoken = await speak(gateway.url, LINE, config=TONES)
    assert prepared.order == ["welcome", "turn.accepted", "turn.done"]
    assert prepared.last("turn.done")["usage"]["billed_characters"] == len(LINE)
    assert spoken.last("segment.started")["cached"] is True
    assert (await totals())["requests"] == 1


async def test_metrics_tell_what_was_billed_cached_and_how_turns_ended(tavern):
    settings, _ = tavern
    async with running(settings) as gateway, httpx.AsyncClient(base_url=gateway.url, trust_env=False) as http:
        for _ in range(2):
            await speak(gateway.url, LINE, config=TONES)
        await speak(gateway.url, LINE, voice="no_such_voice")
        lines = (await http.get("/metrics")).text.splitlines()
    assert 'voice_gateway_characters_total{kind="billed"} 36.0' in lines
    assert 'voice_gateway_characters_total{kind="cached"} 36.0' in lines
    assert 'voice_gateway_turns_total{code="",outcome="done"} 2.0' in lines
    assert 'voice_gateway_turns_total{code="voice_not_found",outcome="failed"} 1.0' in lines
    assert 'voice_gateway_first_audio_seconds_count{stage="total"} 2.0' in lines
    assert 'voice_gateway_first_audio_seconds_count{stage="frame"} 2.0' in lines


async def test_metrics_are_behind_the_secret(tmp_path):
    settings = Settings(port=0, upstream="t2a+http://127.0.0.1:9", api_key="canary-key", secret="canary-secret")
    async with running(settings) as gateway, httpx.AsyncClient(base_url=gateway.url, trust_env=False) as http:
        assert (await http.get("/metrics")).status_code == 401
        allowed = await http.get("/metrics", headers={"Authorization": "Bearer canary-secret"})
    assert "voice_gateway_sessions 0.0" in allowed.text
