"""A sample of `make proof-governor`."""

from tests.proofs.governor import problems, prove


async def test_many_sessions_share_a_small_key_fairly():
    outcome = await prove(sessions=16, rpm=150)
    assert problems(outcome) == []
    assert len(outcome.asked) == 32
