"""Malformed input over real sockets: heads, frames, messages, and good messages in a wrong order.

    make fuzz [INPUTS=10000] [SEED=1]

Each input has a connection of its own and is followed by a ping. What must come back is documented: an error and the
pong, a close code, an HTTP status. Who is left in the middle of a frame or a head has nothing to be told.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import KINDS
from tests.bench.processes import GIVING_BACK, running
from tests.connection.raw import CLOSE, CONTINUATION, PING, TEXT, UPGRADE, dialled, frame, upgraded
from tests.connection.test_malformed import FIELDS, extreme, torn, wrong_values
from tests.ports import free_port
from tests.proofs.soak import Gateway, client, is_fine

AT_ONCE = 8
WARM = 0.1
"""Of the inputs, before memory is looked at."""
MOST_GROWN_KB = 5 << 10
CODES = {1000, 1002, 1003, 1007, 1008, 1009, *(kind.close_code for kind in KINDS.values() if kind.close_code)} - {1011}
STATUSES = {101, 400, 403, 404, 405, 426, 431}
"""403 is an upgrade of a path that has none."""
UNFINISHED_S = 0.5
"""Whoever has not been answered by then has not finished what was begun."""
ANSWER_S = 30.0
PROBE, PROBED = frame(TEXT, b'{"type":"ping","t":"last"}'), b'"t":"last"'
GREETING = b'{"type":"hello"}'


@dataclass(frozen=True)
class Input:
    kind: str
    data: bytes
    """What is sent; behind a handshake, if it is none."""
    may_wait: bool
    """It may be the beginning of something longer."""


@dataclass
class Tally:
    inputs: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    """By kind, and by what came back last."""
    wrong: list[str] = field(default_factory=list)
    grown_kb: int = 0
    log: list[str] = field(default_factory=list)


def head(chance: random.Random) -> Input:
    """A handshake with something changed, doubled, cut off or put in."""
    good = bytearray(UPGRADE + b"\r\n")
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(good))
        match chance.randrange(4):
            case 0:
                good[at] = chance.randrange(256)
            case 1:
                del good[at : at + chance.randrange(1, 20)]
            case 2:
                good[at:at] = chance.randbytes(chance.randrange(1, 20))
            case _:
                good[at:at] = good[at : at + 40] * chance.randrange(1, 100)
    return Input("head", bytes(good), may_wait=True)


def frames(chance: random.Random) -> Input:
    """Frames of any opcode, bits, length and order, and bytes that are none."""
    greeted = frame(TEXT, GREETING) if chance.random() < 0.5 else b""
    parts = [chance.choice((_any_frame, _fragment, _bad_utf8, _close, _noise))(chance) for _ in range(3)]
    return Input("frames", greeted + b"".join(parts), may_wait=True)


def _any_frame(chance: random.Random) -> bytes:
    made = bytearray(frame(chance.randrange(16), chance.randbytes(chance.randrange(300)), fin=chance.random() < 0.8))
    if chance.random() < 0.3:
        made[0] |= chance.randrange(8) << 4
    if chance.random() < 0.3:
        made[1] = chance.randrange(256)
    return bytes(made)


def _fragment(chance: random.Random) -> bytes:
    return frame(chance.choice((TEXT, CONTINUATION)), b'{"type":', fin=chance.random() < 0.2) + frame(PING, b"x")


def _bad_utf8(chance: random.Random) -> bytes:
    return frame(TEXT, b'{"type":"' + chance.randbytes(chance.randrange(1, 30)) + b'"}')


def _close(chance: random.Random) -> bytes:
    return frame(CLOSE, chance.randrange(65_536).to_bytes(2, "big") + chance.randbytes(chance.randrange(130)))


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(1, 200))


def message(chance: random.Random) -> Input:
    """Wrong values, torn JSON, numbers and names without measure, unknown fields."""
    said = chance.choice((wrong_values, wrong_values, torn, torn, extreme, _unknown))(chance)
    data = said.encode("utf-8", "replace")
    return Input("message", frame(TEXT, GREETING) + frame(TEXT, data[:65_000]), may_wait=False)


def _unknown(chance: random.Random) -> str:
    name = chance.choice([*FIELDS])
    return json.dumps({"type": name, **FIELDS[name], chance.choice(("x", "Type", "turn ", "\u202e", "")): 1})


def order(chance: random.Random) -> Input:
    """Good messages, said when they make no sense."""
    names = chance.choices([*FIELDS], k=chance.randint(2, 8))
    said = (frame(TEXT, json.dumps({"type": name, **FIELDS[name]}).encode()) for name in names)
    return Input("order", b"".join(said), may_wait=False)


MAKERS: tuple[Callable[[random.Random], Input], ...] = (head, frames, message, message, order)


def inputs(count: int, seed: int) -> Iterator[Input]:
    for number in range(count):
        yield MAKERS[number % len(MAKERS)](random.Random(f"{seed}.{number}"))


async def _answered(url: str, given: Input) -> bytes:
    """All that came back, up to the server's close or, where that may be, its silence."""
    if given.kind == "head":
        async with dialled(url) as (reader, writer):
            writer.write(given.data)
            return await _read(reader, given, b"\r\n\r\n")
    async with upgraded(url) as (reader, writer):
        writer.write(given.data + PROBE)
        return await _read(reader, given, PROBED)


