"""The beginning of a line: headings, quotes, lists, tables, rules, code, definitions."""

import re

from gateway.text.cleaner import code, emphasis
from gateway.text.cleaner.code import fence
from gateway.text.cleaner.drops import While
from gateway.text.cleaner.scan import LIMIT, NO, WAIT, Rule, Scan
from gateway.text.scripts import unspaced

_INDENT = re.compile(r"[ \t]*")
_HEADING = re.compile(r"#{1,6}(?=[ \t\n\r])|#{2,6}(?=[^\W\d_])")
_HEADING_END = re.compile(r"#+[ \t]*")
_BULLET = re.compile(r"[-+*•◦▪●○‣∙⁃](?=[ \t])|•")
_BULLET_BEGUN = re.compile(r"[-+*◦▪●○‣∙⁃]\Z")
_TASK = re.compile(r"\[[ xX]\](?=[ \t])")
_TASK_BEGUN = re.compile(r"\[(?:[ xX]\]?)?\Z")
_NUMBER = re.compile(r"\d{1,9}[.)](?=[ \t])")
_NUMBER_BEGUN = re.compile(r"\d{1,9}[.)]?\Z")
_ALERT = re.compile(r"\[!([A-Z]{3,12})\](?=[ \t]*[\r\n])")
_ALERT_BEGUN = re.compile(r"\[!?[A-Z]{0,12}\]?[ \t]*\Z")
_DEFINITION = re.compile(r"\[[^\^\[\]\n][^\[\]\n]*\]:(?=\s)")
_NOTE = re.compile(r"\[\^[^\[\]\s]{1,64}\]:")
_DEFINITION_BEGUN = re.compile(r"\[[^\[\]\n]*(?:\]:?)?\Z")
_RULED = re.compile(r"[-:|=*_+ \t]+")
_RULE = re.compile(
    r"(?:-[ \t]*)+|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*|\+(?:[-=]+\+)+[ \t]*"
    r"|(?=[^\n]*\|)\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*"
)
_ROW = re.compile(r"\|[^\n]*\n[ \t>]*\|?[ \t]*:?-")
_ROW_BEGUN = re.compile(r"\|[^\n]*(?:\n[ \t>]*\|?[ \t]*:?)?\Z")
_LINE = re.compile(r"[^\n\r]*")
_SEPARATOR = re.compile(r"\|[ \t]*")
_INDENTED = 4
_NOT_QUOTED = "=_:;<"


def opening(scan: Scan) -> int:
    """The next mark at the beginning of a line."""
    line = scan.line
    if not line.marked and not line.indented and scan.ahead(0) in " \t":
        return _indent(scan)
    found = scan.match(_INDENT)
    if found is not None and found[0]:
        return len(found[0])
    rule = _RULES.get(scan.ahead(0))
    taken = NO if rule is None else rule(scan)
    if taken == NO and line.blank and not line.indented and line.after_blank:
        line.in_list = False
    return taken


def heading_end(scan: Scan) -> int:
    """`## Title ##`"""
    if scan.line.kind != "heading" or not scan.before.isspace():
        return NO
    found = scan.match(_HEADING_END)
    end = found.end() if found else scan.at
    if scan.ends(end):
        return WAIT if scan.may_wait else NO
    return scan.drop(end - scan.at) if scan.text[end : end + 1] in {"", "\n", "\r"} else NO


def bar(scan: Scan) -> int:
    """Between two cells a comma, unless the first ends with a mark; before the line's end nothing."""
    if scan.ends(scan.at + 1):
        return WAIT
    if scan.line.kind != "row" and (scan.ahead(1) == "|" or scan.before == "|"):
        return emphasis.bars(scan)
    if scan.line.kind != "row" and not (scan.before.isspace() and scan.ahead(1) in {" ", "\t", "\n", "\r", ""}):
        return NO
    found = scan.match(_SEPARATOR)
    end = found.end() if found else scan.at + 1
    if scan.ends(end) and scan.may_wait:
        return WAIT
    scan.drop(0)
    last = scan.output.last_word if scan.guard.since is None else ")"
    if scan.text[end : end + 1] not in {"", "\n", "\r", "|"} and last not in "\n,;:.!?，。：；！？、":
        scan.say("，" if unspaced(last) else ", ", scan.at, end)
    return end - scan.at


