"""What a client sees of a cleaner: the text, the pauses, and where every code point came from."""

import itertools
import random
from collections.abc import Iterable

from gateway.protocol.config import TextRules
from gateway.text.cleaner import Cleaner, Pause

PLAIN = TextRules()

Seen = tuple[str, list[tuple[int, int]], list[tuple[int, int]]]
"""Cleaned text; the source span of each of its code points; (cleaned position, ms) of each pause."""


def clean(pieces: str | Iterable[str], rules: TextRules = PLAIN, tags: frozenset[str] = frozenset()) -> Seen:
    cleaner = Cleaner(rules, tags)
    given = [part for piece in ([pieces] if isinstance(pieces, str) else pieces) for part in cleaner.feed(piece)]
    given += cleaner.settle()
    assert cleaner.held == 0
    assert "" not in given
    return seen(cleaner, given)


def seen(cleaner: Cleaner, given: list[str | Pause]) -> Seen:
    text, pauses = "", []
    for part in given:
        if isinstance(part, Pause):
            pauses.append((len(text), part.ms))
        else:
            text += part
    return text, [cleaner.map.span(at, at + 1) for at in range(len(text))], pauses


def cleaned(source: str, **rules: str) -> str:
    return clean(source, TextRules(**rules))[0]


def at_every_place(text: str) -> Iterable[list[str]]:
    """Cut in two at each place, and into single code points."""
    yield list(text)
    for at in range(1, len(text)):
        yield [text[:at], text[at:]]


def at_random(text: str, seed: int, longest: int = 12) -> list[str]:
    random_ = random.Random(seed)
    pieces, at = [], 0
    while at < len(text):
        size = random_.randint(1, longest)
        pieces.append(text[at : at + size])
        at += size
    return pieces


def rising(spans: list[tuple[int, int]]) -> bool:
    return all(a[0] <= b[0] and a[1] <= b[1] for a, b in itertools.pairwise(spans))
