"""The journal: numbers, gaps, doors."""

import random
from dataclasses import dataclass, field

import orjson
import pytest

from gateway.journal.base import Frame, Gap, Said
from gateway.journal.memory import MemoryJournal
from gateway.protocol.events import Part, TurnAccepted, TurnCancelled, Usage


def accepted(handle: int) -> TurnAccepted:
    return TurnAccepted(turn=f"t{handle}", handle=handle, track="main", state="active", position=0)


def cancelled(handle: int) -> TurnCancelled:
    part = Part("", (0, 0), 0, exact=False, by="estimate")
    return TurnCancelled(turn=f"t{handle}", reason="client", heard=part, unheard=part, sent_ms=0, usage=Usage())


def play(journal: MemoryJournal, handle: int, payload: bytes = b"1234") -> int | None:
    return journal.play(handle, kind=1, flags=0, segment=0, position=0, payload=payload, ms=1.0)


def read_all(journal: MemoryJournal, position: int = 0) -> list[Said | Frame | Gap]:
    entries = []
    while (entry := journal.next(position)) is not None:
        entries.append(entry)
        position = entry.to_seq if isinstance(entry, Gap) else entry.seq
    return entries


def test_numbers_begin_at_one_and_json_holds_them():
    journal = MemoryJournal()
    assert journal.open(1, accepted(1)) == 1
    assert play(journal, 1) == 2
    first, second = read_all(journal)
    assert orjson.loads(first.data)["seq"] == 1
    assert second == Frame(2, 1, 1, 0, 0, 0, b"1234", 1.0)


def test_nothing_of_a_turn_is_taken_after_its_terminal():
    journal = MemoryJournal()
    journal.open(1, accepted(1))
    journal.say(1, cancelled(1), terminal=True)
    assert play(journal, 1) is None
    assert journal.say(1, cancelled(1), terminal=True) is None
    assert journal.last_seq == 2


def test_a_withdrawn_turn_is_named_to_who_has_not_read_it():
    journal = MemoryJournal()
    journal.open(1, accepted(1))
    for _ in range(3):
        play(journal, 1)
    journal.withdraw(1)
    journal.say(1, cancelled(1), terminal=True)
    kinds = [type(entry) for entry in read_all(journal)]
    assert kinds == [Said, Gap, Said]
    assert read_all(journal)[1] == Gap(2, 4, 1, lost=False)
    assert read_all(journal, 2)[0] == Gap(3, 4, 1, lost=False)


def test_gaps_of_two_turns_are_told_apart():
    journal = MemoryJournal()
    journal.open(1, accepted(1))
    journal.open(2, accepted(2))
    for handle in (1, 2, 2):
        play(journal, handle)
    journal.withdraw(1)
    journal.withdraw(2)
    assert read_all(journal, 2) == [Gap(3, 3, 1, lost=False), Gap(4, 5, 2, lost=False)]


def test_the_oldest_is_lost_when_the_session_keeps_too_much():
    journal = MemoryJournal(largest=3000)
    journal.open(1, accepted(1))
    for _ in range(10):
        play(journal, 1, bytes(1000))
    assert read_all(journal)[0] == Gap(1, 9, None, lost=True)
    assert [entry.seq for entry in read_all(journal)[1:]] == [10, 11]


def test_bytes_behind_count_what_a_reader_has_not_taken():
    journal = MemoryJournal()
    journal.open(1, accepted(1))
    play(journal, 1, bytes(1000))
    everything = journal.behind(0)
    assert journal.behind(1) == 1064
    journal.forget(1)
    assert journal.behind(0) == journal.behind(1) == 1064 < everything
    assert journal.behind(2) == 0


def test_a_reader_is_woken_by_every_change_until_it_leaves():
    journal = MemoryJournal()
    woken: list[int] = []
    leave = journal.subscribe(lambda: woken.append(journal.last_seq))
    journal.open(1, accepted(1))
    journal.withdraw(1)
    leave()
    play(journal, 1)
    assert woken == [1, 1]


@dataclass
class ModelReader:
    """Checks that what it is told covers every number once and in order."""

    position: int = 0
    heard: list[int] = field(default_factory=list)

    def read(self, journal: MemoryJournal, most: int) -> None:
        for _ in range(most):
            entry = journal.next(self.position)
            if entry is None:
                return
            assert entry.seq == self.position + 1
            self.position = entry.to_seq if isinstance(entry, Gap) else entry.seq
            assert self.position <= journal.last_seq
            if not isinstance(entry, Gap):
                self.heard.append(entry.seq)


def storm(seed: int) -> None:
    chance = random.Random(seed)
    journal = MemoryJournal(largest=chance.choice([2000, 20_000, 1 << 20]))
    readers = [ModelReader() for _ in range(chance.randint(1, 4))]
    running: list[int] = []
    handles = 0
    for _ in range(chance.randint(20, 120)):
        match chance.choice(("open", "play", "play", "play", "cancel", "read", "read", "cut", "forget")):
            case "open":
                handles += 1
                running.append(handles)
                journal.open(handles, accepted(handles))
            case "play" if running:
                assert play(journal, chance.choice(running), bytes(chance.randint(0, 400))) == journal.last_seq
            case "cancel" if running:
                handle = running.pop(chance.randrange(len(running)))
                journal.withdraw(handle)
                journal.say(handle, cancelled(handle), terminal=True)
                assert play(journal, handle) is None
            case "read":
                chance.choice(readers).read(journal, chance.randint(1, 10))
            case "cut":
                cut = chance.choice(readers)
                readers[readers.index(cut)] = ModelReader(chance.randint(0, cut.position))
            case "forget":
                journal.forget(chance.choice(readers).position)
    for reader in readers:
        reader.read(journal, 10_000)
        assert reader.position == journal.last_seq
        assert reader.heard == sorted(set(reader.heard))


@pytest.mark.parametrize("first", range(0, 3000, 100))
def test_in_a_storm_every_number_is_delivered_or_named_once_and_in_order(first):
    for seed in range(first, first + 100):
        storm(seed)


def test_a_closed_journal_is_read_to_its_end_and_keeps_nothing_once_nobody_reads():
    journal = MemoryJournal()
    leave = journal.subscribe(lambda: None)
    journal.open(1, accepted(1))
    play(journal, 1)
    journal.close()
    assert len(read_all(journal)) == 2
    leave()
    assert journal.kept == 0
