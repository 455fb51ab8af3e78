"""Code: fenced and indented blocks, and code between words."""

import re
from dataclasses import dataclass, field

from gateway.text.cleaner.drops import While
from gateway.text.cleaner.flow import verbatim
from gateway.text.cleaner.scan import LIMIT, NO, WAIT, Scan

_OPENING = re.compile(r"(`{3,}|~{3,})")
_INFO = {"`": re.compile(r"[^`\n\r]*"), "~": re.compile(r"[^\n\r]*")}
_LINE = re.compile(r"[^\n\r]*")
_TICKS = re.compile("`+")
_MOST_TICKS = 8


def fence(scan: Scan) -> int:
    """A line of three marks or more, and an info string, in which no backtick stands after backticks."""
    found = scan.match(_OPENING)
    if found is None:
        run = scan.match(re.compile("[`~]+"))
        return WAIT if run is not None and len(run[0]) < 3 and scan.ends(run.end()) else NO
    end = _INFO[found[0][0]].match(scan.text, found.end(), scan.reach).end()  # type: ignore[union-attr] # empty at least
    if scan.ends(end) and scan.may_wait:
        return WAIT
    if end < scan.reach and scan.text[end : end + 1] == "`":
        return NO
    scan.mode = Fence(found[0][0], len(found[0]), speak=scan.rules.code == "speak")
    scan.line.fresh = False
    return scan.drop(end - scan.at)


def indented(scan: Scan, length: int) -> int:
    """A line of indented code; it ends where the next line is not indented."""
    scan.line.fresh = False
    scan.line.kind = "code"
    scan.mode = Rest(speak=scan.rules.code == "speak")
    return scan.drop(length)


def ticks(scan: Scan) -> int:
    """Code between words is spoken as it stands; backticks that nothing closes in their line are silent."""
    found = scan.match(_TICKS)
    length = len(found[0]) if found else 1
    if length > _MOST_TICKS:
        scan.mode = While(_TICKS)
        return scan.drop(length)
    if scan.ends(scan.at + length):
        return WAIT
    begin = scan.at + length
    closing = scan.text.find("`" * length, begin, scan.reach)
    newline = scan.text.find("\n", begin, scan.reach if closing < 0 else closing)
    if closing < 0 and newline < 0 and scan.may_wait:
        return WAIT
    if closing >= 0 and newline < 0:
        return scan.keep(begin, closing, closing + length)
    return scan.drop(length)


@dataclass(slots=True)
class Rest:
    """The rest of a line, as it is."""

    speak: bool

    def __call__(self, scan: Scan) -> int:
        found = _LINE.match(scan.text, scan.at)
        end = found.end() if found else scan.at
        if end == scan.at:
            scan.mode = None
            return NO
        return verbatim(scan, end) if self.speak else scan.drop(end - scan.at)


@dataclass(slots=True)
class Fence:
    """A block of code, from the end of the line that opens it to the line that closes it."""

    mark: str
    length: int
    speak: bool
    fresh: bool = field(default=False)

    def __call__(self, scan: Scan) -> int:
        if scan.ahead(0) in "\r\n":
            self.fresh = True
            if self.speak:
                scan.copy_break()
            return 1
        if self.fresh and (taken := self._closing(scan)) != NO:
            return taken
        self.fresh = False
        found = _LINE.match(scan.text, scan.at)
        end = found.end() if found else scan.at + 1
        return verbatim(scan, end) if self.speak else scan.drop(end - scan.at)

    def _closing(self, scan: Scan) -> int:
        found = scan.match(re.compile(rf"[ \t>]*({self.mark}*)[ \t]*"))
        end = found.end() if found else scan.at
        if found is None or end - scan.at >= LIMIT or scan.text[end : end + 1] not in {"", "\n", "\r"}:
            return NO
        if scan.ends(end):
            return WAIT
        if len(found[1]) < self.length:
            return NO
        scan.mode = None
        return scan.drop(end - scan.at)
