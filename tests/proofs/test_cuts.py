"""A sample of `make proof-cuts`."""

from tests.proofs.cuts import TEXT, prove


async def test_a_turn_that_is_cut_anywhere_is_heard_byte_by_byte_and_paid_once():
    tally = await prove(step=401, seed=7)
    assert tally.wrong == []
    assert tally.turns > 20
    assert tally.connections > tally.turns * 2
    assert tally.billed == tally.characters


async def test_what_upstream_is_asked_again_is_told_and_explains_what_is_billed_beyond_the_text():
    breaks = [{"kind": "none", "times": 4}, {"kind": "cut", "at": 3000}] * 5
    tally = await prove(step=401, seed=8, faults=breaks)
    assert tally.wrong == []
    assert tally.again == 5 * len(TEXT)
    assert tally.unexplained == 0
