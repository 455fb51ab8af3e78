"""Turns against an upstream that fails one segment in ten at random bytes: no word twice, none missing.

    make proof-turns [TURNS=10000] [SEED=1]

The emulator's test voice says every word as tones of its own, so that what was heard can be read back from the samples.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field

import httpx
from websockets.asyncio.client import ClientConnection, connect

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import TERMINALS, Heard, stream_url
from tests.tones import heard, ids

SESSIONS = 16
RATE = 8000
FAULTS = 60
SHARE = 0.1
SYLLABLES = ["ka", "lo", "mi", "ne", "tu", "ra", "si", "do", "ve", "pa", "zu", "bi"]


@dataclass
class Tally:
    turns: int = 0
    done: int = 0
    failed: int = 0
    retried: int = 0
    characters: int = 0
    wrong: list[str] = field(default_factory=list)
    billed: int = 0

    @property
    def ratio(self) -> float:
        return self.billed / max(1, self.characters)


def faults(seed: int) -> list[dict]:
    """One request in ten, each at another byte in another way."""
    chance = random.Random(seed)
    ways = [{"kind": "cut"}, {"kind": "cut", "torn": True}, {"kind": "truncated"}, {"kind": "bad_hex"}]
    ways += [{"kind": "error", "code": 1000}, {"kind": "missing_final"}]
    each = SHARE / FAULTS
    return [
        {**ways[number % len(ways)], "probability": each, "times": None, "seed": seed * 1000 + number}
        | ({} if ways[number % len(ways)]["kind"] == "missing_final" else {"at": chance.randrange(0, 12_000)})
        for number in range(FAULTS)
    ]


def text(chance: random.Random) -> str:
    def word() -> str:
        return "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(1, 3)))

    return " ".join(" ".join(word() for _ in range(chance.randint(2, 7))) + "." for _ in range(chance.randint(1, 4)))


async def prove(turns: int, seed: int) -> Tally:
    tally = Tally()
    async with emulating("127.0.0.1", 0) as emulator, httpx.AsyncClient(base_url=emulator, trust_env=False) as http:
        await http.post("/emulator/faults", json=faults(seed))
        settings = Settings(port=0, upstream="t2a+" + emulator, api_key="proof")
        async with running(settings) as gateway:
            shares = [turns // SESSIONS + (number < turns % SESSIONS) for number in range(SESSIONS)]
            sessions = (_session(gateway.url, share, random.Random(f"{seed}.{number}"), tally)
                        for number, share in enumerate(shares))  # fmt: skip
            await asyncio.gather(*sessions)
        usage = (await http.get("/emulator/usage")).json()
    tally.billed = usage["totals"]["billed"]
    return tally


async def _session(url: str, turns: int, chance: random.Random, tally: Tally) -> None:
    config = {"voice": {"voice_id": "test_tones", "speed": 2}, "audio": {"rate": RATE}}
    async with connect(stream_url(url), max_size=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "config": config}))
        for number in range(turns):
            await _turn(socket, f"t{number}", text(chance), tally)


async def _turn(socket: ClientConnection, name: str, words: str, tally: Tally) -> None:
    listened = Heard()
    await socket.send(json.dumps({"type": "speak", "turn": name, "text": words}))
    while listened.take(await socket.recv()) not in TERMINALS:
        pass
    tally.turns += 1
    tally.characters += len(words)
    tally.retried += listened.order.count("notice")
    problem = _check(listened, words, tally)
    if problem:
        tally.wrong.append(f"{problem}: {words}")


def _check(listened: Heard, words: str, tally: Tally) -> str | None:
    """What is wrong with the turn, if anything."""
    terminal = listened.messages[-1]
    spoken = heard(listened.audio, RATE)
    if terminal["type"] == "turn.done":
        tally.done += 1
        return None if spoken == ids(words) else "other words"
    tally.failed += 1
    whole = terminal["heard"]["text"] + terminal["unheard"]["text"] == words
    told = spoken[:-1] if spoken and spoken[-1] is None else spoken  # the last word may have been cut within
    return None if whole and told == ids(words)[: len(told)] else "failed, and not a beginning of the text"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    started = time.monotonic()
    tally = asyncio.run(prove(args.turns, args.seed))
    print(f"{tally.turns} turns in {time.monotonic() - started:.0f} s: {tally.done} done, {tally.failed} failed")
    print(f"after three tries, {tally.retried} segments asked again, {len(tally.wrong)} turns with wrong words,")
    print(f"{tally.billed} characters billed for {tally.characters} of text: {tally.ratio:.3f}")
    for line in tally.wrong[:20]:
        print("  wrong:", line)
    return 1 if tally.wrong or tally.ratio > 1.15 else 0


if __name__ == "__main__":
    sys.exit(main())
