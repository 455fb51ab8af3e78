"""What Discord's player is given, packet by packet."""

import asyncio

from voice_gateway_client.discord import AHEAD, Sound
from voice_gateway_client.messages import AudioFormat, AudioFrame, Timing, TurnDone, TurnStarted, Usage
from voice_gateway_client.opus import SILENCE
from voice_gateway_client.room import Room
from voice_gateway_client.turn import Turn

from tests.client_python.desk import TIMING, USAGE

PACKETS = [bytes([0x48, number]) for number in range(12)]
"""SILK, 20 ms."""


class Coming:
    """A turn whose packets come when the test says so."""

    def __init__(self) -> None:
        self.turn = Turn("t", send, send, send, Room(1 << 20))
        self.sound = Sound(self.turn)
        self._filling = asyncio.create_task(self.sound._fill())
        self._position = 0
        self.turn.take(TurnStarted("t", AudioFormat("opus", 24_000, 1, "samples")), 0)

    async def bring(self, *packets: bytes, lost: int = 0) -> None:
        self._position += 480 * lost
        for packet in packets:
            self.turn.take(AudioFrame(packet, 0, self._position, 0, 1, cached=False), 2)
            self._position += 480
        await self._taken()

    async def end(self) -> None:
        self.turn.end(TurnDone("t", self.turn._bytes, 0, Usage(**USAGE), Timing(**TIMING)))
        await self._filling

    async def _taken(self) -> None:
        while self.turn._untaken:
            await asyncio.sleep(0)
        await asyncio.sleep(0)


async def send(type_: str, /, **fields: object) -> None: ...


def read(sound: Sound, count: int) -> list[bytes]:
    return [sound.read() for _ in range(count)]


async def test_it_is_silent_until_enough_has_come_and_then_in_order():
    here = Coming()
    await here.bring(*PACKETS[: AHEAD - 1])
    assert read(here.sound, 3) == [SILENCE] * 3
    await here.bring(PACKETS[AHEAD - 1])
    assert read(here.sound, AHEAD) == PACKETS[:AHEAD]
    assert here.sound.played_ms == 20 * AHEAD
    await here.end()


async def test_where_it_runs_dry_it_is_silent_and_gathers_again_and_never_says_that_it_has_ended():
    here = Coming()
    await here.bring(*PACKETS[:5])
    assert read(here.sound, 8) == [*PACKETS[:5], *[SILENCE] * 3]
    await here.bring(PACKETS[5])
    assert read(here.sound, 1) == [SILENCE]
    await here.bring(*PACKETS[6:9])
    assert read(here.sound, 4) == PACKETS[5:9]
    await here.end()
    assert read(here.sound, 2) == [b"", b""]


async def test_a_turn_shorter_than_what_is_gathered_is_heard_when_it_has_ended():
    here = Coming()
    await here.bring(PACKETS[0])
    assert read(here.sound, 1) == [SILENCE]
    await here.end()
    assert read(here.sound, 2) == [PACKETS[0], b""]


async def test_what_was_lost_is_silent_for_as_long_as_it_would_have_sounded():
    here = Coming()
    await here.bring(*PACKETS[:2])
    await here.bring(*PACKETS[2:4], lost=3)
    await here.end()
    assert read(here.sound, 8) == [*PACKETS[:2], *[SILENCE] * 3, *PACKETS[2:4], b""]
