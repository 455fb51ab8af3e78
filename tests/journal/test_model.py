"""A journal against a model: whatever happens, every reader gets every number once and in order, or is told."""

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.journal.base import Frame, Gap, Said
from gateway.journal.memory import MemoryJournal
from gateway.journal.room import OWN, STEP, Room
from tests.journal.test_memory import accepted, cancelled


@dataclass
class Reader:
    """`owns`: what it says has arrived may be forgotten."""

    position: int
    owns: bool
    heard: list[int] = field(default_factory=list)


class JournalMachine(RuleBasedStateMachine):
    """`written`: what was appended, by number. `gone`: what a reader may miss, and why."""

    @initialize(most=st.sampled_from([0, 2 * STEP, 1 << 20]))
    def begin(self, most: int) -> None:
        self.room = Room(most)
        self.journal = MemoryJournal(room=self.room, largest=3 * STEP)
        self.neighbour = MemoryJournal(room=self.room)
        self.neighbour.open(1, accepted(1))
        self.written: dict[int, tuple[int, bytes]] = {}
        self.withdrawn: set[int] = set()
        self.arrived = 0
        self.open: list[int] = []
        self.sounding: dict[int, int] = {}
        self.readers = [Reader(0, owns=True)]
        self.handles = 0

    @rule()
    def open_turn(self) -> None:
        self.handles += 1
        self.open.append(self.handles)
        seq = self.journal.open(self.handles, accepted(self.handles))
        self.written[seq] = (0, b"")

    @rule(which=st.integers(0, 5), size=st.sampled_from([1, 100, 5000, 40_000]))
    def play(self, which: int, size: int) -> None:
        if not self.open:
            return
        handle = self.open[which % len(self.open)]
        if handle not in self.sounding:
            self.sounding[handle] = self._say(handle)
        seq = self.journal.play(handle, kind=1, flags=0, segment=0, position=0, payload=bytes(size), ms=1.0)
        assert seq == len(self.written) + 1
        self.written[seq] = (handle, bytes(size))

    def _say(self, handle: int) -> int:
        seq = self.journal.say(handle, accepted(handle))
        assert seq == len(self.written) + 1
        self.written[seq] = (handle, b"")
        return seq

    @rule(which=st.integers(0, 5), withdraw=st.booleans())
    def end_turn(self, which: int, withdraw: bool) -> None:
        if not self.open:
            return
        handle = self.open.pop(which % len(self.open))
        self.sounding.pop(handle, None)
        if withdraw:
            self.journal.withdraw(handle)
            self.withdrawn |= {seq for seq, (owner, _) in self.written.items() if owner == handle}
        seq = self.journal.say(handle, cancelled(handle), terminal=True)
        assert self.journal.say(handle, cancelled(handle)) is None
        self.written[seq] = (0, b"")

    @rule(which=st.integers(0, 5), most=st.integers(1, 20))
    def read(self, which: int, most: int) -> None:
        reader = self.readers[which % len(self.readers)]
        for _ in range(most):
            entry = self.journal.next(reader.position)
            if entry is None:
                return
            self._check(reader, entry)

    def _check(self, reader: Reader, entry: Said | Frame | Gap) -> None:
        assert entry.seq == reader.position + 1
        if isinstance(entry, Gap):
            numbers = range(entry.seq, entry.to_seq + 1)
            assert entry.lost or self.withdrawn.issuperset(numbers)
            reader.position = entry.to_seq
            return
        handle, payload = self.written[entry.seq]
        assert entry.seq not in self.withdrawn
        if isinstance(entry, Frame):
            assert (entry.handle, entry.payload) == (handle, payload)
        reader.position = entry.seq
        reader.heard.append(entry.seq)

    @rule(from_turn=st.booleans())
    def listen(self, from_turn: bool) -> None:
        begun = self.journal.begun() if from_turn else None
        assert begun is None or begun == min(self.sounding.values())
        self.readers.append(Reader(self.journal.last_seq if begun is None else begun - 1, owns=False))

    @rule()
    def say_what_arrived(self) -> None:
        self.arrived = max(self.arrived, self.readers[0].position)
        self.journal.forget(self.readers[0].position)

    @rule(back=st.integers(0, 30))
    def cut_and_resume(self, back: int) -> None:
        self.readers[0] = Reader(max(0, self.readers[0].position - back), owns=True)

    @rule(size=st.sampled_from([5000, 60_000]))
    def next_door(self, size: int) -> None:
        self.neighbour.play(1, kind=1, flags=0, segment=0, position=0, payload=bytes(size), ms=1.0)

    @invariant()
    def what_has_not_arrived_is_kept_while_there_is_room(self) -> None:
        first = next((entry for entry in [self.journal.next(0)] if isinstance(entry, Gap) and entry.lost), None)
        if first is None or self.room._given:
            return
        if sum(len(payload) + 400 for _, payload in self.written.values()) < OWN:
            assert first.to_seq <= self.arrived
            assert all(first.to_seq < seq for seq in self.sounding.values())

    @invariant()
    def the_bounds_hold(self) -> None:
        assert self.journal.kept <= 3 * STEP + 41_000
        given = sum(self.room._given.values())
        assert self.journal.kept + self.neighbour.kept <= given + 2 * (OWN + 65_000)

    def teardown(self) -> None:
        for reader in getattr(self, "readers", []):
            while (entry := self.journal.next(reader.position)) is not None:
                self._check(reader, entry)
            assert reader.position == self.journal.last_seq
            assert reader.heard == sorted(set(reader.heard))


JournalMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestJournal = JournalMachine.TestCase
