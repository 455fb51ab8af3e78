"""How much work a message is, in function calls: small ones never cost much, whatever was said before."""

import itertools
import sys
from collections.abc import Callable

import pytest

from gateway.protocol.languages import AUTO, LANGUAGES
from tests.session.talk import Talk

PRONUNCIATIONS = [f"{number}/b{number}" for number in range(1000)]
TAGS = [tag for tag in LANGUAGES if tag != AUTO]


def calls(act: Callable, *args, **fields) -> int:
    count = itertools.count()
    sys.setprofile(lambda *_: next(count))
    try:
        act(*args, **fields)
    finally:
        sys.setprofile(None)
    return next(count)


def speaking(tags: list[str]) -> Talk:
    """With an open turn and settings that hold in all these languages."""
    voices = {tag: {"speed": 1.1} for tag in tags}
    talk = Talk(config={"voice": {"pronunciation_dict": PRONUNCIATIONS}, "voices": voices})
    talk.say("turn.open", turn="a")
    return talk


@pytest.mark.parametrize(
    "message",
    [
        {"type_": "configure", "config": {"lip": False}},
        {"type_": "turn.append", "turn": "a", "text": "x", "language": "en"},
        {"type_": "turn.append", "turn": "a", "text": "x", "voice": {"speed": 1.2}},
    ],
)
def test_what_is_said_once_is_looked_at_once_however_many_languages_it_holds_for(message: dict):
    assert calls(speaking(TAGS).say, **message) < 1.5 * calls(speaking(TAGS[:1]).say, **message)


def flushed(times: int) -> Talk:
    """With a text that is held, and so many flushes that wait for it."""
    talk = Talk()
    talk.say("turn.open", turn="a")
    talk.say("turn.append", turn="a", text="Hello there.")
    for number in range(times):
        talk.say("turn.flush", turn="a", id=str(number))
    return talk


def test_a_flush_costs_the_same_however_many_wait():
    flush = {"type_": "turn.flush", "turn": "a"}
    assert calls(flushed(900).say, **flush) < 1.2 * calls(flushed(9).say, **flush)


def test_to_answer_twice_the_flushes_is_twice_the_work():
    few, many = flushed(450), flushed(900)
    assert calls(many.deliver, many.jobs[0]) < 2.2 * calls(few.deliver, few.jobs[0])


def test_settings_that_a_turn_cannot_be_spoken_with_are_worked_out_once():
    """The session has chosen a model that lacks the turn's language."""
    talk = Talk(config={"voice": {"pronunciation_dict": PRONUNCIATIONS}})
    talk.say("turn.open", turn="a", language="fa")
    talk.say("turn.append", turn="a", text="Hello there. More of it. ")
    talk.say("configure", config={"voice": {"model": "speech-01-turbo"}})
    playback = {"type_": "playback", "turn": "a", "played_ms": 0, "state": "playing"}
    before = calls(talk.say, **playback)
    talk.receive(talk.jobs[0])
    assert calls(talk.say, **playback) < 2 * before