async def _read(reader: asyncio.StreamReader, given: Input, until: bytes) -> bytes:
    got = bytearray()
    try:
        while data := await asyncio.wait_for(reader.read(65_536), UNFINISHED_S if given.may_wait else ANSWER_S):
            got += data
            if until in got:
                break
    except ConnectionResetError:
        pass
    except TimeoutError:
        if not given.may_wait:
            raise
    return bytes(got)


def judged(given: Input, got: bytes) -> str:
    """What came back last. Raises ValueError for what is not documented."""
    if not got:
        return "nothing"
    if given.kind == "head":
        status = int(got.split(b" ")[1])
        if status not in STATUSES:
            raise ValueError(f"status {status}")
        return f"status {status}"
    last = "nothing"
    while got:
        opcode, payload, got = _frame(got)
        if opcode == CLOSE:
            last = _closed(int.from_bytes(payload[:2], "big"))
        elif opcode == TEXT and PROBED not in payload:
            last = _said(json.loads(payload))
    return last


def _closed(code: int) -> str:
    if code not in CODES:
        raise ValueError(f"close code {code}")
    return f"close {code}"


def _said(told: dict) -> str:
    if told["type"] == "error" and (told["code"] not in KINDS or told["code"] == "internal"):
        raise ValueError(f"error {told}")
    return f"error {told['code']}" if told["type"] == "error" else told["type"]


def _frame(data: bytes) -> tuple[int, bytes, bytes]:
    """As a server sends it; what is behind it."""
    length, at = data[1], 2
    if length >= 126:
        size = 2 if length == 126 else 8
        length, at = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
    return data[0] & 0x0F, data[at : at + length], data[at + length :]


async def _feed(url: str, given: Iterator[Input], tally: Tally) -> None:
    for each in given:
        tally.inputs += 1
        try:
            tally.answers[f"{each.kind}: {judged(each, await _answered(url, each))}"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the input is named
            tally.wrong.append(f"{error!r} after {each.kind} {each.data[-300:]!r}")


async def prove(count: int, seed: int) -> Tally:
    tally, port, given = Tally(), free_port(), inputs(count, seed)
    environment = {
        "VOICE_GATEWAY_UPSTREAM": "t2a+http://127.0.0.1:9",
        "VOICE_GATEWAY_API_KEY": "fuzz",
        "VOICE_GATEWAY_RESUME_WINDOW_MS": "500",
        "VOICE_GATEWAY_DETACHED_SESSIONS": "20",
        "VOICE_GATEWAY_LOG_FORMAT": "json",
        "PYTHONWARNINGS": "default",
        **GIVING_BACK,
    }
    command = (sys.executable, "-m", "gateway.cli", "serve", "--port", str(port))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with (
            log.open("wb") as errors,
            running(command, core=-1, port=port, environment=environment, errors=errors) as process,
        ):
            async with client() as http:
                gateway = Gateway(process, f"http://127.0.0.1:{port}", http)
                warm = iter([next(given) for _ in range(round(count * WARM))])
                before = await _fed(gateway, warm, tally)
                tally.grown_kb = await _fed(gateway, given, tally) - before
        tally.log = [line for line in log.read_text().splitlines() if not is_fine(line)]
    return tally


async def _fed(gateway: Gateway, given: Iterator[Input], tally: Tally) -> int:
    """Memory in KB, when all of it has been dealt with."""
    await asyncio.gather(*(_feed(gateway.url, given, tally) for _ in range(AT_ONCE)))
    return (await gateway.rest()).memory_kb


def problems(tally: Tally) -> list[str]:
    found = tally.wrong[:20] + tally.log[:20]
    if tally.grown_kb > MOST_GROWN_KB:
        found.append(f"memory grew by {tally.grown_kb} KB")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    tally = asyncio.run(prove(args.inputs, args.seed))
    for answer, times in sorted(tally.answers.items()):
        print(f"{times:6} {answer}")
    print(f"{tally.inputs} inputs, {len(tally.wrong)} with an undocumented answer, {len(tally.log)} lines of trouble,")
    print(f"memory {tally.grown_kb:+} KB")
    found = problems(tally)
    for line in found:
        print("problem:", line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
