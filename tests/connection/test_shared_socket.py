"""Tracks share a socket: a burst of one does not delay another."""

from gateway.outlet import SHARED_LEAD_MS
from tests.connection.stage import client, gateway, hear, say, stream

RATE = 8000
PCM = {"config": {"audio": {"codec": "pcm_s16le", "rate": RATE}}}
SECOND = b"\1\0" * RATE
MINUTE = [SECOND] * 60


def ms(heard, handle: int) -> float:
    return sum(len(frame[-1]) for frame in heard.frames if frame[3] == handle) / 2 / RATE * 1000


async def hear_all_there_is(socket, heard) -> None:
    """Some round trips long."""
    for number in range(50):
        await say(socket, "ping", t=number)
        while heard.take(await socket.recv()) != "pong":
            continue


async def test_two_bursts_move_side_by_side_and_the_rest_follows_when_one_is_alone():
    async with gateway(stream(*MINUTE)) as (url, _), client(url, PCM) as socket:
        await say(socket, "speak", turn="a", text="Hello.", track="smith")
        await say(socket, "speak", turn="b", text="Hello.", track="innkeeper")
        heard = await hear(socket, {"frame"})
        await hear_all_there_is(socket, heard)
        assert SHARED_LEAD_MS <= ms(heard, 1) < 10_000
        assert abs(ms(heard, 1) - ms(heard, 2)) <= 1000
        await say(socket, "turn.cancel", turn="b")
        rest = await hear(socket, {"turn.done"})
        assert rest.order.count("turn.cancelled") == 1
        assert ms(heard, 1) + ms(rest, 1) == 60_000


async def test_a_paused_track_leaves_the_socket_to_the_other():
    async with gateway(stream(*MINUTE)) as (url, _), client(url, PCM) as socket:
        await say(socket, "speak", turn="a", text="Hello.", track="smith")
        await say(socket, "turn.pause", track="smith")
        await say(socket, "speak", turn="b", text="Hello.", track="innkeeper")
        heard = await hear(socket, {"turn.done"})
        assert (ms(heard, 1), ms(heard, 2)) == (0, 60_000)
        await say(socket, "turn.resume", track="smith")
        assert ms(await hear(socket, {"turn.done"}), 1) == 60_000
