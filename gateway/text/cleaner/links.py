"""Links, images, footnotes: their text is spoken, where they lead is not."""

import re

from gateway.text.cleaner.characters import is_ascii_word
from gateway.text.cleaner.drops import While
from gateway.text.cleaner.scan import NO, WAIT, Scan

_TEXT = re.compile(r"\[((?:[^\[\]\\\n]|\\[^\n]|\[(?:[^\[\]\\\n]|\\[^\n])*+\])*+)\]")
_UNCLOSED = re.compile(r"\[[^\n]*\Z")
_DESTINATION = re.compile(
    r"\([ \t]*+(?:<[^<>\n]*>|[^\s()<]*+(?:\([^\s()]*+\)[^\s()]*+)*+)"
    r"""(?:[ \t]++(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*+\)"""
)
_DESTINATION_BEGUN = re.compile(
    r"\([ \t]*+(?:<[^<>\n]*|[^\s()<]*+(?:\([^\s()]*+\)[^\s()]*+)*+(?:\([^\s()]*+)?"
    r"""(?:<[^<>\n]*>)?(?:[ \t]++(?:"[^"\n]*"?|'[^'\n]*'?|\([^()\n]*\)?)?)?[ \t]*+)?\Z"""
)
_AFTER_ANGLES = re.compile(r"""\([ \t]*+<[^<>\n]*>(?:[ \t]++(?:"[^"\n]*"?|'[^'\n]*'?|\([^()\n]*\)?)?)?[ \t]*+\Z""")
_LABEL = re.compile(r"\[[^\[\]\n]*\]")
_LABEL_BEGUN = re.compile(r"\[[^\[\]\n]*\Z")
_NOTE = re.compile(r"\[\^[^\[\]\s]{1,64}\]")
_NOTE_BEGUN = re.compile(r"\[(?:\^[^\[\]\s]{0,64})?\Z")
_CITATION = re.compile(r"【\d{1,4}(?::\d{1,4})?†[^【】\n]{0,64}】")
_CITATION_BEGUN = re.compile(r"【(?:\d{1,4}(?::\d{0,4})?(?:†[^【】\n]{0,64})?)?\Z")
_TARGET = re.compile(r"[^\s)]+\)?")


def bracket(scan: Scan) -> int:
    """`[text](url "title")`, `[text][id]`, `[^note]`; other brackets stay."""
    note = scan.match(_NOTE)
    if note is not None:
        return scan.drop(len(note[0]))
    if scan.may_wait and scan.match(_NOTE_BEGUN):
        return WAIT
    text = scan.match(_TEXT)
    if text is None:
        return WAIT if scan.may_wait and scan.match(_UNCLOSED) else NO
    if scan.ends(text.end()) and scan.may_wait:
        return WAIT
    after = scan.text[text.end() : text.end() + 1]
    if after == "(":
        return _inline(scan, text.end())
    return _reference(scan, text) if after == "[" else NO


def image(scan: Scan) -> int:
    """Its description is spoken. After a word a `!` is only a mark, and need not wait."""
    if not (scan.before.isspace() or scan.before in "[(>*_|"):
        return NO
    if scan.ends(scan.at + 1):
        return WAIT
    if scan.ahead(1) != "[":
        return NO
    scan.at += 1
    taken = bracket(scan)
    scan.at -= 1
    return taken if taken in {WAIT, NO} else taken + 1


def citation(scan: Scan) -> int:
    """`【4:0†source】`, which some models leave in their answers."""
    found = scan.match(_CITATION)
    if found is not None:
        return scan.drop(len(found[0]))
    return WAIT if scan.may_wait and scan.match(_CITATION_BEGUN) else NO


def _inline(scan: Scan, at: int) -> int:
    found = _DESTINATION.match(scan.text, at, scan.reach)
    if found is not None:
        return _open(scan, at - 1, found.end())
    end = min(len(scan.text), scan.reach)
    begun = any(pattern.match(scan.text, at, end) for pattern in (_DESTINATION_BEGUN, _AFTER_ANGLES))
    if not begun or (scan.final and end == len(scan.text)):
        return NO
    if scan.may_wait:
        return WAIT
    return _endless(scan, at) if not re.search(r"\s", scan.text[at:end]) else NO


def _endless(scan: Scan, at: int) -> int:
    """Data in place of an address: it is left out as it comes."""
    text = scan.text[scan.at + 1 : at - 1]
    if text:
        scan.say(" ".join(text.split()), scan.at + 1, at - 1)
    scan.mode = While(_TARGET)
    return scan.drop(at + 1 - scan.at)


def _reference(scan: Scan, text: re.Match[str]) -> int:
    label = _LABEL.match(scan.text, text.end(), scan.reach)
    if label is None:
        return WAIT if scan.may_wait and _LABEL_BEGUN.match(scan.text, text.end(), scan.reach) else NO
    if is_ascii_word(scan.before) or text[1].isdigit():  # an index, a row of citations
        return NO
    return _open(scan, text.end() - 1, label.end())


def _open(scan: Scan, closer: int, end: int) -> int:
    scan.closers[scan.source(closer)] = scan.source(end)
    return scan.drop(1)
