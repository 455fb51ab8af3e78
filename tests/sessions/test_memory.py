"""What a session held is gone with it, though Python has not looked for cycles."""

import asyncio
import gc
from collections import Counter

import pytest
from websockets.server import ServerProtocol

from gateway.conversation import Conversation
from gateway.front import Front
from gateway.journal.base import Frame
from gateway.journal.memory import MemoryJournal
from gateway.line import Line
from gateway.outlet import Outlet, Spoken, Staged
from gateway.owning import Owning
from gateway.reader import Reader
from gateway.session.session import Session
from gateway.session.track import Track
from gateway.session.turn import Turn
from gateway.sessions import Live
from gateway.speaker import Speaker
from gateway.wire import Wire
from tests.connection.stage import gateway, hear, say, stream
from tests.end_to_end.client import TERMINALS
from tests.sessions.stage import greeted, refusal, resuming, until
from tests.sessions.test_metrics import settled
from tests.upstreams.raw import refusing, response

KINDS = (
    Front, Wire, Line, Owning, Reader, Live, Conversation, Session, Track, Turn, Speaker, MemoryJournal, Outlet, Spoken,
    ServerProtocol,
)  # fmt: skip
SOUND = [bytes([index]) * 30_000 for index in range(40)]


@pytest.fixture
def _uncollected():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def held(*kinds: type) -> list[str]:
    """What something still refers to."""
    return sorted(type(each).__name__ for each in gc.get_objects() if issubclass(type(each), kinds))


@pytest.mark.usefixtures("_uncollected")
async def test_the_audio_of_sessions_that_have_ended_is_not_kept():
    paced = {"config": {"audio": {"lead_ms": 100}}}
    before = held(Frame, Staged)
    async with gateway(stream(*SOUND), resume_window_ms=100) as (url, _):
        async with greeted(url) as (heard, _), greeted(url, **paced) as (left, _):
            await say(heard, "speak", turn="a", text="Hello.")
            await hear(heard, TERMINALS)
            assert held(Frame, Staged) > before
            await say(heard, "bye")
            await hear(heard, set())
            await say(left, "speak", turn="a", text="Hello.")
            await until(left, "frame")
            left.transport.abort()
        await settled(url, sessions=0, detached_sessions=0)
        assert held(Frame, Staged) == before


@pytest.mark.usefixtures("_uncollected")
async def test_what_a_connection_and_its_session_were_made_of_goes_with_them():
    before = held(*KINDS)
    async with gateway(stream(*SOUND[:4]), resume_window_ms=100) as (url, _):
        async with greeted(url) as (socket, welcome):
            assert len(held(*KINDS)) >= len(before) + 7
            await say(socket, "speak", turn="a", text="Hello.")
            await hear(socket, TERMINALS)
            async with greeted(url, listen={"session": welcome["session"]}):
                await say(socket, "bye")
                await hear(socket, set())
        await forgotten(url, before)


async def left(socket, _):
    await say(socket, "speak", turn="a", text="Hello.")
    await until(socket, "frame")
    socket.transport.abort()


async def resumed_in_vain(socket, url):
    answer = {"session": "s_none", "resume_token": "none"}
    assert await refusal(url, resuming(answer, 0)) == 4008


async def cancelled(socket, _):
    await say(socket, "speak", turn="a", text="Hello.")
    await until(socket, "turn.accepted")
    await say(socket, "turn.cancel", turn="a")
    await hear(socket, TERMINALS)


async def failed(socket, _):
    await say(socket, "speak", turn="a", text="Hello.")
    assert (await hear(socket, TERMINALS)).order[-1] == "turn.failed"


@pytest.mark.parametrize(
    ("ends", "upstream"),
    [
        (left, stream(*SOUND)),
        (resumed_in_vain, b""),
        (cancelled, b"HTTP/1.1 200 OK\r\n"),
        (failed, response(refusing(1026), kind="application/json")),
        (failed, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
    ],
)
@pytest.mark.parametrize("store", ["memory:", "redis:"])
@pytest.mark.usefixtures("_uncollected")
async def test_so_it_does_when_it_ends_otherwise(ends, upstream, store, redis_server):
    where, before = redis_server.url if store == "redis:" else store, held(*KINDS)
    async with gateway(upstream, stay=ends is cancelled, resume_window_ms=100, store=where) as (url, _):
        async with greeted(url) as (socket, _):
            await ends(socket, url)
        await forgotten(url, before)


async def forgotten(url, before):
    """Other gateways of this process may have let go of something meanwhile."""
    await settled(url, sessions=0, detached_sessions=0, listeners=0)
    until = asyncio.get_running_loop().time() + 10
    while (more := Counter(held(*KINDS)) - Counter(before)) and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(0.1)  # a closed socket discards what still comes for a second
    assert more == Counter()
