"""Modes in which all that comes is left out, as it comes."""

import re
from dataclasses import dataclass

from gateway.text.cleaner.scan import WAIT, Scan

_LONGEST_END = 16


@dataclass(slots=True)
class Until:
    """Up to an end that is at most `_LONGEST_END` long: thoughts, scripts, comments."""

    end: re.Pattern[str]
    opens_line: bool = False
    """What follows may be a heading or a list."""

    def __call__(self, scan: Scan) -> int:
        found = self.end.search(scan.text, scan.at)
        if found is not None:
            scan.mode = None
            if self.opens_line:
                scan.line.fresh = True
            return scan.drop(found.end() - scan.at)
        if scan.final:
            return len(scan.text) - scan.at
        length = len(scan.text) - _LONGEST_END - scan.at
        return length if length > 0 else WAIT


@dataclass(slots=True)
class While:
    """As long as these come: a long run of one mark, a line's rest, what is too long for a link."""

    these: re.Pattern[str]

    def __call__(self, scan: Scan) -> int:
        found = self.these.match(scan.text, scan.at)
        length = found.end() - scan.at if found else 0
        if scan.at + length < len(scan.text):
            scan.mode = None
        return scan.drop(length)
