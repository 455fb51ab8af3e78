"""A text → what is read of it, and where it is silent. Pure."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_PAUSE = re.compile(r"<#(?P<seconds>\d{1,2}(?:\.\d{1,2})?)#>")
_INTERJECTION = (
    r"\((?:laughs|chuckle|coughs|clear-throat|groans|breath|pant|inhale|exhale|gasps|sniffs|sighs|snorts|burps"
    r"|lip-smacking|humming|hissing|emm|sneezes|whistles|crying|applause)\)"
)
_PAUSE_OR_INTERJECTION = re.compile(f"{_PAUSE.pattern}|{_INTERJECTION}")
_INTERJECTION_S = 0.3
_CLOSING = "[\"'”’」』）)\\]]*"
_TITLE = r"(?<!\bMr)(?<!\bDr)(?<!\bMs)(?<!\bSt)(?<!\bMrs)(?<!\bProf)"
_SENTENCE_END = re.compile(rf"[。！？；…]+{_CLOSING}|{_TITLE}[.!?;]+{_CLOSING}(?=\s|$)|\n+")
_BREAK = re.compile(r"[,，、:：\s]")
LONGEST_SENTENCE = 200


@dataclass(frozen=True, slots=True)
class Replaced:
    """`text[begin:end]` of a reading stands for `source[source_begin:source_end]`."""

    begin: int
    end: int
    source_begin: int
    source_end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with its pronunciations in place."""

    source: str
    text: str
    replaced: tuple[Replaced, ...] = ()

    def origin(self, begin: int, end: int) -> tuple[int, int]:
        """Where `text[begin:end]` stands in the source; all of what was replaced, if a part of it is meant."""
        return self._origin(begin)[0], self._origin(end - 1)[1]

    def _origin(self, position: int) -> tuple[int, int]:
        index = bisect_right(self.replaced, position, key=lambda each: each.begin) - 1
        if index < 0:
            return position, position + 1
        before = self.replaced[index]
        if position < before.end:
            return before.source_begin, before.source_end
        shift = before.source_end - before.end
        return position + shift, position + shift + 1


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """`begin` counts code points of the reading."""

    text: str
    begin: int = 0


def reading(source: str, pronunciations: Sequence[tuple[str, str]]) -> Reading:
    if not pronunciations:
        return Reading(source, source)
    spoken = {written: re.sub(r"[()]+", " ", said) for written, said in reversed(pronunciations)}
    text, replaced, rest = "", [], 0
    for found in re.finditer("|".join(re.escape(written) for written, _ in pronunciations), source):
        text += source[rest : found.start()]
        replaced.append(Replaced(len(text), len(text) + len(spoken[found[0]]), found.start(), found.end()))
        text += spoken[found[0]]
        rest = found.end()
    return Reading(source, text + source[rest:], tuple(replaced))


def script(text: str, model: str) -> Iterator[Sentence | Pause]:
    """What is to be performed of a reading's text, in order. Older models read interjections aloud."""
    marks = _PAUSE_OR_INTERJECTION if model.startswith("speech-2.8") else _PAUSE
    start = 0
    for mark in marks.finditer(text):
        yield from sentences(text, start, mark.start())
        yield Pause(float(mark["seconds"] or _INTERJECTION_S))
        start = mark.end()
    yield from sentences(text, start, len(text))


def pause_marks(text: str) -> list[tuple[int, int]]:
    return [mark.span() for mark in _PAUSE.finditer(text)]


def sentences(text: str, start: int, stop: int) -> Iterator[Sentence]:
    for end in _SENTENCE_END.finditer(text, start, stop):
        yield from _bounded(text, start, end.end())
        start = end.end()
    yield from _bounded(text, start, stop)


def _bounded(text: str, start: int, stop: int) -> Iterator[Sentence]:
    """Pieces a worker speaks in some milliseconds, cut at a break where there is one."""
    while stop - start > LONGEST_SENTENCE:
        breaks = [found.end() for found in _BREAK.finditer(text, start, start + LONGEST_SENTENCE)]
        cut = breaks[-1] if breaks else start + LONGEST_SENTENCE
        yield Sentence(text[start:cut], start)
        start = cut
    if text[start:stop].strip():
        yield Sentence(text[start:stop], start)
