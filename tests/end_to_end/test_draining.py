"""A served gateway is told to stop: turns end, clients know, the process ends with 0."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager

import httpx
import pytest
from websockets.asyncio.client import connect

from gateway.emulator import running as emulating
from tests.connection.stage import hear, numbers, say
from tests.end_to_end.client import stream_url
from tests.end_to_end.test_workers import answers
from tests.ports import free_port
from tests.tones import heard as words_in
from tests.tones import ids

CONFIG = {"voice": {"voice_id": "test_tones"}, "audio": {"codec": "pcm_s16le", "rate": 8000}}
PACED = {
    "voice": CONFIG["voice"] | {"speed": 2},
    "audio": CONFIG["audio"] | {"lead_ms": 200, "lookahead_ms": 1000},
}
TEXT = "Many words follow each other until the whole story is told from one end to the other. " * 6
"""Three segments; eight seconds of sound."""


@asynccontextmanager
async def served(workers: int = 1, drain_s: float = 30):
    port = free_port()
    async with emulating("127.0.0.1", 0) as emulator:
        arguments = ["serve", "--port", str(port), "--upstream", "t2a+" + emulator, "--workers", str(workers)]
        environment = os.environ | {"VOICE_GATEWAY_API_KEY": "k", "VOICE_GATEWAY_DRAIN_S": str(drain_s)}
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway.cli", *arguments, env=environment)
        try:
            await answers(f"http://127.0.0.1:{port}")
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@asynccontextmanager
async def greeted(url: str, config=CONFIG):
    async with connect(stream_url(url), max_size=None, compression=None) as socket:
        await say(socket, "hello", v=1, config=config)
        assert json.loads(await socket.recv())["type"] == "welcome"
        yield socket


@pytest.mark.parametrize("workers", [1, 2])
async def test_turns_in_flight_and_those_that_wait_are_heard_to_their_last_word(workers):
    async def converse(begun: asyncio.Queue):
        async with greeted(url, PACED) as socket:
            for turn in "ab":
                await say(socket, "speak", turn=turn, text=TEXT)
            heard = await hear(socket, {"frame"})
            begun.put_nowait(None)
            rest = await hear(socket, set())
            heard.messages += rest.messages
            heard.frames += rest.frames
            heard.order += rest.order
            return heard, socket.close_code

    async with served(workers) as (process, url):
        begun: asyncio.Queue[None] = asyncio.Queue()
        talks = [asyncio.create_task(converse(begun)) for _ in range(6)]
        for _ in talks:
            await begun.get()
        process.terminate()
        ended = await asyncio.gather(*talks)
        assert await process.wait() == 0
    for heard, close_code in ended:
        assert close_code == 4200
        assert [heard.order.count(kind) for kind in ("goaway", "turn.done", "error")] == [1, 2, 1]
        assert heard.order.index("goaway") < heard.order.index("turn.done")
        assert heard.order[-2:] == ["turn.done", "error"]
        assert [words_in(audio(heard, handle), 8000) for handle in (1, 2)] == [ids(TEXT)] * 2
        assert [done["bytes"] for done in heard.messages if done["type"] == "turn.done"] == [
            len(audio(heard, handle)) for handle in (1, 2)
        ]
        assert numbers(heard) == list(range(1, len(numbers(heard)) + 1))


def audio(heard, handle: int) -> bytes:
    return b"".join(frame[-1] for frame in heard.frames if frame[3] == handle)


async def test_while_draining_an_open_turn_goes_on_and_nothing_new_begins():
    async with served() as (process, url), greeted(url) as idle, greeted(url) as socket:
        await say(socket, "turn.open", turn="a")
        await hear(socket, {"turn.accepted"})
        process.terminate()
        goaway = (await hear(socket, {"goaway"})).messages[-1]
        assert goaway == {"type": "goaway", "reason": "drain", "in_ms": 27_000}
        assert ((await hear(idle, set())).order, idle.close_code) == (["goaway", "error"], 4200)
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(url + "/readyz")).status_code == 503
        async with connect(stream_url(url)) as late:
            refused = await hear(late, set())
            assert (refused.messages[-1]["code"], refused.messages[-1]["fatal"]) == ("draining", True)
            assert late.close_code == 4200
        await say(socket, "speak", turn="b", text="New.", id="1")
        error = (await hear(socket, {"error"})).messages[-1]
        assert (error["code"], error["retryable"], error["re"], error["fatal"]) == ("draining", True, "1", False)
        await say(socket, "turn.append", turn="a", text="The end.")
        await say(socket, "turn.commit", turn="a")
        heard = await hear(socket, set())
        assert words_in(heard.audio, 8000) == ids("The end.")
        assert (heard.order[-2:], socket.close_code) == (["turn.done", "error"], 4200)
        assert await process.wait() == 0


@pytest.mark.parametrize(("workers", "second"), [(1, None), (1, signal.SIGINT), (2, signal.SIGTERM)])
async def test_after_the_deadline_or_a_second_signal_the_rest_is_cut_with_1012(workers, second):
    async with served(workers, 30 if second else 3.2) as (process, url), greeted(url) as socket:
        await say(socket, "turn.open", turn="a")
        await hear(socket, {"turn.accepted"})
        process.terminate()
        await hear(socket, {"goaway"})
        if second:
            process.send_signal(second)
        heard = await hear(socket, set())
        assert (heard.order, socket.close_code) == (["turn.cancelled", "error"], 1012)
        assert heard.messages[-1]["close_code"] == 1012
        assert heard.messages[0]["reason"] == "session_end"
        assert await process.wait() == 0
