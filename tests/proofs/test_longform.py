"""A short form of `make proof-longform`."""

from tests.proofs.longform import problems, prove, report


async def test_a_book_is_spoken_once_though_the_gateway_is_killed():
    outcome = await prove(characters=4000, kills=1, seed=3)
    report(outcome)
    assert problems(outcome, kills=1) == []
