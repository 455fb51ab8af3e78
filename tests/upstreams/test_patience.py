import asyncio

import pytest

from gateway.upstreams.t2a.patience import Countdown, Patience

from .timing import Time

SHORT = Patience(first_audio=0.001, next_audio=0.001)


class Watched(Time):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return super().__call__()

    async def until_asked(self, times: int) -> None:
        self.asked = 0
        while self.asked < times:
            await asyncio.sleep(0)


async def test_when_nothing_comes_it_runs_out():
    time = Watched()
    with pytest.raises(TimeoutError):
        async with Countdown(SHORT, time):
            time.now = 1
            await asyncio.Event().wait()


async def test_audio_begins_it_anew():
    time = Watched()
    with pytest.raises(TimeoutError):
        async with Countdown(SHORT, time) as countdown:
            for now in range(3):
                time.now = now
                countdown.heard()
                await time.until_asked(2)
            time.now = 9
            await asyncio.Event().wait()
    assert time.now == 9


async def test_it_is_shorter_once_audio_has_come():
    time = Watched()
    with pytest.raises(TimeoutError):
        async with Countdown(Patience(first_audio=1000, next_audio=0.001), time) as countdown:
            time.now = 999
            countdown.heard()
            time.now = 1001
            await asyncio.Event().wait()


async def test_while_it_is_held_no_time_passes():
    time = Watched()
    async with Countdown(SHORT, time) as countdown:
        countdown.hold()
        time.now = 1000
        countdown.heard()
        countdown.go_on()
        await time.until_asked(2)


async def test_what_ends_in_time_leaves_nothing_behind():
    time = Watched()
    async with Countdown(SHORT, time):
        pass
    time.now = 1000
    asked = time.asked
    for _ in range(100):
        await asyncio.sleep(0)
    assert time.asked == asked
