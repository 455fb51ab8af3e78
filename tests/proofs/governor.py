"""Many sessions on one small key: nobody is refused, order is kept, waiting is announced, first segments go first.

make proof-governor [SESSIONS=50]      at 60 requests a minute: about two minutes
"""

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass

import httpx

from gateway.app import running
from gateway.emulator import Habits
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.end_to_end.client import Heard, speak
from tests.tones import heard, ids

RATE = 8000


@dataclass(frozen=True)
class Outcome:
    turns: list[Heard]
    asked: list[str]
    """Texts in the order in which upstream was asked."""
    refused: int
    """Requests that upstream refused and the gateway asked again, unheard by clients."""

    def places(self, number: int) -> tuple[int, int]:
        """When session `number`'s first and second segment were asked for."""
        return self.asked.index(first(number)), self.asked.index(second(number))


def first(number: int) -> str:
    return f"Session {number} says hello."


def second(number: int) -> str:
    return f"And this is the rest of what number {number} had to say today."


async def prove(sessions: int, rpm: int) -> Outcome:
    async with emulating("127.0.0.1", 0, Habits(requests_per_minute=rpm)) as emulator:
        settings = Settings(port=0, upstream="t2a+" + emulator, api_key="proof", upstream_rpm=rpm)
        async with running(settings) as gateway:
            config = {"voice": {"voice_id": "test_tones", "speed": 2}, "audio": {"rate": RATE}}
            turns = await asyncio.gather(
                *(speak(gateway.url, f"{first(number)} {second(number)}", config=config) for number in range(sessions))
            )
        async with httpx.AsyncClient(base_url=emulator, trust_env=False) as http:
            requests = (await http.get("/emulator/usage")).json()["requests"]
    done = [request["text"] for request in requests if request["outcome"] == "done"]
    return Outcome(list(turns), done, len(requests) - len(done))


def problems(outcome: Outcome) -> list[str]:
    found = []
    for number, turn in enumerate(outcome.turns):
        if turn.order[-1] != "turn.done":
            found.append(f"session {number}: {turn.messages[-1]}")
        elif heard(turn.audio, RATE) != ids(f"{first(number)} {second(number)}"):
            found.append(f"session {number}: other words, or in another order")
    waiting = [turn for turn in outcome.turns if turn.order.count("flow")]
    if len(waiting) < len(outcome.turns) // 2:
        found.append(f"only {len(waiting)} sessions were told that they wait")
    firsts, seconds = zip(*(outcome.places(number) for number in range(len(outcome.turns))), strict=True)
    if sum(firsts) >= sum(seconds) or sum(place < len(firsts) for place in firsts) < len(firsts) * 0.6:
        found.append("first segments did not overtake")
    if all(place >= len(firsts) for place in seconds):
        found.append("no second segment went before the last first one: running turns would fall silent")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--rpm", type=int, default=60)
    args = parser.parse_args()
    started = time.monotonic()
    outcome = asyncio.run(prove(args.sessions, args.rpm))
    found = problems(outcome)
    print(f"{args.sessions} sessions on {args.rpm} requests a minute: {len(outcome.asked)} segments in")
    print(
        f"{time.monotonic() - started:.0f} s, {outcome.refused} refused by upstream and asked again, problems: {found}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
