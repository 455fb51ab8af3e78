"""What a session held is gone with it, though Python has not looked for cycles."""

import gc

import pytest

from gateway.journal.base import Frame
from gateway.outlet import Staged
from tests.connection.stage import gateway, hear, say, stream
from tests.end_to_end.client import TERMINALS
from tests.sessions.stage import greeted, until
from tests.sessions.test_metrics import settled

SOUND = [bytes([index]) * 30_000 for index in range(40)]


@pytest.fixture
def _uncollected():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def audio() -> int:
    """Pieces of it that something still refers to."""
    return sum(isinstance(each, Frame | Staged) for each in gc.get_objects())


@pytest.mark.usefixtures("_uncollected")
async def test_the_audio_of_sessions_that_have_ended_is_not_kept():
    paced = {"config": {"audio": {"lead_ms": 100}}}
    before = audio()
    async with gateway(stream(*SOUND), resume_window_ms=100) as (url, _):
        async with greeted(url) as (heard, _), greeted(url, **paced) as (left, _):
            await say(heard, "speak", turn="a", text="Hello.")
            await hear(heard, TERMINALS)
            assert audio() > before
            await say(heard, "bye")
            await hear(heard, set())
            await say(left, "speak", turn="a", text="Hello.")
            await until(left, "frame")
            left.transport.abort()
        await settled(url, sessions=0, detached_sessions=0)
        assert audio() == before
