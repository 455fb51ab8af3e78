"""Forms are made off the event loop: in order, in batches, and not at all once a turn has stopped."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.audio.base import Piece
from gateway.encoding import LARGEST_BATCH, LARGEST_FEED, Encoding


class Slow:
    """Gives back what it is fed, when it may, and tells in which thread."""

    def __init__(self, *, heavy: bool = True) -> None:
        self.heavy = heavy
        self.fed_ms = 0.0
        self.may = threading.Event()
        self.threads: set[int] = set()

    def feed(self, data: bytes) -> list[Piece]:
        self.may.wait(5)
        self.threads.add(threading.get_ident())
        if data == b"broken":
            raise ValueError
        self.fed_ms += len(data)
        return [Piece(data, 1)]

    def end_segment(self) -> list[Piece]:
        return [Piece(b"end", 0)]

    def end_turn(self) -> list[Piece]:
        return [Piece(b"rest", 0)]


@pytest.fixture
def threads():
    with ThreadPoolExecutor(2) as pool:
        yield pool


async def test_what_is_fed_comes_back_in_order_from_other_threads(threads):
    form, told = Slow(), []
    encoding = Encoding(form, threads)
    for number in range(3 * LARGEST_BATCH):
        encoding.feed(bytes([number]), told.extend)
    assert told == []
    form.may.set()
    assert await encoding.end_segment(told.extend, last=True) == 3 * LARGEST_BATCH
    assert [piece.data for piece in told] == [bytes([n]) for n in range(3 * LARGEST_BATCH)] + [b"end", b"rest"]
    assert threading.get_ident() not in form.threads


async def test_much_at_once_is_taken_in_portions(threads):
    form, told = Slow(), []
    form.may.set()
    encoding = Encoding(form, threads)
    encoding.feed(bytes(2 * LARGEST_FEED + 1), told.append)
    await encoding.end_segment(told.append, last=False)
    assert [len(pieces[0].data) for pieces in told] == [LARGEST_FEED, LARGEST_FEED, 1, 3]


async def test_nothing_is_told_of_a_turn_that_has_stopped(threads):
    form, told = Slow(), []
    encoding = Encoding(form, threads)
    encoding.feed(b"a", told.append)
    encoding.feed(b"b", told.append)
    encoding.stop()
    form.may.set()
    await encoding.end_segment(told.append, last=True)
    assert told == []
    assert form.fed_ms == 1


async def test_what_breaks_is_told_as_nothing_and_who_waits_goes_on(threads, caplog):
    form, told = Slow(), []
    encoding = Encoding(form, threads)
    form.may.set()
    for data in (b"broken", b"a"):
        encoding.feed(data, told.append)
    await encoding.end_segment(told.append, last=False)
    assert encoding.broken
    assert told == [[], [], []]
    assert [record.message for record in caplog.records] == ["! encoding broke"]


async def test_what_is_light_is_made_on_the_spot(threads):
    form, told = Slow(heavy=False), []
    form.may.set()
    Encoding(form, threads).feed(b"a", told.append)
    assert told == [[Piece(b"a", 1)]]
    assert form.threads == {threading.get_ident()}
