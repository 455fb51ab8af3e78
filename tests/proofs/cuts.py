"""A turn that is cut at every byte of its wire, with FIN and with RST: what is heard is byte-exact, and paid once.

What upstream is asked again, since it failed or a busy machine made it too slow, is paid again as far as upstream took
it. The client is told so in a `notice`: what is billed beyond text and notices has no explanation.

    make proof-cuts [STEP=1] [SEED=1]

Each turn has a session of its own. One in four is cut again, somewhere, when its client has come back.
"""

import argparse
import asyncio
import itertools
import json
import random
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from gateway.app import running
from gateway.emulator import running as emulating
from gateway.settings import Settings
from tests.connection.stage import numbers
from tests.end_to_end.client import TERMINALS, Heard, stream_url
from tests.proofs.wires import Cut, wires

TEXT = "So be it."
CONFIG = {"voice": {"voice_id": "test_tones", "speed": 2}, "audio": {"rate": 8000}}
AT_ONCE = 6
BATCH = 4000
"""Turns between two looks at the ledger, which holds 10 000 requests."""
CUT = (OSError, EOFError, ConnectionClosed, InvalidHandshake, InvalidMessage)


@dataclass
class Client:
    """One turn, over as many connections as it takes."""

    url: str
    heard: Heard = field(default_factory=Heard)
    connections: int = 0
    _answer: dict | None = None
    _last_seq: int = 0

    async def speak(self) -> None:
        while not self.heard.order or self.heard.order[-1] not in TERMINALS:
            self.connections += 1
            try:
                async with connect(stream_url(self.url), max_size=None, compression=None) as socket:
                    await self._go_on(socket)
            except CUT:
                continue

    async def _go_on(self, socket: ClientConnection) -> None:
        hello = {"config": CONFIG} if self._answer is None else {"resume": self._resume()}
        await socket.send(json.dumps({"type": "hello", **hello}))
        answer = json.loads(await socket.recv())
        if answer.get("code") == "hello_timeout":  # the machine is too busy
            return
        assert answer["type"] in {"welcome", "resumed"}, answer
        self._answer = answer
        if answer.get("last_n") is None:
            await socket.send(json.dumps({"type": "speak", "turn": "a", "text": TEXT, "n": 1}))
        while self.heard.take(await socket.recv()) not in TERMINALS:
            pass
        await socket.send('{"type":"bye"}')

    def _resume(self) -> dict:
        assert self._answer is not None
        numbered = numbers(self.heard)
        return {
            "session": self._answer["session"],
            "token": self._answer["resume_token"],
            "last_seq": numbered[-1] if numbered else 0,
        }


@dataclass
class Tally:
    wire_bytes: int = 0
    turns: int = 0
    connections: int = 0
    characters: int = 0
    billed: int = 0
    again: int = 0
    """Characters that clients were told to be asked again."""
    strange: int = 0
    """Requests with another key: a port is given to the next, and who knew the last may still ask there."""
    wrong: list[str] = field(default_factory=list)

    @property
    def unexplained(self) -> int:
        return max(0, self.billed - self.characters - self.again)

    def book(self, requests: list[dict], key: str) -> None:
        ours = [each for each in requests if each["key"].endswith(key[-4:])]
        self.billed += sum(each["billed"] for each in ours)
        self.strange += len(requests) - len(ours)


def plan(wire_bytes: int, step: int, seed: int) -> Iterator[tuple[Cut, ...]]:
    chance = random.Random(seed)
    for number, after in enumerate(range(seed % step, wire_bytes, step)):
        for reset in (False, True):
            again = Cut(chance.randrange(wire_bytes), chance.random() < 0.5)
            yield (Cut(after, reset), again) if (number + reset) % 4 == 0 else (Cut(after, reset),)


async def prove(step: int, seed: int, faults: Sequence[dict] = ()) -> Tally:
    """`faults`: of upstream, once the turn that is the measure of all has been heard."""
    tally, key = Tally(), secrets.token_hex()
    async with (
        emulating("127.0.0.1", 0) as emulator,
        httpx.AsyncClient(base_url=emulator, trust_env=False) as http,
        running(Settings(port=0, upstream="t2a+" + emulator, api_key=key)) as gateway,
    ):
        async with wires(gateway.url) as whole:
            uncut = Client(whole.url)
            await uncut.speak()
            tally.wire_bytes = whole.passed
        await http.delete("/emulator/usage")
        await http.post("/emulator/faults", json=[*faults])
        plans = plan(tally.wire_bytes, step, seed)
        while batch := [*itertools.islice(plans, BATCH)]:
            cuts = iter(batch)
            await asyncio.gather(*(_turns(gateway.url, cuts, uncut.heard.audio, tally) for _ in range(AT_ONCE)))
            tally.book((await http.get("/emulator/usage")).json()["requests"], key)
            await http.delete("/emulator/usage")
    return tally


async def _turns(url: str, plans: Iterator[tuple[Cut, ...]], audio: bytes, tally: Tally) -> None:
    for cuts in plans:
        async with wires(url, *cuts) as cutting:
            client = Client(cutting.url)
            await client.speak()
        tally.turns += 1
        tally.connections += client.connections
        tally.characters += len(TEXT)
        tally.again += len(TEXT) * client.heard.order.count("notice")
        if client.heard.audio != audio or client.heard.order[-1] != "turn.done":
            tally.wrong.append(f"{cuts}: other audio")
        covered = numbers(client.heard)
        if covered != list(range(1, len(covered) + 1)):
            tally.wrong.append(f"{cuts}: {covered}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    started = time.monotonic()
    tally = asyncio.run(prove(args.step, args.seed))
    print(f"{tally.turns} turns of {tally.wire_bytes} bytes of wire in {time.monotonic() - started:.0f} s,")
    print(f"{tally.connections} connections, {len(tally.wrong)} turns with other audio or numbers,")
    print(f"{tally.billed} characters billed for {tally.characters} of text and {tally.again} asked again;")
    print(f"{tally.strange} requests were somebody else's")
    for line in tally.wrong[:20]:
        print("  wrong:", line)
    return 1 if tally.wrong or tally.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
