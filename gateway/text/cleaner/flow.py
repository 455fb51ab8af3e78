"""Text as it is: everything between the marks."""

import re

from gateway.text.cleaner import addresses, emoji
from gateway.text.cleaner.characters import (
    BLANKS,
    GLUE,
    HIDDEN,
    JOINERS,
    NEWLINES,
    PICTURES,
    SHY_PICTURES,
    ends_in_virama,
    shapes,
)
from gateway.text.cleaner.scan import NO, WAIT, Rule, Scan

_HIDDEN = re.compile(rf"[{HIDDEN}]+")


class Marks:
    """The rules of the characters that may be marks."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        self.rules = rules
        self.interesting = re.compile(
            rf"(?P<white> (?![^\W_])|[{NEWLINES}{BLANKS[1:]}{GLUE}])|(?P<mark>{_either(rules)})|(?P<hidden>[{HIDDEN}])"
            rf"|(?P<joiner>[{JOINERS}])|(?P<picture>[{PICTURES}])|(?P<shy>[{SHY_PICTURES}])"
            rf"|(?P<address>{addresses.BEGIN})|(?P<path>{addresses.PATH})|(?P<scheme>{addresses.BEGUN})"
        )
        """What is not simply copied; the group names the rule. A single blank before a word is copied with it."""


def _either(rules: dict[str, Rule]) -> str:
    return f"[{re.escape(''.join(rules))}]" if rules else "(?!)"


_NONE = Marks({})


def flow(scan: Scan, end: int, marks: Marks) -> int:
    """One step through `text[at:end]`."""
    found = marks.interesting.search(scan.text, scan.at, end)
    start = found.start() if found else end
    if found is None or start > scan.at:
        scan.copy(scan.at, start)
        return start - scan.at
    taken = _apply(scan, found, end, marks)
    if taken == NO or (taken == WAIT and scan.final):
        taken = max(1, found.end() - scan.at)
        scan.copy(scan.at, scan.at + taken)
    return taken


def _apply(scan: Scan, found: re.Match[str], end: int, marks: Marks) -> int:
    if found.lastgroup == "mark":
        return marks.rules[found[0]](scan)
    if found.lastgroup == "scheme":
        return WAIT if end == len(scan.text) else NO
    return _RULES[found.lastgroup or ""](scan)


def verbatim(scan: Scan, end: int) -> int:
    """One step through text in which nothing is a mark."""
    return flow(scan, end, _NONE)


def _white(scan: Scan) -> int:
    character = scan.ahead(0)
    if character in NEWLINES:
        return _newline(scan)
    if character == " " or character in GLUE:
        scan.copy(scan.at, scan.at + 1)
    else:
        scan.say(" ", scan.at, scan.at + 1)
    return 1


def _newline(scan: Scan) -> int:
    length = 1
    if scan.ahead(0) == "\r":
        if scan.ends(scan.at + 1):
            return WAIT
        length = 2 if scan.ahead(1) == "\n" else 1
    if scan.line.kind or scan.line.blank:
        scan.open.clear()
    scan.closers.clear()
    scan.line.end()
    if length == 1 and scan.ahead(0) == "\n":
        scan.copy_break()
    else:
        scan.say("\n", scan.at, scan.at + length)
    return length


def _hidden(scan: Scan) -> int:
    found = _HIDDEN.match(scan.text, scan.at)
    return found.end() - scan.at if found else NO


def _joiner(scan: Scan) -> int:
    """Kept where it shapes letters; a run of them never does."""
    before = scan.output.last if scan.guard.since is None else scan.before
    if not ends_in_virama(before):
        if scan.ends(scan.at + 1):
            return WAIT
        if not shapes(before, scan.ahead(1)):
            return 1
    scan.copy(scan.at, scan.at + 1)
    return 1


_RULES: dict[str, Rule] = {
    "white": _white,
    "hidden": _hidden,
    "joiner": _joiner,
    "picture": emoji.picture,
    "shy": emoji.shy_picture,
    "address": addresses.address,
    "path": addresses.path,
}
