"""A session that is told again goes on as if it had not stopped."""

import random

import orjson
import pytest

from gateway.access.rights import Rights
from gateway.errors import GatewayError
from gateway.protocol.messages import Configure, Hello, decode
from gateway.session import inputs
from gateway.session.inputs import Renewed
from gateway.session.record import Recorder, replay
from gateway.session.session import Session
from gateway.upstreams.base import Word
from tests.session.talk import Talk

WALL, OTHER_WALL = 1_700_000_000.0, 1_600_000_000.5
"""What two machines' clocks are apart from the wall clock's."""
WORDS = "One two three. **Four** five, six! 你好。 `code` (laughs) seven, eight. ¿Qué? "
CONFIGS = (
    {"language": "de"},
    {"captions": "words"},
    {"voice": {"speed": 1.5}},
    {"voices": {"zh": {"voice_id": "x"}}},
    {"voice": {"model": "speech-01-hd"}},
    {"voice": {"model": "fast", "emotion": "whisper"}},
)


class Recorded(Talk):
    def __init__(self, **hello):
        super().__init__(**hello)
        self.recorder = Recorder(self.session, WALL)
        self.rest, self.past = self.recorder.rest(self.now)
        self.past, self.lines = list(self.past), []
        self.asked = {}

    def hear(self, event):
        if (rested := self.recorder.rest(self.now)) is not None:
            self.rest, self.lines = rested[0], []
            self.past += rested[1]
        line = self.recorder.line(event, self.now)
        if line is not None:
            self.lines.append(line)
        actions = super().hear(event)
        follow(self.asked, event, actions)
        return actions

    def told_again(self):
        def begin(rest):
            return Session.risen(rest, self.now + WALL - OTHER_WALL, "")

        return replay(begin, self.rest, self.past, self.lines, OTHER_WALL)


def follow(asked, event, actions):
    for action in actions:
        match action:
            case inputs.Speak(handle=handle, segment=segment):
                asked[handle, segment] = action
            case inputs.Stop(handle) | inputs.Say(handle, _, True):
                for key in [key for key in asked if key[0] == handle]:
                    del asked[key]
    if isinstance(event, inputs.SegmentDelivered | inputs.SegmentFailed):
        asked.pop((event.handle, event.segment), None)


def shown(action):
    """What a client or upstream gets to know of it."""
    match action:
        case inputs.Speak():
            job = action
            return (
                job.handle,
                job.turn,
                job.segment,
                job.span,
                job.request,
                job.pause_ms,
                job.voice_id,
                job.wanted.marks,
            )
        case inputs.Open(handle, event, _, config):
            return handle, event, config
    return action


def step(talk, rng, number):
    """Something that may happen to a session."""
    turn, jobs = f"t{rng.randrange(number + 1)}", list(talk.asked)
    match rng.randrange(14):
        case 0 | 1:
            text, track = WORDS * rng.randrange(1, 12), rng.choice("ab")
            return lambda t: t.say("speak", turn=f"s{number}", text=text, track=track)
        case 2:
            when_busy = rng.choice(["queue", "replace", "drop"])
            return lambda t: t.say("turn.open", turn=f"t{number}", when_busy=when_busy)
        case 3 | 4 | 5:
            text = WORDS[: rng.randrange(1, 60)]
            return lambda t: t.say("turn.append", turn=turn, text=text, n=number)
        case 6:
            what = rng.choice([{"mark": "m"}, {"pause_ms": 300}])
            return lambda t: t.say("turn.append", turn=turn, **what)
        case 7 | 8 as kind:
            fields = {"played_ms": rng.randrange(3000)} if kind == 8 else {}
            name = "turn.cancel" if kind == 8 else rng.choice(["turn.commit", "turn.flush"])
            return lambda t: t.say(name, turn=turn, id="x", **fields)
        case 9:
            name = rng.choice(["turn.pause", "turn.resume"])
            return lambda t: t.say(name, turn=turn)
        case 10:
            config, apply = rng.choice(CONFIGS), rng.choice(["next_segment", "next_turn"])
            return lambda t: t.say("configure", config=config, apply=apply)
        case 11:
            played_ms = rng.randrange(5000)
            return lambda t: t.say("playback", turn=turn, played_ms=played_ms)
        case 13 if jobs:
            key, ms, fails = rng.choice(jobs), float(rng.randrange(200, 9000)), rng.random() < 0.1
            error = GatewayError("upstream_timeout")
            return lambda t: t.fail(t.asked[key], error, ms) if fails else t.deliver(t.asked[key], ms)
    seconds = rng.choice([0.1, 1.0, 20.0])
    return lambda t: t.tick(seconds)


