"""What one gateway has spoken, the others give out too, to who may have it."""

import asyncio
import hashlib
from contextlib import asynccontextmanager

import pytest

from gateway.errors import Refused
from gateway.protocol.config import Audio
from gateway.protocol.events import Fault, Part, TurnFailed, Usage
from gateway.recordings import Recordings
from gateway.shared_recordings import SharedRecordings
from gateway.store import Store, beside
from gateway.take import packed
from tests.ports import free_port
from tests.redis_server import STORES
from tests.upstreams.raw import REQUEST

MP3 = Audio(codec="mp3", rate=32000)
_NONE, _ALL = (Part(text, (0, len(text)), 0, exact=True, by="playback") for text in ("", "Hello there."))
FAILED = TurnFailed(
    turn="a", error=Fault(code="upstream_timeout", message=""), heard=_NONE, unheard=_ALL, sent_ms=0, usage=Usage()
)


@pytest.fixture(params=STORES)
def open_recordings(request, open_store):
    """Opens what one gateway has of them, and its store."""

    @asynccontextmanager
    async def opened(window_s: float = 60, most: int = 100_000):
        store = open_store(request.param)
        recordings = SharedRecordings(window_s, most, store)
        async with beside(recordings.run()):
            yield recordings
        recordings.close()

    return opened


def spoken(recordings: Recordings, turn: str, *sounds: bytes, ended: bool = True):
    recording = recordings.begin("s", str.isdigit, turn, MP3)
    for segment, sound in enumerate(sounds):
        take = recording.take(segment)
        take.parts += [sound[:1], sound[1:]]
        take.trace_id = f"trace-{turn}{segment}"
        recordings.finish(recording, take)
    if ended:
        recordings.end(recording)
    return recording


async def told(recordings: SharedRecordings) -> None:
    """What was said before is in the store."""
    reached = asyncio.Event()

    async def tell() -> None:
        reached.set()

    recordings._tell(tell)
    async with asyncio.timeout(10):
        await reached.wait()


async def sounds(recordings: Recordings, turn: str) -> list[bytes] | None:
    recording = await recordings.find("s", turn)
    return recording and [b"".join(recording.takes[segment].parts) for segment in sorted(recording.takes)]


async def test_a_turn_is_found_by_another_gateway_by_its_name_and_by_its_traces(open_recordings):
    async with open_recordings() as one, open_recordings() as other:
        spoken(one, "a", b"first", b"second")
        await told(one)
        found = await other.find("s", "a")
        traced = await other.traced("trace-a1")
        assert (found.session, found.turn, found.audio) == ("s", "a", MP3)
        assert await sounds(other, "a") == [b"first", b"second"]
        assert (traced[0].turn, traced[1].parts) == ("a", [b"second"])
        assert (await other.find("s", "b"), await other.traced("trace-a2")) == (None, None)


async def test_a_segment_without_sound_is_found_elsewhere_by_all_its_attempts_and_its_turn_as_it_ended(open_recordings):
    async with open_recordings() as one, open_recordings() as other:
        recording = one.begin("s", str.isdigit, "a", MP3)
        take = recording.take(0)
        take.ask(REQUEST, (3, 15))
        take.break_off("upstream_timeout", "first")
        take.trace_id, take.outcome = "second", "failed"
        one.finish(recording, take)
        one.end(recording)
        one.conclude("s", "a", FAILED)
        await told(one)
        found = await other.find("s", "a")
        assert found.terminal == recording.terminal
        assert b"Hello" not in found.terminal
        assert [packed(each) for each in found.takes.values()] == [packed(take)]
        assert [(await other.traced(trace))[1].outcome for trace in ("first", "second")] == ["failed"] * 2


async def test_packets_come_apart_elsewhere_as_they_were_made(open_recordings):
    packets = [bytes([size]) * size for size in (3, 80, 1, 61)]
    async with open_recordings() as one, open_recordings() as other:
        recording = one.begin("s", str.isdigit, "a", Audio(codec="opus"))
        recording.take(0).parts += packets
        one.finish(recording, recording.take(0))
        await told(one)
        assert (await other.find("s", "a")).takes[0].parts == packets


async def test_of_a_turn_that_runs_there_is_what_was_finished(open_recordings):
    async with open_recordings() as one, open_recordings() as other:
        spoken(one, "a", b"first", ended=False)
        await told(one)
        assert await sounds(other, "a") == [b"first"]


