"""Two mouths on one socket, heard word by word."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from tests.end_to_end.client import TERMINALS, Heard, stream_url
from tests.tones import heard as words_in
from tests.tones import ids

RATE = 8000
CONFIG = {"voice": {"voice_id": "test_tones"}, "audio": {"codec": "pcm_s16le", "rate": RATE}}
SMITH = "The forge is hot today and the iron is soft. Come closer and look how the sparks fly around my hammer. " * 2
INNKEEPER = "Welcome to my inn dear traveller. There is soup on the fire and a bed under the roof for two coins. " * 2


class Player:
    """A client that plays faster than time: each frame counts as played when it has come."""

    def __init__(self, socket):
        self.socket = socket
        self.heard = Heard()
        self._names: dict[int, str] = {}
        self._played: dict[str, float] = {}

    async def say(self, type_: str, **fields) -> None:
        await self.socket.send(json.dumps({"type": type_, **fields}))

    async def hear(self, until=TERMINALS, *, times: int = 1, playing: bool = True) -> None:
        async with asyncio.timeout(30):
            while times:
                kind = self.heard.take(await self.socket.recv())
                times -= kind in until
                if kind == "turn.accepted":
                    accepted = self.heard.messages[-1]
                    self._names[accepted["handle"]] = accepted["turn"]
                if kind == "frame" and playing:
                    await self._play(self.heard.frames[-1])

    async def _play(self, frame) -> None:
        turn = self._names[frame[3]]
        self._played[turn] = (frame[5] + len(frame[6]) // 2) * 1000 / RATE
        await self.say("playback", turn=turn, played_ms=self._played[turn])

    def audio(self, handle: int) -> bytes:
        return b"".join(frame[-1] for frame in self.heard.frames if frame[3] == handle)


@asynccontextmanager
async def player(url: str, **config):
    async with connect(stream_url(url), max_size=None, compression=None) as socket:
        playing = Player(socket)
        await playing.say("hello", v=1, config=CONFIG | config)
        await playing.hear({"welcome"})
        yield playing


def assert_contiguous(heard: Heard) -> None:
    position: dict[int, int] = {}
    for _, _, _, handle, _, at, payload in heard.frames:
        assert at == position.get(handle, 0)
        position[handle] = at + len(payload) // 2


async def test_two_tracks_speak_at_once_each_in_its_order(gateway):
    async with player(gateway) as here:
        await here.say("speak", turn="a1", text=SMITH, track="smith")
        await here.say("speak", turn="b1", text=INNKEEPER, track="innkeeper")
        await here.say("speak", turn="a2", text=INNKEEPER, track="smith")
        await here.hear(times=3)
    heard = here.heard
    assert [words_in(here.audio(handle), RATE) for handle in (1, 2, 3)] == [ids(SMITH), ids(INNKEEPER), ids(INNKEEPER)]
    assert_contiguous(heard)
    handles = [frame[3] for frame in heard.frames]
    assert handles.index(3) > max(at for at, handle in enumerate(handles) if handle == 1)
    assert handles.index(1) < handles.index(2) < max(at for at, handle in enumerate(handles) if handle == 1)


@pytest.mark.parametrize("lead_ms", [None, 200])
async def test_a_paused_turn_goes_on_to_the_sample(gateway, lead_ms):
    audio = CONFIG["audio"] | {"lead_ms": lead_ms}
    async with player(gateway, audio=audio, captions="words", lip=True) as here:
        await here.say("turn.open", turn="a")
        for part in (SMITH, INNKEEPER):
            await here.say("turn.append", turn="a", text=part)
            await here.say("turn.append", turn="a", mark=part[:7])
        await here.say("turn.commit", turn="a")
        await here.hear({"frame"})
        await here.say("turn.pause", turn="a")
        await here.hear({"turn.paused"})
        before = len(here.heard.frames)
        for number in range(20):
            await here.say("ping", t=number)
            await here.hear({"pong"})
        assert len(here.heard.frames) == before
        await here.say("turn.resume", turn="a")
        await here.hear()
    assert here.heard.order.index("turn.resumed") < len(here.heard.order) - 1
    assert words_in(here.audio(1), RATE) == ids(SMITH + INNKEEPER)
    assert_contiguous(here.heard)
    assert here.heard.order[-1] == "turn.done"
    assert [message["name"] for message in here.heard.messages if message["type"] == "mark"] == ["The for", "Welcome"]


async def test_a_cancel_says_what_was_heard_before_a_pause(gateway):
    async with player(gateway, audio=CONFIG["audio"] | {"lead_ms": 200}, captions="words") as here:
        await here.say("speak", turn="a", text=SMITH)
        await here.hear({"frame"}, times=5)
        await here.say("turn.pause", turn="a")
        await here.hear({"turn.paused"}, playing=False)
        paused = here.heard.messages[-1]
        await here.say("turn.cancel", turn="a")
        await here.hear()
    cancelled = here.heard.messages[-1]
    assert cancelled["heard"]["ms"] == paused["at_ms"]
    assert cancelled["heard"]["text"] + cancelled["unheard"]["text"] == SMITH
