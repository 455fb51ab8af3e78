"""A book through the emulator while the gateway is killed: one file a chapter, timings that match, nothing paid twice.

make proof-longform [CHARACTERS=1000000] [KILLS=2] [SEED=1]

Gateway and emulator are processes of their own. The gateway is killed (-9) where progress passes points that the seed
chooses, and started again. The emulator's test voice says each word as tones, so that what is heard is read back.
"""

import argparse
import asyncio
import collections
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np

from tests.bench.processes import GIVING_BACK, Process, running
from tests.ports import free_port
from tests.tones import heard, ids

RATE = 16000
CHAPTERS = 12
LOOK_S = 0.2
MOST_MB = 300
MARGIN_MS = 20
"""So much earlier: a sentence ends with 90 ms of silence, and the next begins at once."""
PATIENCE_S = 7200
CONFIG = {"voice": {"voice_id": "test_tones"}, "audio": {"codec": "mp3", "rate": RATE, "bitrate": 32000}}


@dataclass
class Outcome:
    characters: int
    job: dict[str, Any] = field(default_factory=dict)
    progress: list[float] = field(default_factory=list)
    memory_kb: list[int] = field(default_factory=list)
    killed_at: list[float] = field(default_factory=list)
    paid: list[tuple[str, int]] = field(default_factory=list)
    """What the emulator took: how each text begins, and what was billed for it."""
    retried: int = 0
    """Parts of which the gateway did not know whether they were taken."""
    twice: list[str] = field(default_factory=list)
    """How those begin that the emulator's books have: asked for again, they are paid again, and knowingly."""
    listened: int = 0
    wrong: list[str] = field(default_factory=list)
    """Sentences that are not heard where their times say."""
    lost: list[int] = field(default_factory=list)
    """Chapters whose sentences are not their text."""
    lengths: list[tuple[float, float]] = field(default_factory=list)
    """Seconds of each chapter, as decoded and as told."""
    took_s: float = 0.0


def written(characters: int, seed: int) -> str:
    chooser = random.Random(seed)
    letters = "bcdfghklmnprstvwz"
    words = ["".join(chooser.choice(letters) + chooser.choice("aeiou") for _ in range(3)) for _ in range(2000)]

    def sentence() -> str:
        return " ".join(chooser.choices(words, k=chooser.randint(6, 14))).capitalize() + "."

    chapters = []
    for number in range(1, CHAPTERS + 1):
        text = f"Chapter {number}\n\n"
        while len(text) < characters / CHAPTERS - 50:
            text += " ".join(sentence() for _ in range(5)) + "\n\n"
        chapters.append(text)
    return "".join(chapters)


class House:
    """The emulator, and a gateway that is killed and started again on the same port."""

    def __init__(self, stack: ExitStack, root: Path) -> None:
        self._root = root
        self.emulator = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-m", "gateway.cli", "emulate", "--port", str(port)]
        stack.enter_context(running(command, core=-1, port=port))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()
        stack.callback(self.stop)

    def start(self) -> None:
        command = [sys.executable, "-m", "gateway.cli", "serve", "--port", str(self.port)]
        own = {"VOICE_GATEWAY_DATA_DIR": str(self._root / "data"), "MINIMAX_API_KEY": "a-long-enough-key"}
        environment = {**GIVING_BACK, **own, "VOICE_GATEWAY_UPSTREAM": f"t2a+{self.emulator}"}
        with (self._root / "log").open("ab") as log:
            self.gateway = Process(command, core=-1, port=self.port, environment=environment, errors=log, stdout=log)
        self.gateway.wait_until_up()

    def stop(self) -> None:
        """With SIGKILL."""
        self.gateway.stop()


async def prove(characters: int, kills: int, seed: int) -> Outcome:
    book = written(characters, seed)
    points = sorted(random.Random(seed).uniform(0.02, 0.9) for _ in range(kills))
    outcome, begun = Outcome(len(book.replace("\n\n", "\n").strip())), time.monotonic()
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        house = House(stack, root)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            form, file = {"config": json.dumps(CONFIG)}, {"file": ("book.txt", book.encode())}
            job = (await http.post(house.url + "/v1/longform", data=form, files=file)).json()["id"]
            while await _watched(http, house, job, points, outcome):
                await _retried(http, house, outcome)
            outcome.took_s = time.monotonic() - begun
            outcome.paid = await _paid(http, house)
            await _listen(http, house, outcome, root, random.Random(seed))
    return outcome