async def test_a_turn_that_moved_to_another_gateway_is_whole_there_and_here(open_recordings):
    async with open_recordings() as one, open_recordings() as other:
        spoken(one, "a", b"first", ended=False)
        await told(one)
        moved = other.begin("s", str.isdigit, "a", MP3)
        moved.take(1).parts.append(b"second")
        other.finish(moved, moved.take(1))
        other.end(moved)
        await told(other)
        assert await sounds(other, "a") == await sounds(one, "a") == [b"first", b"second"]


def partly(recordings: Recordings, sound: bytes):
    """A turn of which a segment is spoken."""
    recording = recordings.begin("s", str.isdigit, "a", MP3)
    recording.take(0).parts.append(sound)
    return recording, recording.take(0)


async def finished(recordings: SharedRecordings, recording, take, outcome: str) -> None:
    take.outcome = outcome
    recordings.end(recording)
    recordings.finish(recording, take)
    await told(recordings)


async def test_who_lost_a_turn_leaves_what_was_made_of_it_elsewhere_as_it_is(open_recordings):
    async with open_recordings() as lost, open_recordings() as heir, open_recordings() as third:
        recording, take = partly(lost, b"half")
        await finished(heir, *partly(heir, b"half and whole"), "done")
        recording.abandoned = True
        await finished(lost, recording, take, "cancelled")
        assert [await sounds(each, "a") for each in (lost, heir, third)] == [[b"half and whole"]] * 3
        assert await third._store.redis.ttl("vg:{recordings}:at:s/a") <= 60


async def test_of_a_segment_that_another_gateway_finished_all_is_told_there_and_where_its_turn_goes_on(open_recordings):
    async with open_recordings() as one, open_recordings() as heir:
        await finished(one, *partly(one, b"first"), "done")
        partly(heir, b"first")
        [there], [here] = [(await each.find("s", "a")).takes.values() for each in (one, heir)]
        assert packed(here) == packed(there)


async def test_an_id_that_is_used_again_is_the_new_turns(open_recordings):
    async with open_recordings() as one, open_recordings() as other:
        spoken(one, "a", b"first", b"second")
        spoken(one, "a", b"new")
        await told(one)
        assert await sounds(other, "a") == [b"new"]


async def test_it_opens_to_the_sessions_resume_tokens_as_they_are_now_and_were_when_it_ended(
    open_recordings, open_store
):
    async with open_recordings() as one, open_recordings() as other:
        redis = other._store.redis
        old, new = (hashlib.sha256(token).hexdigest() for token in (b"old", b"new"))
        await redis.hset("vg:{s}:s", "tokens", f"{old},{new}")
        spoken(one, "a", b"sound")
        await told(one)

        async def opened() -> list[bool]:
            recording = await other.find("s", "a")
            return [recording.opens(token) for token in ("old", "new", "", "none")]

        assert await opened() == [True, True, False, False]
        await redis.hset("vg:{s}:s", "tokens", new)
        assert await opened() == [False, True, False, False]
        await redis.delete("vg:{s}:s")
        assert await opened() == [True, True, False, False]


async def test_without_tokens_none_opens_it(open_recordings):
    async with open_recordings() as one, open_recordings() as other:
        spoken(one, "a", b"sound")
        await told(one)
        assert [(await other.find("s", "a")).opens(token) for token in ("", "1")] == [False, False]


async def test_all_together_are_bounded_and_what_ended_longest_ago_goes_first(open_recordings):
    async with open_recordings(most=10_000) as one, open_recordings(most=10_000) as other:
        for turn in "abc":
            spoken(one, turn, b"x" * 3000)
        await told(one)
        assert [await sounds(other, turn) is not None for turn in "abc"] == [False, True, True]
        assert int(await other._store.redis.get("vg:{recordings}:bytes")) <= 10_000


async def test_a_turn_goes_when_its_window_is_over(open_recordings):
    async with open_recordings(window_s=7) as one, open_recordings(window_s=7) as other:
        spoken(one, "a", b"sound")
        await told(one)
        assert 0 < await other._store.redis.ttl("vg:{recordings}:at:s/a") <= 7


async def test_without_a_window_nothing_is_kept(open_recordings):
    async with open_recordings(window_s=0) as one:
        spoken(one, "a", b"sound")
        await told(one)
        assert await one._store.redis.keys("vg:{recordings}:at:*") == []


async def test_without_its_store_a_gateway_gives_out_what_it_has_itself():
    store = Store(f"redis://127.0.0.1:{free_port()}/0")
    recordings = SharedRecordings(60, 100_000, store)
    spoken(recordings, "a", b"sound")
    assert await sounds(recordings, "a") == [b"sound"]
    with pytest.raises(Refused, match="store_unavailable"):
        await recordings.find("s", "b")
    recordings.close()
    await store.aclose()
