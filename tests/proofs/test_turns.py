"""A sample of `make proof-turns`."""

from tests.proofs.turns import prove


async def test_no_word_is_said_twice_and_none_is_missing_when_one_segment_in_ten_fails():
    tally = await prove(turns=250, seed=7)
    assert tally.wrong == []
    assert tally.turns == 250
    assert tally.retried > 10
    assert tally.ratio <= 1.15
