"""A text → what is said and where it is silent. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_PAUSE = re.compile(r"<#(\d{1,2}(?:\.\d{1,2})?)#>")
_INTERJECTION = re.compile(
    r"\((?:laughs|chuckle|coughs|clear-throat|groans|breath|pant|inhale|exhale|gasps|sniffs|sighs|snorts|burps"
    r"|lip-smacking|humming|hissing|emm|sneezes|whistles|crying|applause)\)"
)
_INTERJECTION_S = 0.3
_CLOSING = "[\"'”’」』）)\\]]*"
_TITLE = r"(?<!\bMr)(?<!\bDr)(?<!\bMs)(?<!\bSt)(?<!\bMrs)(?<!\bProf)"
_SENTENCE_END = re.compile(rf"[。！？；…]+{_CLOSING}|{_TITLE}[.!?;]+{_CLOSING}(?=\s|$)|\n+")
_BREAK = re.compile(r"[,，、:：\s]")
LONGEST_SENTENCE = 200


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str


def script(text: str, model: str, pronunciations: Sequence[tuple[str, str]]) -> Iterator[Sentence | Pause]:
    """What is to be performed, in order. Older models read interjections aloud."""
    for written, spoken in pronunciations:
        text = text.replace(written, re.sub(r"[()]+", " ", spoken))
    if model.startswith("speech-2.8"):
        text = _INTERJECTION.sub(f"<#{_INTERJECTION_S}#>", text)
    start = 0
    for mark in _PAUSE.finditer(text):
        yield from sentences(text[start : mark.start()])
        yield Pause(float(mark[1]))
        start = mark.end()
    yield from sentences(text[start:])


def sentences(text: str) -> Iterator[Sentence]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        yield from _bounded(text[start : end.end()])
        start = end.end()
    yield from _bounded(text[start:])


def _bounded(text: str) -> Iterator[Sentence]:
    """Pieces a worker speaks in some milliseconds, cut at a break where there is one."""
    while len(text) > LONGEST_SENTENCE:
        breaks = [found.end() for found in _BREAK.finditer(text, 0, LONGEST_SENTENCE)]
        cut = breaks[-1] if breaks else LONGEST_SENTENCE
        yield Sentence(text[:cut])
        text = text[cut:]
    if text.strip():
        yield Sentence(text)
