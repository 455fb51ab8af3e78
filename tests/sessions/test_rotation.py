"""A token is good for one use, and until its successor is known to have arrived."""

from gateway.rotation import Rotation


def test_a_token_brings_the_next_and_stays_good_until_that_has_arrived():
    rotation = Rotation()
    first = rotation.issue()
    rotation.use(first)
    second = rotation.issue()
    assert (rotation.knows(first), rotation.knows(second)) == (True, True)
    rotation.settle()
    assert (rotation.knows(first), rotation.knows(second)) == (False, True)


def test_using_the_successor_ends_it():
    rotation = Rotation()
    first = rotation.issue()
    rotation.use(first)
    second = rotation.issue()
    rotation.use(second)
    third = rotation.issue()
    assert [rotation.knows(token) for token in (first, second, third, "guessed")] == [False, True, True, False]


def test_a_successor_whose_answer_was_cut_is_good_for_nothing_once_another_is_issued():
    rotation = Rotation()
    first = rotation.issue()
    rotation.use(first)
    unheard = rotation.issue()
    rotation.use(first)
    heard = rotation.issue()
    assert [rotation.knows(token) for token in (first, unheard, heard)] == [True, False, True]


def test_only_hashes_are_kept():
    rotation = Rotation()
    token = rotation.issue()
    assert token not in repr(vars(rotation))
