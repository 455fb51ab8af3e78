"""Mixed turns: each run in its own language, names inside a sentence don't switch, order kept."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.protocol.languages import LANGUAGES
from gateway.text.languages import Linguist
from gateway.text.segmenter import Segmenter, Urgency
from gateway.text.speakable import speaks

TURNS: dict[str, str] = json.loads((Path(__file__).parent / "turns.json").read_text(encoding="utf-8"))
_TAG = re.compile(r"\[([a-z]{2,3})\]")


def expected(marked: str) -> list[tuple[str, str]]:
    """`[en]Hello. [zh]你好。` → the languages and their texts."""
    _, *parts = _TAG.split(marked)
    return [(language, text.strip()) for language, text in zip(parts[::2], parts[1::2], strict=True)]


def heard(text: str, linguist: Linguist) -> list[tuple[str, str]]:
    return [(run.language, text[run.start : run.end]) for run in linguist.runs(text)]


def segmented(text: str) -> Sequence[str]:
    segmenter = Segmenter()
    segmenter.feed(text)
    segmenter.cut()
    segments = []
    while (segment := segmenter.take(Urgency.SENTENCE)) is not None:
        segments.append(segment.text)
    return segments


def merged(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Neighbours of one language joined, only what is heard."""
    found: list[tuple[str, str]] = []
    for language, text in runs:
        before = found.pop() if found and found[-1][0] == language else (language, "")
        found.append((language, before[1] + "".join(filter(speaks, text))))
    return found


@pytest.mark.parametrize("name", TURNS)
def test_each_run_of_a_turn_is_in_its_language(name):
    assert heard(_TAG.sub("", TURNS[name]), Linguist()) == expected(TURNS[name])


@pytest.mark.parametrize("name", TURNS)
def test_segments_of_a_turn_are_read_as_the_whole(name):
    linguist = Linguist()
    runs = [run for text in segmented(_TAG.sub("", TURNS[name])) for run in heard(text, linguist)]
    assert merged(runs) == merged(expected(TURNS[name]))


@pytest.mark.parametrize("name", TURNS)
def test_voices_for_the_turns_languages_change_nothing(name):
    languages = {language for language, _ in expected(TURNS[name])}
    assert heard(_TAG.sub("", TURNS[name]), Linguist(languages)) == expected(TURNS[name])


def test_the_turns_speak_in_languages_of_the_forty():
    assert {language for turn in TURNS.values() for language, _ in expected(turn)} <= set(LANGUAGES)
    assert len(expected(TURNS["seven languages"])) == 7
