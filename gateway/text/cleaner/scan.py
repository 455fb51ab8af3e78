"""The held source, and what is known about the place up to which it is decided.

A rule is a function of the scan. It says what it has to say and returns how many code points of source that took,
`WAIT` if more must come to decide, or `NO`. What it decides must hold whatever comes later, so that it does not matter
how the text was cut: it looks at no more than `LIMIT` code points, and at the end of the text it waits while it may.
"""

import re
from collections.abc import Callable

from gateway.protocol.config import TextRules
from gateway.text.cleaner.characters import HIDDEN, JOINERS, PICTURES
from gateway.text.cleaner.guard import Guard
from gateway.text.cleaner.output import Output, Piece

LIMIT = 512
"""Code points that a mark may hold before it is taken for text."""
WAIT = -1
NO = 0

_BEYOND = 64
"""Code points after a mark's last that some rules look at."""
_UNSPOKEN = re.compile(f"[{HIDDEN}{JOINERS}{PICTURES}]")
_CONTEXT = 8
"""Decided code points that are kept, for rules that look back."""


class Scan:
    def __init__(self, rules: TextRules, output: Output, guard: Guard) -> None:
        self.rules = rules
        self.output = output
        self.guard = guard
        self.text = ""
        self.at = 0
        """The first code point of `text` that is not decided."""
        self.final = False
        """No more text is waited for."""
        self.mode: Rule | None = None
        """Takes all source until it ends itself."""
        self.line = Line()
        self.open: dict[str, list[int]] = {}
        """Lengths of the marks of emphasis that were begun, by their character."""
        self.closers: dict[int, int] = {}
        """Where in the source a link's text ends, and where the link."""
        self.plain_until = 0
        """Up to this place of the source nothing is a mark: inline code."""
        self.named = ("", 0)
        """The last emoji named, and where it ended."""
        self._base = 0

    def feed(self, text: str) -> None:
        cut = max(0, self.at - _CONTEXT)
        self.text = self.text[cut:] + text
        self._base += cut
        self.at -= cut

    def advance(self, length: int) -> None:
        self.at += length
        self.guard.reach(self.position)

    @property
    def position(self) -> int:
        return self._base + self.at

    @property
    def decided(self) -> int:
        since = self.guard.since
        return self.position if since is None else since

    @property
    def fed(self) -> int:
        return self._base + len(self.text)

    @property
    def before(self) -> str:
        return self.text[self.at - 1] if self.at else "\n"

    @property
    def reach(self) -> int:
        return self.at + LIMIT

    @property
    def may_wait(self) -> bool:
        return not self.final and len(self.text) < self.reach + _BEYOND

    def ahead(self, offset: int) -> str:
        """Empty beyond the end."""
        return self.text[self.at + offset : self.at + offset + 1]

    def ends(self, index: int) -> bool:
        """What stands at this index of `text` is not known yet."""
        return index >= len(self.text) and not self.final

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self.text, self.at, self.reach)

    @property
    def stop(self) -> int:
        """Where in `text` something is to be left out, else its end."""
        while self.closers and (first := min(self.closers)) < self.position:
            del self.closers[first]
        return self.at + min(self.closers) - self.position if self.closers else len(self.text)

    def source(self, index: int) -> int:
        return self._base + index

    def copy(self, start: int, end: int) -> None:
        """Speak `text[start:end]`, which holds no white space but single blanks around words."""
        text = self.text[start:end]
        if text[0] == " ":
            self._put(" ", start)
            start, text = start + 1, text[1:]
        rest = len(text) > 1 and text[-1] == " "
        if text:
            self._put(text[:-1] if rest else text, start)
        if rest:
            self._put(" ", end - 1)

    def _put(self, text: str, start: int) -> None:
        self.guard.put(Piece(text, self._base + start, self._base + start + len(text), copied=True))

    def copy_break(self) -> None:
        """Speak the line break at `at`, whichever it is."""
        self.guard.put(Piece("\n", self.position, self.position + 1, copied=self.ahead(0) == "\n"))

    def keep(self, start: int, end: int, closer: int) -> int:
        """Speak `text[start:end]` as it is, and leave out what stands before it, and after it up to `closer`."""
        self.plain_until = self.source(end)
        self.closers[self.plain_until] = self.source(closer)
        return self.drop(start - self.at)

    def say(self, text: str, start: int, end: int) -> None:
        """Speak this in place of `text[start:end]`."""
        if said := _UNSPOKEN.sub("", text):
            self.guard.put(Piece(said, self._base + start, self._base + end, copied=False))

    def drop(self, length: int) -> int:
        self.output.drop()
        return length


Rule = Callable[[Scan], int]


class Line:
    """What is known about the line of source."""

    def __init__(self) -> None:
        self.kind = ""
        """`heading`, `item`, `row`, `quote` or `code`; empty for anything else."""
        self.fresh = True
        """Nothing but marks has come."""
        self.marked = False
        self.indented = False
        self.after_blank = False
        self.after_code = False
        self.in_list = False
        self.in_table = False

    @property
    def blank(self) -> bool:
        return self.fresh and not self.marked

    def end(self) -> None:
        self.after_blank = self.blank
        self.after_code = self.kind == "code"
        self.in_table = self.kind == "row"
        self.kind = ""
        self.fresh = True
        self.marked = self.indented = False
