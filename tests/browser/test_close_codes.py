"""What the browser client does when it is closed: against a gateway that says nothing else."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.browser.tab import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

GREETING = {"session": "s", "resume_token": "t", "resume_window_ms": 60_000, "config": {}, "limits": {}, "ignored": []}
RESUMED = {"from_seq": 1, "to_seq": 0, "last_n": None, "turns": []}
BEGIN = """async ([url, options]) => {
  const { VoiceGateway } = await import('/client/voice-gateway.js');
  globalThis.voice = new VoiceGateway(url, options);
  globalThis.told = [];
  voice.on('reconnecting', ({ closeCode }) => told.push(closeCode));
  for (const name of ['welcome', 'resumed', 'close']) voice.on(name, () => told.push(name));
  globalThis.until = (name) => new Promise((resolve) => voice.on(name, resolve));
}"""


class Gateway:
    """Each connection is greeted and closed with the next code; `unheard` codes come before the greeting."""

    def __init__(self, codes: tuple[int, ...], unheard: tuple[int, ...]) -> None:
        self.codes = list(codes)
        self.unheard = unheard
        self.hellos: list[dict] = []
        self.said: asyncio.Queue[dict] = asyncio.Queue()
        """All but pings, which come when they like."""
        self.url = ""

    async def accept(self, socket: ServerConnection) -> None:
        hello = json.loads(await socket.recv())
        self.hellos.append({name: hello[name] for name in ("config", "resume") if name in hello})
        code = self.codes.pop(0) if self.codes else None
        if code not in self.unheard:
            greeting = {"type": "resumed", **RESUMED} if "resume" in hello else {"type": "welcome"}
            await socket.send(json.dumps({**GREETING, **greeting, "re": hello["id"]}))
        if code is not None:
            await socket.close(code)
        with contextlib.suppress(ConnectionClosed):
            async for message in socket:
                if (said := json.loads(message))["type"] != "ping":
                    self.said.put_nowait(said)


@asynccontextmanager
async def closing(*codes: int, unheard: tuple[int, ...] = ()) -> AsyncIterator[Gateway]:
    gateway = Gateway(codes, unheard)
    async with serve(gateway.accept, "127.0.0.1", 0, subprotocols=["voice-gateway.v1"]) as server:
        gateway.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/stream"
        yield gateway


async def begun(tab, page: str, gateway: Gateway, **options) -> None:
    await tab.page.goto(f"{page}/healthz")
    await tab.ask(BEGIN, [gateway.url, {"config": {"lip": True}, **options}])


@pytest.fixture(autouse=True)
def forgiving(tab) -> None:
    tab.cut = True


BEGINNING = {"config": {"lip": True}}
RESUMING = {"resume": {"session": "s", "token": "t", "last_seq": 0}}


@pytest.mark.parametrize("code", [1003, 4007, 4099])
async def test_what_is_final_is_told_and_not_tried_again(gateway, tab, code):
    async with closing(code) as there:
        await begun(tab, gateway, there)
        told = await tab.ask("async () => { voice.connect(); return [(await until('close')).closeCode, told]; }")
    assert told == [code, ["welcome", "close"]]
    assert there.hellos == [BEGINNING]


@pytest.mark.parametrize("code", [1012, 4102, 4299])
async def test_what_passes_is_come_back_from_and_the_session_resumed(gateway, tab, code):
    async with closing(code) as there:
        await begun(tab, gateway, there)
        told = await tab.ask("async () => { voice.connect(); await until('resumed'); return told; }")
    assert told == ["welcome", code, "resumed"]
    assert there.hellos == [BEGINNING, RESUMING]


async def test_an_idle_session_sleeps_until_something_is_said(gateway, tab):
    async with closing(4203) as there:
        await begun(tab, gateway, there)
        told = await tab.ask(
            """async () => {
              voice.connect();
              await until('close');
              voice.speak('Awake.');
              await until('resumed');
              return told;
            }"""
        )
        async with asyncio.timeout(PATIENCE_S):
            said = await there.said.get()
    assert told == ["welcome", "close", "resumed"]
    assert said == {"type": "speak", "n": 1, "id": "t1", "turn": "t1", "text": "Awake."}


async def test_a_session_that_cannot_be_resumed_is_followed_by_another(gateway, tab):
    async with closing(1012, 4008, unheard=(4008,)) as there:
        await begun(tab, gateway, there)
        told = await tab.ask(
            """async () => {
              await voice.connect();
              await until('reconnecting');
              await until('welcome');
              return told;
            }"""
        )
    assert told == ["welcome", 1012, 4008, "welcome"]
    assert there.hellos == [BEGINNING, RESUMING, BEGINNING]


async def test_who_can_get_another_token_comes_back_with_it(gateway, tab):
    async with closing(4002, 4001, unheard=(4001,)) as there:
        await begun(tab, gateway, there)
        told = await tab.ask(
            """async () => {
              let count = 0;
              voice.token = async () => `token ${++count}`;
              voice.connect();
              await until('close');
              return [told, count];
            }"""
        )
    assert told == [["welcome", 4002, "close"], 2]
    assert there.hellos == [BEGINNING, BEGINNING]
