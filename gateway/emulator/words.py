"""A text's words and when each is heard. Every word is ours: an engine's anchors only say where some of them are. Pure.

A word is what stands between white space, without the punctuation around it; each Han or kana character by itself.
White space and punctuation are words too, of the silence they stand in.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.emulator.anchors import Anchor

LONGEST_WORD = 50
_SINGLE = "\u3040-\u3098\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_JOINED = "\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
_WIDE = "\u3000-\u303f\uff01-\uff0f\uff1a-\uff20…"
_CHUNK = re.compile(rf"\s+|[{_SINGLE}][{_JOINED}]*|[{_WIDE}]+|[^\s{_SINGLE}{_WIDE}]+")


@dataclass(frozen=True, slots=True)
class Token:
    begin: int
    end: int
    heard: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Samples."""

    begin: float
    end: float


def tokens(text: str, begin: int, end: int) -> Iterator[Token]:
    """All of `text[begin:end]`, in order."""
    for chunk in _CHUNK.finditer(text, begin, end):
        start, stop = chunk.span()
        heard = [index for index in range(start, stop) if _heard(text[index])]
        first, last = (heard[0], heard[-1] + 1) if heard else (stop, stop)
        if start < first:
            yield Token(start, first, heard=False)
        yield from _bounded(text, first, last)
        if last < stop:
            yield Token(last, stop, heard=False)


def _heard(char: str) -> bool:
    return unicodedata.category(char)[0] not in "PZC"


def _bounded(text: str, begin: int, end: int) -> Iterator[Token]:
    while end - begin > LONGEST_WORD:
        cut = begin + LONGEST_WORD
        while cut > begin + 1 and _joins(text[cut]):
            cut -= 1
        yield Token(begin, cut, heard=True)
        begin = cut
    if begin < end:
        yield Token(begin, end, heard=True)


def _joins(char: str) -> bool:
    """Whether it can't be parted from what is before it."""
    return unicodedata.category(char)[0] in "MC"


def timed(found: Sequence[Token], anchors: Sequence[Anchor], sound: Span) -> list[Span]:
    """A span for each token, in order and within the sound; tokens without an anchor share that of one before."""
    heard = iter(_clamped(_shares([token for token in found if token.heard], anchors, sound), sound))
    spans = [next(heard) if token.heard else None for token in found]
    return _filled(spans, sound)


def _shares(heard: Sequence[Token], anchors: Sequence[Anchor], sound: Span) -> Iterator[Span]:
    anchored = _anchored(heard, anchors) or {0: sound}
    heads = sorted(anchored)
    for head, begin, end in zip(heads, [0, *heads[1:]], [*heads[1:], len(heard)], strict=True):
        yield from _shared(heard[begin:end], anchored[head])


def _anchored(heard: Sequence[Token], anchors: Sequence[Anchor]) -> dict[int, Span]:
    """Index of a token → its span; an anchor belongs to the last token that begins at or before it."""
    begins = [token.begin for token in heard]
    found: dict[int, Span] = {}
    for anchor in anchors if heard else ():
        index = max(0, bisect_right(begins, anchor.position) - 1)
        known = found.get(index, Span(anchor.begin, anchor.end))
        found[index] = Span(min(known.begin, anchor.begin), max(known.end, anchor.end))
    return found


def _shared(heard: Sequence[Token], span: Span) -> Iterator[Span]:
    """By length."""
    whole = sum(token.end - token.begin for token in heard)
    begin, done = span.begin, 0
    for token in heard:
        done += token.end - token.begin
        end = span.begin + (span.end - span.begin) * done / whole
        yield Span(begin, end)
        begin = end


def _clamped(spans: Iterator[Span], sound: Span) -> Iterator[Span]:
    """One after the other and within the sound; the first begins with it."""
    floor = sound.begin
    for index, span in enumerate(spans):
        begin = min(max(span.begin, floor), sound.end) if index else sound.begin
        floor = min(max(span.end, begin), sound.end)
        yield Span(begin, floor)


def _filled(spans: Sequence[Span | None], sound: Span) -> list[Span]:
    """What is not heard lasts from the word before it to the next; at the edges, no time."""
    known = [span for span in spans if span] or [Span(sound.begin, sound.begin)]
    coming = [span.begin for span in known] + [known[-1].end]
    filled, at, heard = [], known[0].begin, 0
    for span in spans:
        heard += span is not None
        filled.append(span or Span(at, coming[heard]))
        at = filled[-1].end
    return filled
