"""A sample of `make conformance`."""

from tests.proofs.conformance import SAMPLE, problems, prove


async def test_the_server_conforms_to_rfc_6455():
    found = await prove(SAMPLE)
    assert problems(found) == {}
    assert len(found) > 70
