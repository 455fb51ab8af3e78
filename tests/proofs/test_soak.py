"""A short form of `make soak`."""

from tests.proofs.soak import problems, prove, report


async def test_a_gateway_in_use_leaves_nothing_behind_and_ends_each_turn_once():
    outcome = await prove(seconds=8, guests=6, seed=7, short=True)
    report(outcome)
    assert problems(outcome, short=True) == []
    assert outcome.house.accepted > 20
