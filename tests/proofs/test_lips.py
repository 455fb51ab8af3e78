"""A sample of `make proof-lips`."""

from statistics import fmean

from tests.proofs.lips import prove_sample


async def test_estimated_visemes_lie_near_the_phonemes_in_five_languages():
    proofs = await prove_sample(seed=1, of_each=4)
    assert len(proofs) == 5
    assert fmean(proof.estimated.right for proof in proofs.values()) > 0.72
    assert max(proof.estimated.onset_ms[0] for proof in proofs.values()) < 25
    assert fmean(proof.wrong_ratio for proof in proofs.values()) < 0.91
