import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamError
from gateway.upstreams.governor import Governor, Limits
from gateway.upstreams.queueing import FairQueue, Ticket

ONE_A_SECOND = Limits(60, 1_000_000)


def ticket(session: str = "s", *, first: bool = False, characters: int = 10) -> Ticket:
    return Ticket(session, first, characters)


def going(queue: FairQueue) -> list[Ticket]:
    result = []
    while (one := queue.peek()) is not None:
        queue.take(one)
        result.append(one)
    return result


def names(tickets: list[Ticket]) -> str:
    return " ".join(one.session + ("!" if one.first else "") for one in tickets)


def queued(sessions: str) -> FairQueue:
    """`a! b` is a first segment of session a, then a later one of b."""
    queue = FairQueue()
    for name in sessions.split():
        queue.push(ticket(name.rstrip("!"), first=name.endswith("!")))
    return queue


@pytest.mark.parametrize(
    ("joined", "gone"),
    [
        ("a a a a b c b", "a b c a b a a"),
        ("a b a! b!", "a! b! a b"),
        ("a! a! a! a! a! b b", "a! a! a! b a! a! b"),
        ("b a! c!", "a! c! b"),
        ("", ""),
    ],
)
def test_sessions_go_in_turn_and_first_segments_before_later_ones(joined: str, gone: str):
    assert names(list(queued(joined))) == gone
    assert names(going(queued(joined))) == gone


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())), st.integers(0, 20))
def test_the_order_told_is_the_order_gone(joined: list[tuple[str, bool]], popped: int):
    queue = FairQueue()
    for session, first in joined:
        queue.push(ticket(session, first=first))
    for _ in range(min(popped, len(joined))):
        queue.take(next(iter(queue)))
    told = list(queue)
    assert told == going(queue)
    assert len(told) == max(0, len(joined) - popped)


def test_who_leaves_does_not_go():
    queue = queued("a b a")
    second = list(queue)[1]
    queue.remove(second)
    queue.remove(second)
    assert names(going(queue)) == "a a"


def granted(governor: Governor, now: float) -> list[int]:
    return [key for _, key in governor.grant(now)]


def test_a_burst_goes_at_once_and_the_rest_at_the_rate():
    governor = Governor([ONE_A_SECOND], 0)
    for _ in range(8):
        governor.join(ticket())
    assert [len(granted(governor, now)) for now in (0, 0.5, 1, 1.5, 2, 60)] == [5, 0, 1, 0, 1, 1]


def test_the_deadline_is_when_the_next_may_go():
    governor = Governor([ONE_A_SECOND], 0)
    assert governor.deadline(0) is None
    for _ in range(6):
        governor.join(ticket())
    granted(governor, 0)
    assert governor.deadline(0.25) == 1.0
    assert granted(governor, 1.0) == [0]


def test_characters_are_limited_too_and_a_large_text_needs_a_full_bucket():
    governor = Governor([Limits(6000, 600)], 0)
    governor.join(ticket(characters=100))
    governor.join(ticket(characters=1))
    assert granted(governor, 0) == [0]
    assert governor.deadline(0) == pytest.approx(5.1)
    assert granted(governor, 5.2) == [0]


@given(st.lists(st.floats(0, 3), max_size=200))
def test_no_minute_sees_more_than_the_rate_and_one_burst(gaps: list[float]):
    governor = Governor([ONE_A_SECOND], 0)
    now, times = 0.0, []
    for gap in gaps:
        now += gap
        governor.join(ticket())
        times += [now for _ in granted(governor, now)]
    for begin in times:
        assert sum(begin <= at < begin + 60 for at in times) <= 66


def test_without_limits_nobody_waits_even_after_a_penalty():
    governor = Governor([Limits(math.inf, math.inf)], 0)
    for _ in range(1000):
        governor.join(ticket(characters=10_000))
    assert len(granted(governor, 0)) == 1000
    governor.keys[0].failed(UpstreamError("upstream_rate_limited", upstream_code=2045), 1)
    governor.join(ticket())
    assert [place.eta_s for place in governor.places(1)] == [pytest.approx(0, abs=0.001)]
    assert granted(governor, 1.001) == [0]


def test_several_keys_are_one_pool():
    governor = Governor([ONE_A_SECOND, ONE_A_SECOND], 0)
    for _ in range(12):
        governor.join(ticket())
    assert sorted(granted(governor, 0)) == [0] * 5 + [1] * 5
    assert sorted(granted(governor, 1)) == [0, 1]


@pytest.mark.parametrize(
    ("code", "bucket"), [(1002, "requests"), (1039, "characters"), (2045, "requests"), (None, "requests")]
)
def test_too_many_makes_the_rate_give_way_and_it_comes_back(code: int | None, bucket: str):
    governor = Governor([ONE_A_SECOND], 0)
    watched = getattr(governor.keys[0], bucket)
    whole = watched.per_second
    refused = UpstreamError("upstream_rate_limited", upstream_code=code)
    governor.keys[0].failed(refused, 10)
    governor.keys[0].failed(refused, 10.1)
    assert watched.per_second == pytest.approx(0.8 * whole)
    assert watched.level(10.1) < watched.level(11) < whole
    watched.level(50)
    assert watched.per_second == pytest.approx((0.8 + 40 / 300) * whole)
    watched.level(500)
    assert watched.per_second == whole


def test_a_key_that_does_not_work_is_left_alone_while_another_works():
    governor = Governor([ONE_A_SECOND, ONE_A_SECOND], 0)
    governor.keys[0].failed(UpstreamError("upstream_auth", upstream_code=2049), 0)
    for _ in range(3):
        governor.join(ticket())
    assert (governor.refusing(0), granted(governor, 0)) == (None, [1, 1, 1])
    governor.keys[1].failed(UpstreamError("upstream_balance", upstream_code=1008), 0)
    governor.join(ticket())
    assert (governor.refusing(0), granted(governor, 0), governor.deadline(0)) == ("upstream_auth", [], None)
    assert (governor.refusing(60), granted(governor, 60)) == (None, [0])


def test_who_waits_learns_place_and_time():
    governor = Governor([ONE_A_SECOND, ONE_A_SECOND], 0)
    for session in "abcdefghijklm":
        governor.join(ticket(session))
    granted(governor, 0)
    told = [(place.ticket.session, place.place, place.eta_s) for place in governor.places(0)]
    assert told == [("k", 1, 0.5), ("l", 2, 1.0), ("m", 3, 1.5)]
