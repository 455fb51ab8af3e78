"""A gateway and the emulator it speaks with, with one clock for both."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.app import running
from gateway.emulator import Habits
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.emulator.account import sample

DAY_S = 86400
SAMPLE = sample(12)
QUIET = Habits(neural_english=False, workers=1, own_voices_in_tones=True, tone_pace=3)


class Clock:
    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@dataclass
class Stage:
    url: str
    http: httpx.AsyncClient
    """At the gateway."""
    emulator: httpx.AsyncClient
    clock: Clock

    async def clone(self, voice_id: str = "my-own-voice", files: dict[str, bytes] | None = None, **fields: Any):
        sounds = {"audio": SAMPLE} if files is None else files
        return await self.http.post("/v1/voices/clone", data={"voice_id": voice_id, **fields}, files=sounds)

    async def entry(self, voice_id: str, **query: str) -> dict[str, Any] | None:
        voices = (await self.http.get("/v1/voices", params={"q": voice_id, **query})).json()["voices"]
        return next((voice for voice in voices if voice["voice_id"] == voice_id), None)

    async def pass_time(self, seconds: float) -> None:
        """On both clocks; and the gateway looks at its own."""
        self.clock.ahead_s += seconds
        await self.emulator.post("/emulator/clock", json={"advance_s": seconds})
        await self.http.get("/v1/voices", params={"refresh": "true", "limit": 1})

    async def listed_upstream(self) -> list[str]:
        answer = (await self.emulator.post("/v1/get_voice", json={"voice_type": "all"})).json()
        return [voice["voice_id"] for group in ("voice_cloning", "voice_generation") for voice in answer[group]]

    async def spent(self) -> dict[str, Any]:
        """What upstream was asked for: nothing of it is free of consequences."""
        usage = (await self.emulator.get("/emulator/usage")).json()
        files = (await self.emulator.get("/v1/files/list")).json()["files"]
        return {"requests": usage["requests"], "fees": usage["fees"], "files": files}


NOTHING: dict[str, Any] = {"requests": [], "fees": [], "files": []}


@asynccontextmanager
async def emulated(habits: Habits = QUIET) -> AsyncIterator[str]:
    async with emulating("127.0.0.1", 0, habits) as url:
        yield url


@asynccontextmanager
async def staged(data_dir: Path, emulator: str, clock: Clock | None = None, **settings: Any) -> AsyncIterator[Stage]:
    """One more gateway in front of it."""
    clock = clock or Clock()
    given = Settings(port=0, upstream="t2a+" + emulator, api_key="canary-good-key", data_dir=str(data_dir), **settings)
    secret = settings.get("secret")
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    async with (
        running(given, clock=clock) as gateway,
        httpx.AsyncClient(base_url=gateway.url, trust_env=False, headers=headers, timeout=30) as http,
        httpx.AsyncClient(base_url=emulator, trust_env=False, headers={"Authorization": "Bearer k"}) as upstream,
    ):
        yield Stage(gateway.url, http, upstream, clock)
