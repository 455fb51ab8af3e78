"""A sample of `make fuzz`."""

from tests.proofs.fuzz import prove


async def test_whatever_comes_is_answered_as_documented_and_breaks_nothing():
    tally = await prove(250, seed=7)
    assert (tally.inputs, tally.wrong, tally.log) == (250, [], [])
    assert len(tally.answers) > 10
