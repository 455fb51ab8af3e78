"""A sample of `make proof-cuts`."""

from tests.proofs.cuts import prove


async def test_a_turn_that_is_cut_anywhere_is_heard_byte_by_byte_and_paid_once():
    tally = await prove(step=401, seed=7)
    assert tally.wrong == []
    assert tally.turns > 20
    assert tally.connections > tally.turns * 2
    assert tally.billed == tally.characters
