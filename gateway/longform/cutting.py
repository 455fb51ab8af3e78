"""A chapter's text → stretches that upstream takes at once: cut between paragraphs, else sentences, else words."""

import re
from collections.abc import Iterator

from gateway.text.billing import billable

Span = tuple[int, int]
_UNITS = (
    re.compile(r"[^\n]*\n+|[^\n]+"),
    re.compile(r".*?[.!?…。！？।؟]+[\"'”’»)\]」』）]*(?:\s+|(?=[^\s.!?…]))|.+", re.DOTALL),
    re.compile(r"\S*\s+|\S+"),
)
"""Paragraphs, sentences, words: each takes what follows it along, so that nothing is lost."""


def spans(text: str, most: int) -> list[Span]:
    """`most`: characters as upstream counts them."""
    found: list[Span] = []
    room = 0
    for start, end in _units(text, (0, len(text)), most, 0):
        size = billable(text[start:end])
        if found and size <= room:
            found[-1] = found[-1][0], end
            room -= size
        else:
            found.append((start, end))
            room = most - size
    return found


def _units(text: str, within: Span, most: int, level: int) -> Iterator[Span]:
    """None of them is worth more than `most`."""
    if level == len(_UNITS):
        step = max(1, most // 2)  # an ideograph counts twice
        yield from ((at, min(at + step, within[1])) for at in range(*within, step))
        return
    for unit in _UNITS[level].finditer(text, *within):
        if billable(unit[0]) <= most:
            yield unit.span()
        else:
            yield from _units(text, unit.span(), most, level + 1)
