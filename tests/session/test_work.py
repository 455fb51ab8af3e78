"""How much work a message is, in function calls: small ones never cost much, whatever was said before."""

import itertools
import sys

import pytest

from gateway.protocol.languages import AUTO, LANGUAGES
from tests.session.talk import Talk

PRONUNCIATIONS = [f"{number}/b{number}" for number in range(1000)]
TAGS = [tag for tag in LANGUAGES if tag != AUTO]


def calls(talk: Talk, type_: str, **fields) -> int:
    count = itertools.count()
    sys.setprofile(lambda *_: next(count))
    try:
        talk.say(type_, **fields)
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
    assert calls(speaking(TAGS), **message) < 1.5 * calls(speaking(TAGS[:1]), **message)