def _indent(scan: Scan) -> int:
    """Four blanks after an empty line are code, but in a list they go on with it."""
    found = scan.match(_INDENT)
    end = found.end() if found else scan.at
    if scan.ends(end) and scan.may_wait:
        return WAIT
    if scan.text[end : end + 1] in {"", "\n", "\r"}:
        return end - scan.at
    line = scan.line
    width = len(scan.text[scan.at : end].expandtabs(_INDENTED))
    line.indented = True
    if width >= _INDENTED and (line.after_blank or line.after_code) and not line.in_list:
        return code.indented(scan, end - scan.at)
    return end - scan.at


def _heading(scan: Scan) -> int:
    found = scan.match(_HEADING)
    if found is None:
        run = scan.match(re.compile("#{1,6}"))
        return WAIT if run is not None and scan.ends(run.end()) else NO
    scan.line.in_list = False
    return _begin(scan, "heading", len(found[0]))


def _quote(scan: Scan) -> int:
    if scan.ends(scan.at + 1):
        return WAIT
    after = scan.ahead(1)
    return NO if after and after in _NOT_QUOTED else _begin(scan, "quote", 1)


def _bullet(scan: Scan) -> int:
    if (taken := _rule(scan)) != NO:
        return taken
    found = scan.match(_BULLET)
    if found is None:
        return WAIT if not scan.final and scan.match(_BULLET_BEGUN) else NO
    scan.line.in_list = True
    return _begin(scan, "item", len(found[0]))


def _number(scan: Scan) -> int:
    """It stays, because answers refer to it."""
    found = scan.match(_NUMBER)
    if found is None:
        return WAIT if not scan.final and scan.match(_NUMBER_BEGUN) else NO
    length = len(found[0])
    scan.line.in_list = True
    scan.copy(scan.at, scan.at + length)
    scan.say(" ", scan.at + length, scan.at + length + 1)
    _begin(scan, "item", length)
    return length + 1


def _bracket(scan: Scan) -> int:
    """A task's box, an alert's kind, the definition of a link or a note."""
    line = scan.line
    if line.kind == "item" and (found := scan.match(_TASK)) is not None:
        return scan.drop(len(found[0]))
    if line.kind == "quote" and (found := scan.match(_ALERT)) is not None:
        scan.copy(found.start(1), found.end(1))
        return len(found[0])
    if (found := scan.match(_NOTE)) is not None:
        return scan.drop(len(found[0]))
    if (found := scan.match(_DEFINITION)) is not None:
        scan.mode = While(_LINE)
        return scan.drop(len(found[0]))
    begun = scan.match(_DEFINITION_BEGUN) or scan.match(_TASK_BEGUN) or scan.match(_ALERT_BEGUN)
    return WAIT if scan.may_wait and begun else NO


def _row(scan: Scan) -> int:
    if (taken := _rule(scan)) != NO:
        return taken
    if scan.ends(scan.at + 1):
        return WAIT
    if not scan.line.in_table and scan.ahead(1) not in {" ", "\t"} and not scan.match(_ROW):
        return WAIT if scan.may_wait and scan.match(_ROW_BEGUN) else NO
    return _begin(scan, "row", 1)


def _rule(scan: Scan) -> int:
    """A line that only parts others: thematic breaks, underlines of headings, the second line of a table."""
    found = scan.match(_RULED)
    if found is None:
        return NO
    if scan.ends(found.end()) and scan.may_wait:
        return WAIT
    if found.end() - scan.at >= LIMIT:
        scan.mode = While(_RULED)
    elif scan.text[found.end() : found.end() + 1] not in {"", "\n", "\r"} or not _RULE.fullmatch(found[0]):
        return NO
    if "|" in found[0]:
        scan.line.kind = "row"
    scan.line.marked = True
    return scan.drop(len(found[0]))


def _begin(scan: Scan, kind: str, length: int) -> int:
    scan.line.kind = kind
    scan.line.marked = True
    return scan.drop(length)


_RULES: dict[str, Rule] = {
    "#": _heading,
    ">": _quote,
    "[": _bracket,
    "|": _row,
    "`": fence,
    "~": fence,
    **dict.fromkeys("-+*•◦▪●○‣∙⁃", _bullet),
    **dict.fromkeys("=_:", _rule),
    **dict.fromkeys("0123456789", _number),
}
