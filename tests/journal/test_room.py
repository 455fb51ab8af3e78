"""What journals keep together."""

from gateway.journal.base import Gap
from gateway.journal.memory import MemoryJournal
from gateway.journal.room import OWN, STEP, Room
from tests.journal.test_memory import accepted, cancelled, play


def journal(room: Room, kib: int) -> MemoryJournal:
    begun = MemoryJournal(room=room)
    begun.open(1, accepted(1))
    for _ in range(kib):
        play(begun, 1, bytes(1024 - 64))
    return begun


def lost(journal: MemoryJournal) -> bool:
    return isinstance(journal.next(0), Gap)


def test_the_one_that_keeps_most_loses_its_oldest():
    room = Room(8 * STEP)
    large = journal(room, 500)
    small = journal(room, 150)
    assert (lost(large), lost(small)) == (True, False)
    assert large.kept + small.kept <= 8 * STEP + 2 * OWN


def test_each_has_some_of_its_own_even_when_there_is_no_room():
    room = Room(0)
    assert not lost(journal(room, 60))
    assert lost(journal(room, 70))


def test_what_is_given_back_is_there_for_others():
    room = Room(4 * STEP)
    first = journal(room, 300)
    first.say(1, cancelled(1), terminal=True)
    first.forget(first.last_seq)
    assert not lost(journal(room, 300))


def test_a_closed_journal_takes_no_room():
    room = Room(4 * STEP)
    journal(room, 300).close()
    assert not lost(journal(room, 300))


def test_a_turn_that_sounds_is_kept_until_its_end_though_all_of_it_has_arrived():
    kept = MemoryJournal()
    kept.open(1, accepted(1))
    kept.say(1, accepted(1))
    play(kept, 1)
    kept.forget(3)
    assert kept.begun() == kept.next(1).seq == 2
    kept.say(1, cancelled(1), terminal=True)
    assert (kept.begun(), kept.next(0)) == (None, Gap(1, 3, None, lost=True))
