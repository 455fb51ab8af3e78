"""Sentences of parts → sentences of their chapter, on its clock and in its text. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gateway.longform.result import Sentence


class Taken(NamedTuple):
    """A part in its chapter: its text from `at` on, its sound from `begin_ms` on."""

    text: str
    at: int
    begin_ms: float
    ms: float
    sentences: Sequence[Sentence]


def chapter(parts: Sequence[Taken]) -> list[dict[str, Any]]:
    """`span` counts code points of the chapter's text, `from_ms` and `to_ms` from the beginning of its audio."""
    return [_told(part, sentence, span) for part in parts for sentence, span in _placed(part)]


def _told(part: Taken, sentence: Sentence, span: tuple[int, int]) -> dict[str, Any]:
    begin, end = (round(part.begin_ms + min(ms, part.ms)) for ms in (sentence.from_ms, sentence.to_ms))
    return {
        "text": part.text[slice(*span)] or sentence.text,
        "span": [part.at + span[0], part.at + span[1]],
        "from_ms": begin,
        "to_ms": max(begin, end),
    }


def _placed(part: Taken) -> Iterator[tuple[Sentence, tuple[int, int]]]:
    """Each with its place in the part's text: where upstream says, if the text stands there, else where it stands."""
    reached = 0
    for sentence in part.sentences:
        span = sentence.span
        if span is None or part.text[slice(*span)].strip() != sentence.text.strip():
            span = _found(part.text, sentence.text.strip(), reached)
        reached = max(reached, span[1])
        yield sentence, span


def _found(text: str, sentence: str, reached: int) -> tuple[int, int]:
    at = text.find(sentence, reached)
    return (reached, reached) if at < 0 else (at, at + len(sentence))


def whole(begin_ms: float | None, sentences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with their times from the beginning of the whole; None: not known yet."""
    if begin_ms is None:
        return sentences
    at = round(begin_ms)
    return [{**each, "whole_from_ms": at + each["from_ms"], "whole_to_ms": at + each["to_ms"]} for each in sentences]
