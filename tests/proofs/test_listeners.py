"""A small form of `make proof-listeners`."""

from tests.proofs.listeners import sample


async def test_all_who_listen_hear_one_synthesis_and_who_never_reads_disturbs_nobody():
    told = await sample(listeners=40, stalled=4)
    assert (told.exact, told.requests) == (36, told.requests_alone)