async def _watched(http: httpx.AsyncClient, house: House, job: str, points: list[float], outcome: Outcome) -> bool:
    """Until the job ends; whether it is to be asked for again."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        outcome.job = (await http.get(f"{house.url}/v1/longform/{job}")).json()
        outcome.progress.append(outcome.job["progress"])
        outcome.memory_kb.append(house.gateway.memory_kb())
        if outcome.job["state"] != "running":
            break
        if points and outcome.job["progress"] >= points[0]:
            outcome.killed_at.append(outcome.job["progress"])
            points.pop(0)
            await asyncio.to_thread(house.stop)
            await asyncio.to_thread(house.start)
        await asyncio.sleep(LOOK_S)
    return outcome.job["state"] == "failed" and any(part["state"] == "unsure" for part in outcome.job["parts"])


async def _retried(http: httpx.AsyncClient, house: House, outcome: Outcome) -> None:
    """Ask again for what may have been taken in the moment of a kill: only its owner may, and is told so."""
    unsure = [part for part in outcome.job["parts"] if part["state"] == "unsure"]
    begins = tuple(f"Chapter {part['chapter']}\n" for part in unsure)
    outcome.twice += [text for text, _ in await _paid(http, house) if text.startswith(begins)]
    outcome.retried += len(unsure)
    await http.post(f"{house.url}/v1/longform/{outcome.job['id']}/retry", json={"unsure": True})


async def _paid(http: httpx.AsyncClient, house: House) -> list[tuple[str, int]]:
    requests = (await http.get(house.emulator + "/emulator/usage")).json()["requests"]
    return [(each["text"][:40], each["billed"]) for each in requests if each["endpoint"] == "async" and each["billed"]]


async def _listen(http: httpx.AsyncClient, house: House, outcome: Outcome, root: Path, chooser: random.Random) -> None:
    at = f"{house.url}/v1/longform/{outcome.job['id']}"
    for number in range(1, len(outcome.job["chapters"]) + 1):
        path = root / f"{number}.mp3"
        with path.open("wb") as file:
            async with http.stream("GET", f"{at}/audio?chapter={number}") as response:
                async for data in response.aiter_bytes():
                    file.write(data)
        told = (await http.get(f"{at}/timings?chapter={number}")).json()
        text = (await http.get(f"{at}/text?chapter={number}")).text
        sentences = told["sentences"]
        if "".join("".join(each["text"] for each in sentences).split()) != "".join(text.split()):
            outcome.lost.append(number)
        chosen = sorted(chooser.sample(sentences, min(10, len(sentences))), key=lambda each: each["from_ms"])
        await asyncio.to_thread(_compare, path, told, chosen, outcome)
        path.unlink()


def _compare(path: Path, told: dict[str, Any], chosen: list[dict[str, Any]], outcome: Outcome) -> None:
    windows = [(each["from_ms"] - MARGIN_MS, each["to_ms"] - MARGIN_MS) for each in chosen]
    sounds, seconds = _cut(path, windows)
    outcome.lengths.append((seconds, told["duration_ms"] / 1000))
    outcome.listened += len(chosen)
    outcome.wrong += [
        each["text"] for each, sound in zip(chosen, sounds, strict=True) if heard(sound, RATE) != ids(each["text"])
    ]


def _cut(path: Path, windows: list[tuple[int, int]]) -> tuple[list[bytes], float]:
    """The sound of each window, in milliseconds and in order, and how many seconds all of it is."""
    spans = [(begin * RATE // 1000, end * RATE // 1000) for begin, end in windows]
    sounds, position, passed = [bytearray() for _ in windows], 0, 0
    for samples in _decoded(path):
        after = position + samples.size
        while passed < len(spans) and spans[passed][1] <= position:
            passed += 1
        for number in range(passed, len(spans)):
            begin, end = spans[number]
            if begin >= after:
                break
            sounds[number] += samples[max(0, begin - position) : end - position].tobytes()
        position = after
    return [bytes(sound) for sound in sounds], position / RATE


def _decoded(path: Path) -> Iterator[Any]:
    with av.open(str(path)) as file:
        for frame in file.decode(audio=0):
            yield (np.clip(frame.to_ndarray()[0], -1, 1) * 32767).astype("<i2")


def problems(outcome: Outcome, kills: int) -> list[str]:
    job, found = outcome.job, []
    paid = collections.Counter(text for text, _ in outcome.paid) - collections.Counter(outcome.twice)
    twice = [text for text, count in paid.items() if count > 1]
    once = dict(outcome.paid)
    billed = sum(once.values())
    checks = {
        f"the job ended as {job['state']}: {job['error']}": job["state"] == "done",
        f"{len(job['chapters'])} chapters, not {CHAPTERS}": len(job["chapters"]) == CHAPTERS,
        f"paid twice: {twice}": not twice,
        f"paid {billed} for {job['characters']}": billed == job["characters"],
        f"{job['billed_characters']} are said to be billed": job["billed_characters"] == job["characters"],
        f"killed {len(outcome.killed_at)} times": len(outcome.killed_at) == kills,
        "progress went back": outcome.progress == sorted(outcome.progress),
        f"{max(outcome.memory_kb) / 1024:.0f} MB of memory": max(outcome.memory_kb) < MOST_MB * 1024,
        f"sentences of chapters {outcome.lost} are not their text": not outcome.lost,
        f"not heard where they should be: {outcome.wrong[:3]}": not outcome.wrong,
        f"decoded and told lengths: {outcome.lengths}": all(abs(one - other) < 0.1 for one, other in outcome.lengths),
    }
    found += [problem for problem, good in checks.items() if not good]
    return found


def report(outcome: Outcome) -> None:
    hours = sum(told for _, told in outcome.lengths) / 3600
    print(
        f"{outcome.job['characters']} characters in {len(outcome.job['chapters'])} chapters, {hours:.1f} h of audio, "
        f"in {outcome.took_s:.0f} s\n"
        f"killed at {', '.join(f'{at:.0%}' for at in outcome.killed_at)}; "
        f"{len(outcome.paid)} parts paid, {outcome.retried} asked again by their owner, of which {len(outcome.twice)} "
        "had been taken in the moment of the kill\n"
        f"memory at most {max(outcome.memory_kb) / 1024:.0f} MB; "
        f"{outcome.listened - len(outcome.wrong)} of {outcome.listened} sentences heard where they are told"
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--characters", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    outcome = asyncio.run(prove(args.characters, args.kills, args.seed))
    report(outcome)
    found = problems(outcome, args.kills)
    print("\n".join(found) or "no problem found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