class Twin(Talk):
    """The session that was told again, on its own clock."""

    def __init__(self, replayed, now):
        self.session, self.jobs, self.now = replayed.session, [], now
        self.asked = dict(replayed.asked)

    def hear(self, event):
        actions = super().hear(event)
        follow(self.asked, event, actions)
        return actions


@pytest.mark.parametrize("seed", range(40))
def test_a_session_told_again_goes_on_the_same_way(seed):
    rng = random.Random(seed)
    talk = Recorded(config={"language": "auto", "audio": {"lookahead_ms": 3000}})
    for number in range(rng.randrange(1, 60)):
        step(talk, rng, number)(talk)
    replayed = talk.told_again()
    twin = Twin(replayed, talk.now + WALL - OTHER_WALL)
    twin.session.tracks.set_clocks(talk.session.tracks.clocks(WALL), OTHER_WALL)
    assert {key: shown(job) for key, job in twin.asked.items()} == {key: shown(job) for key, job in talk.asked.items()}
    for number in range(100, 140):
        happens = step(talk, rng, number)
        mine = [shown(action) for action in happens(talk)]
        assert [shown(action) for action in happens(twin)] == mine
        if not talk.session.silent and (deadline := talk.session.deadline()) is not None:
            assert twin.session.deadline() == pytest.approx(deadline + WALL - OTHER_WALL)


def test_a_record_begins_anew_where_the_session_rests():
    talk = Recorded()
    talk.say("speak", turn="a", text="Hello.")
    talk.deliver(talk.jobs[-1])
    talk.tick(60)
    talk.say("speak", turn="b", text="Again.")
    assert len(talk.lines) == 1
    assert len(talk.past) == 1
    again = talk.told_again().session
    assert shown(again.handle(message("speak", turn="a", text="Hello."), 0.0)[0]) == shown(
        talk.say("speak", turn="a", text="Hello.")[0]
    )


def test_the_next_turn_is_asked_for_where_nothing_was_told_since_the_session_rested():
    talk = Recorded()
    talk.say("speak", turn="a", text="Hello.")
    talk.deliver(talk.jobs[-1])
    talk.tick(60)
    talk.say("ping")
    replayed = talk.told_again()
    twin = Twin(replayed, talk.now + WALL - OTHER_WALL)
    twin.session.tracks.attend(heard=False, now=replayed.at)
    twin.session.tracks.attend(heard=True, now=twin.now)
    twin.say("speak", turn="b", text="Again.")
    assert (talk.lines, [job.turn for job in twin.jobs]) == ([], ["b"])


def test_what_a_draining_gateway_was_told_last_does_not_hold_for_who_goes_on():
    talk = Recorded()
    talk.say("speak", turn="a", text="Hello.")
    talk.hear(inputs.Drain(1000))
    talk.lines.append(talk.recorder.inherited(talk.now))
    talk.session.carry_on()
    talk.say("speak", turn="b", text="Again.")
    again = talk.told_again().session.standing()
    assert [standing.handle for standing, _ in again] == [standing.handle for standing, _ in talk.session.standing()]
    assert len(again) == 2


def message(type_, **fields):
    return decode(orjson.dumps({"type": type_, **fields}).decode())


def test_rights_and_word_times_are_told_again():
    talk = Recorded(config={"captions": "words"})
    talk.say("speak", turn="a", text="Hello there world. " * 20)
    job = talk.jobs[-1]
    job.wanted.times.tell([Word("Hello", 0, 400), Word("there", 400, 900)])
    talk.hear(Renewed(id="r", config={"language": "de"}, rights=Rights("t", languages=("de",))))
    talk.receive(job)
    replayed = talk.told_again()
    assert replayed.session.rights == talk.session.rights
    assert replayed.session.config == talk.session.config
    [again] = [each for each in replayed.asked.values() if each.segment == job.segment]
    assert again.wanted.times.words == job.wanted.times.words


def test_no_credential_is_in_a_record():
    talk = Recorded()
    talk.hear(Configure(token="secret-token", config={"language": "de"}))
    talk.hear(Hello(token="secret-token"))
    assert b"secret-token" not in b"".join([talk.rest, *talk.past, *talk.lines])
