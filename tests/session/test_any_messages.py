"""Whatever a client says, in whatever order, and whatever its speaker reports: what is promised of turns holds."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.errors import UpstreamError
from gateway.protocol.events import Error, Terminal
from gateway.session import inputs
from gateway.session.bounds import MOST_TURNS
from gateway.session.tracks import MOST_TRACKS
from tests.session.talk import Talk

TURNS = st.integers(0, 999)
"""Mostly one that lives; see `named`."""
TRACKS = st.sampled_from(["main", *(f"npc{number}" for number in range(19))])
BUSY_TRACKS = st.sampled_from(["main", "npc0"])
TEXTS = st.sampled_from(["", "Hi.", "…", "Well, that is a question. And ", "One sentence follows another here. " * 20])
MS = st.integers(1, 20_000)


class Conversation(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.talk = Talk(config={"audio": {"lookahead_ms": 5000}})
        self.track_of: dict[int, str] = {}
        self.priority_of: dict[int, int] = {}
        self.name_of: dict[int, str] = {}
        self.ended: set[int] = set()
        self.held: set[int] = set()
        self.spoke: dict[int, int] = {}
        """Handle → segments so far."""
        self.jobs: list[inputs.Speak] = []
        self.received: list[inputs.Speak] = []
        self.draining = False

    @initialize(tracks=st.sampled_from([0, 0, MOST_TRACKS - 1]), turns=st.sampled_from([0, 0, MOST_TURNS]))
    def fill(self, tracks, turns):
        """Near to the bounds, sometimes."""
        for number in range(tracks):
            self.perform(self.talk.say("speak", turn=f"track{number}", text="Hi.", track=f"npc{number}"))
        for number in range(turns):
            self.perform(self.talk.say("speak", turn=f"turn{number}", text="Hi."))

    def perform(self, actions):
        for action in actions:
            match action:
                case inputs.Open(handle, event):
                    assert handle == len(self.track_of) + 1
                    assert not self.draining
                    self.track_of[handle], self.name_of[handle] = event.track, event.turn
                case inputs.Say(handle, event, terminal):
                    assert handle in self.track_of
                    assert handle not in self.ended
                    assert terminal == isinstance(event, Terminal)
                    if terminal:
                        self.end(handle)
                case inputs.Speak():
                    self.begin(action)
                case inputs.Stop(handle):
                    self.jobs = [job for job in self.jobs if job.handle != handle]
                    self.received = [job for job in self.received if job.handle != handle]
                case inputs.Hold(handle):
                    self.held.add(handle)
                case inputs.Release(handle):
                    self.held.discard(handle)
                case inputs.Reply(Error(code=code)):
                    assert code != "internal"

    def begin(self, job):
        assert job.handle not in self.ended | self.held
        assert job.segment == self.spoke.get(job.handle, 0)
        for other in self.spoke:
            if self.track_of[other] == self.track_of[job.handle] and other != job.handle:
                assert other in self.ended, "turns of a track interleave"
        self.spoke[job.handle] = job.segment + 1
        self.jobs.append(job)

    def end(self, handle):
        assert not [job for job in self.jobs + self.received if job.handle == handle], "ends with audio on its way"
        self.ended.add(handle)
        self.held.discard(handle)

    @rule(
        turn=TURNS,
        track=TRACKS | BUSY_TRACKS,
        text=TEXTS,
        when_busy=st.sampled_from(["queue", "queue", "queue", "replace", "drop"]),
        priority=st.sampled_from([-100, 0, 0, 7]),
        expires_ms=st.none() | MS,
        whole=st.booleans(),
    )
    def open(self, turn, whole, text, **options):
        given = {"type_": "speak", "text": text} if whole else {"type_": "turn.open"}
        self.perform(self.talk.say(turn=f"t{turn}", **given, **options))

    def named(self, number: int) -> str:
        live = sorted(set(self.track_of) - self.ended)
        return self.name_of[live[number % len(live)]] if live and number % 10 else f"t{number}"

    @rule(turn=TURNS, text=TEXTS)
    def append(self, turn, text):
        self.perform(self.talk.say("turn.append", turn=self.named(turn), text=text))

    @rule(turn=TURNS, type_=st.sampled_from(["turn.commit", "turn.flush", "turn.cancel"]))
    def close(self, turn, type_):
        self.perform(self.talk.say(type_, turn=self.named(turn)))

    @rule(track=TRACKS)
    def cancel_track(self, track):
        self.perform(self.talk.say("turn.cancel", track=track))

    @rule(turn=TURNS, type_=st.sampled_from(["turn.pause", "turn.resume"]))
    def pause(self, turn, type_):
        self.perform(self.talk.say(type_, turn=self.named(turn)))

    @rule(track=BUSY_TRACKS, type_=st.sampled_from(["turn.pause", "turn.resume"]))
    def pause_track(self, track, type_):
        self.perform(self.talk.say(type_, track=track))

    @rule(turn=TURNS, played_ms=MS, state=st.sampled_from(["playing", "ended"]))
    def play(self, turn, **report):
        self.perform(self.talk.say("playback", turn=self.named(turn), **report))

    @rule(seconds=st.floats(0, 700))
    def wait(self, seconds):
        due = self.talk.session.deadline()
        self.perform(self.talk.tick(min(seconds, max(0.0, due - self.talk.now)) if due is not None else seconds))

    @precondition(lambda self: self.jobs)
    @rule(number=st.integers(0, 99))
    def receive(self, number):
        job = self.jobs.pop(number % len(self.jobs))
        self.received.append(job)
        self.perform(self.talk.receive(job))

    def deliverable(self) -> list[inputs.Speak]:
        first = {job.handle: job for job in reversed(self.received)}
        return [job for handle, job in first.items() if handle not in self.held]

    @precondition(lambda self: self.deliverable())
    @rule(number=st.integers(0, 99), ms=MS, fails=st.sampled_from([False, False, False, True]))
    def deliver(self, number, ms, fails):
        job = self.deliverable()[number % len(self.deliverable())]
        self.received.remove(job)
        if fails:
            self.jobs = [each for each in self.jobs if each.handle != job.handle]
            self.received = [each for each in self.received if each.handle != job.handle]
            self.perform(self.talk.fail(job, UpstreamError("upstream_timeout")))
            return
        job.clock.receive(job.handle, ms)
        job.clock.hand(job.handle, ms, self.talk.now)
        self.perform(self.talk.hear(inputs.SegmentDelivered(job.handle, job.segment, 48, ms, self.talk.now)))

    @precondition(lambda self: len(self.track_of) > 20)
    @rule()
    def drain(self):
        self.perform(self.talk.hear(inputs.Drain(27_000)))
        self.draining = True

    @invariant()
    def bounds_are_kept(self):
        live = set(self.track_of) - self.ended
        tracks = {self.track_of[handle] for handle in live}
        assert len(tracks) <= MOST_TRACKS
        assert len(live) <= MOST_TURNS + len(tracks)
        assert self.talk.session.silent == (not live)

    def teardown(self):
        """Left to itself every turn comes to its one end."""
        for handle in sorted(set(self.track_of) - self.ended):
            for type_ in ("turn.resume", "turn.commit"):
                if handle not in self.ended:
                    self.perform(self.talk.say(type_, turn=self.name_of[handle]))
        for _ in range(3000):
            if self.ended == set(self.track_of):
                return
            if self.jobs:
                self.receive(0)
            elif self.deliverable():
                self.deliver(0, 1000, fails=False)
            else:
                self.perform(self.talk.tick(max(0.0, self.talk.session.deadline() - self.talk.now)))
        pytest.fail("a turn has not ended")


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=25, stateful_step_count=80, deadline=None)
