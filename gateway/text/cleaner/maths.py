r"""Formulas between `$…$`, `$$…$$`, `\(…\)`, `\[…\]`; and backslashes that only protect a mark."""

import re
import string

from gateway.text.cleaner.formulas import spoken
from gateway.text.cleaner.scan import NO, WAIT, Scan

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_DISPLAY = re.compile(r"\$\$(?!\s*[A-Za-z]{2,}(?: [A-Za-z]+)*\s*\$)([^$]+)\$\$")
_DISPLAY_BEGUN = re.compile(r"\$\$[^$]*\$?\Z")
_INLINE = re.compile(r"\$(?![\s$])((?:[^$\\\n]|\\[^\n])*+)(?<![\s])\$")
_INLINE_BEGUN = re.compile(r"\$(?![\s$])(?:[^$\\\n]|\\[^\n])*+\\?\Z")
_PARENTHESES = re.compile(r"\\\(((?:[^\\\n]|\\[^()\n])*+)\\\)")
_PARENTHESES_BEGUN = re.compile(r"\\\((?:[^\\\n]|\\[^()\n])*+\\?\Z")
_BRACKETS = re.compile(r"\\\[((?:[^\\]|\\[^\[\]])*+)\\\]")
_BRACKETS_BEGUN = re.compile(r"\\\[(?:[^\\]|\\[^\[\]])*+\\?\Z")
_WORDS = re.compile(r"\\(?:text|textbf|mathrm|mbox|operatorname)\{[^{}]*\}?")
_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{2,} [A-Za-z]{2,}")
_TERM = r"[A-Za-z](?:[^A-Za-z]|\Z)"
_SUM = re.compile(rf"\$\d+(?:[.,]\d+)*(?: ?[=+*^\\_{{<>×·]| ?{_TERM}|\$| ?[-/] ?(?:\d|{_TERM}|\\))")
_SUM_BEGUN = re.compile(r"\$\d+(?:[.,]\d+)*(?:[.,]| | ?[A-Za-z]| ?[-/] ?[A-Za-z]?)?\Z")
_PLAIN = re.compile(r"[^\\{}^_&~$\s]+(?: [^\\{}^_&~$\s]+)*")


def dollar(scan: Scan) -> int:
    """Money unless there is a formula up to the next one in the line."""
    if scan.ends(scan.at + 1):
        return WAIT
    if scan.ahead(1) == "$":
        return _between(scan, _DISPLAY, _DISPLAY_BEGUN) or _dollars(scan)
    if scan.before.isalnum() or scan.before == "$":
        return NO
    if scan.ahead(1).isdigit() and (answer := _sum(scan)) is not None:
        return answer
    return _inline(scan)


def backslash(scan: Scan) -> int:
    if scan.ends(scan.at + 1):
        return WAIT
    after = scan.ahead(1)
    if after in "([" and after:
        patterns = (_PARENTHESES, _PARENTHESES_BEGUN) if after == "(" else (_BRACKETS, _BRACKETS_BEGUN)
        taken = _between(scan, *patterns)
        if taken != NO:
            return taken
    if after in {"\n", "\r"}:
        return scan.drop(1)
    if not after or after not in string.punctuation or scan.before == "¯":
        return NO
    scan.drop(0)
    scan.copy(scan.at + 1, scan.at + 2)
    return 2


def _dollars(scan: Scan) -> int:
    """A price class, `$$`."""
    scan.copy(scan.at, scan.at + 2)
    return 2


def _sum(scan: Scan) -> int | None:
    """`$2x + 3$` may be a formula, `$5 and` is money."""
    if scan.may_wait and scan.match(_SUM_BEGUN):
        return WAIT
    return None if scan.match(_SUM) else NO


def _inline(scan: Scan) -> int:
    found = scan.match(_INLINE)
    body = found[1] if found else scan.text[scan.at + 1 : scan.reach].split("\n", 1)[0]
    if _PROSE.search(_WORDS.sub("", body)):
        return NO
    if found is None:
        return WAIT if scan.may_wait and scan.match(_INLINE_BEGUN) else NO
    if scan.ends(found.end()):
        return WAIT
    after = scan.text[found.end() : found.end() + 1]
    return NO if after.isalnum() or after == "$" else _formula(scan, found)


def _between(scan: Scan, whole: re.Pattern[str], begun: re.Pattern[str]) -> int:
    found = scan.match(whole)
    if found is not None and not _BLANK_LINE.search(found[1]):
        return _formula(scan, found)
    waits = scan.may_wait and scan.match(begun) and not _BLANK_LINE.search(scan.text, scan.at)
    if waits:
        return WAIT
    return NO


def _formula(scan: Scan, found: re.Match[str]) -> int:
    scan.drop(0)
    body = found[1].strip()
    start = found.start(1) + len(found[1]) - len(found[1].lstrip())
    if _PLAIN.fullmatch(body):
        return scan.keep(start, start + len(body), found.end())
    if said := spoken(body):
        scan.say(said, found.start(), found.end())
    return found.end() - scan.at
