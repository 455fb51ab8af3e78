"""A sample of `make abuse`: deadlines and storm are five times shorter, and the bounds wider, beside other tests."""

from tests.proofs.abuse import problems, prove, report


async def test_honest_clients_are_served_in_a_storm_and_all_that_is_bad_is_thrown_out():
    outcome = await prove(seconds=4, haste=5)
    report(outcome)
    assert problems(outcome, slack=4) == []
