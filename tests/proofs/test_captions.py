"""A sample of `make proof-captions`."""

import statistics

from tests.proofs.captions import prove


async def test_exact_times_are_the_sounds_and_estimates_are_better_than_equal_lengths():
    errors = await prove(["en", "de", "zh", "ru"])
    assert len(errors.exact) == 207
    assert max(errors.exact) <= 3
    assert statistics.median(errors.estimated) < statistics.median(errors.equal)
