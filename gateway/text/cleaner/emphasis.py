"""Emphasis and stage directions.

Marks of emphasis are dropped where they stand, without waiting for those that close them: unclosed ones are silent too.
What is no mark stays: `2*3*4`, `5 * 3`, `snake_case`, `**kwargs`, `__init__`, `*.py`, `~5`, `^_^`.
"""

import re
import unicodedata

from gateway.text.cleaner.characters import is_ascii_word, is_blank
from gateway.text.cleaner.drops import While
from gateway.text.cleaner.scan import NO, WAIT, Scan
from gateway.text.scripts import cased, unspaced

_RUN = {mark: re.compile(re.escape(mark) + "+") for mark in "*_~|"}
_MOST = 3
"""A longer run is an ornament."""
_DEEPEST = 16
_OPENING = "([{<“‘„«‹「『（【¿¡\"'"
_BEFORE_WORD = frozenset("*`[~" + _OPENING) - {"<"}
_KEYCAP = "\ufe0f\u20e3"
_CODE = re.compile(r"\*+(?:(?:kw)?args(?![\w*])|\.\w|/)")
_CODE_BEGUN = re.compile(r"\*+(?:k(?:w(?:a(?:r(?:g(?:s)?)?)?)?)?|a(?:r(?:g(?:s)?)?)?|\.)?\Z")
_ARGUMENT = re.compile(r"\*+[A-Za-z_][A-Za-z0-9_]*[,)=]")
_ARGUMENT_BEGUN = re.compile(r"\*+[A-Za-z0-9_]*\Z")
_IDENTIFIER = re.compile(r"_+[A-Za-z0-9_]*")
_PRIVATE = re.compile(r"_[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+\Z")
_DUNDER = re.compile(
    r"__(?:init|main|name|str|repr|call|new|del|doc|file|all|dict|class|slots|version|enter|exit|iter|next|len|eq|hash"
    r"|getitem|setitem|getattr|setattr|import|future|pycache|dirname|construct|destruct|proto|typename|[a-z]+_[a-z_]+)__\Z"
)
_DIRECTION = re.compile(r"\*(?![\s*])((?:[^*\n]|\*{2,}+)*[^\s*])\*(?!\*)")
_ENDS = frozenset(".!?…。！？।؟۔")
_CLOSERS = "\"')]}”’»」』）"


def asterisks(scan: Scan) -> int:
    length = _length(scan)
    if length in {WAIT, NO}:
        return _ornament(scan) if length == NO else WAIT
    after = scan.ahead(length)
    if after and after in _KEYCAP:
        return NO
    if length == 1 and is_ascii_word(scan.before) and is_ascii_word(after) and (scan.before + after).isdigit():
        return _text(scan, length)
    if not is_blank(after) and (taken := _code(scan, length)) != NO:
        return taken
    if length == 1 and _may_direct(scan) and (taken := _direction(scan)) != NO:
        return taken
    return _mark(scan, "*", length, after)


def underscores(scan: Scan) -> int:
    """Within words they are letters."""
    length = _length(scan)
    if length in {WAIT, NO}:
        return _ornament(scan) if length == NO else WAIT
    after = scan.ahead(length)
    if scan.before == "\\" or (scan.before.isalnum() and (after.isalnum() or not _closes(scan, "_", length))):
        return _text(scan, length)
    if not scan.before.isalnum() and (taken := _identifier(scan)) != NO:
        return taken
    if not _closes(scan, "_", length) and not (after.isalnum() or after in _BEFORE_WORD):
        return _text(scan, length)
    return _mark(scan, "_", length, after)


def tildes(scan: Scan) -> int:
    return _pair(scan, "~")


def bars(scan: Scan) -> int:
    """`||hidden||`, as chats write what is not to be read at once."""
    return _pair(scan, "|")


def _pair(scan: Scan, mark: str) -> int:
    length = _length(scan)
    if length in {WAIT, NO}:
        return _ornament(scan) if length == NO else WAIT
    after = scan.ahead(length)
    if length != 2 or (is_blank(after) and is_blank(scan.before)):
        return _text(scan, length)
    return _mark(scan, mark, length, after)


def _length(scan: Scan) -> int:
    """Of the run of marks; `NO` if it is too long for one."""
    found = scan.match(_RUN[scan.ahead(0)])
    length = len(found[0]) if found else 1
    if length > _MOST:
        return NO
    return WAIT if scan.ends(scan.at + length) else length


def _ornament(scan: Scan) -> int:
    scan.mode = While(_RUN[scan.ahead(0)])
    return scan.drop(_MOST + 1)


def _text(scan: Scan, length: int) -> int:
    scan.copy(scan.at, scan.at + length)
    return length


def _mark(scan: Scan, mark: str, length: int, after: str) -> int:
    before = scan.before
    glued = is_ascii_word(before) and is_ascii_word(after)
    if not is_blank(before) and before not in _OPENING and _closes(scan, mark, length):
        return _close(scan, mark, length)
    if glued and mark in "*|":
        return _text(scan, length)
    if not is_blank(after) and not (is_ascii_word(before) and _is_mark(after)):
        scan.open[mark] = [*scan.open.get(mark, [])[-_DEEPEST:], length]
        return scan.drop(length)
    if length > 1 and (not is_blank(before) or _closes(scan, mark, length)):
        return _close(scan, mark, length)
    return _text(scan, length)


def _closes(scan: Scan, mark: str, length: int) -> bool:
    begun = scan.open.get(mark, [])
    return length in begun or _MOST in begun or (length == _MOST and {1, 2} <= {*begun})


def _close(scan: Scan, mark: str, length: int) -> int:
    begun = scan.open.get(mark, [])
    if length in begun:
        last = len(begun) - 1 - begun[::-1].index(length)
        del begun[last:]
    elif _MOST in begun and length < _MOST:
        begun[begun.index(_MOST) :] = [_MOST - length]
    else:
        begun.clear()
    return scan.drop(length)


def _is_mark(character: str) -> bool:
    return character not in "*_~`[" and unicodedata.category(character)[0] in "PS"


def _code(scan: Scan, length: int) -> int:
    """`*args`, `*.py`, `f(**options)`."""
    if is_ascii_word(scan.before) or scan.open.get("*"):
        return NO
    begun = (_CODE_BEGUN, _ARGUMENT_BEGUN) if scan.before == "(" else (_CODE_BEGUN,)
    if scan.may_wait and any(scan.match(pattern) for pattern in begun):
        return WAIT
    found = scan.match(_CODE) or (scan.match(_ARGUMENT) if scan.before == "(" else None)
    return NO if found is None else _text(scan, length)


def _identifier(scan: Scan) -> int:
    """`__init__` and `_private_name`."""
    found = scan.match(_IDENTIFIER)
    if found is None:
        return NO
    if scan.ends(found.end()) and scan.may_wait:
        return WAIT
    return _text(scan, len(found[0])) if _PRIVATE.match(found[0]) or _DUNDER.match(found[0]) else NO


def _may_direct(scan: Scan) -> bool:
    """Titles in lists, headings and tables are no directions."""
    line = scan.line.kind
    begins = not is_blank(scan.ahead(1)) and scan.ahead(1) != "*"
    between = scan.guard.since is None and scan.output.between_sentences
    return scan.rules.stage == "drop" and begins and line in {"", "quote"} and between and not scan.open.get("*")


def _direction(scan: Scan) -> int:
    """Left out if it makes a whole sentence."""
    found = scan.match(_DIRECTION)
    if found is None:
        waits = scan.may_wait and "\n" not in scan.text[scan.at :]
        return WAIT if waits else NO
    end = found.end()
    rest = re.compile(r"(\**)([.!?…。！？]*)([ \t]*)").match(scan.text, end, end + 32)
    stop = rest.end() if rest else end
    if scan.ends(stop) and stop < end + 32:
        return WAIT
    if rest is None or rest[1] or not _whole(found[1], rest[2], rest[3], scan.text[stop : stop + 1]):
        return NO
    return scan.drop(end + len(rest[2]) - scan.at)


def _whole(text: str, mark: str, blank: str, after: str) -> bool:
    """`text` is a sentence of its own, `after` being the next thing said."""
    if not after or after in "\n\r":
        return True
    if text[-1] in ":,;：，；" or not (blank or mark or text[-1] in _ENDS):
        return False
    if mark or text.rstrip(_CLOSERS)[-1:] in _ENDS:
        return True
    if not (after.isupper() or after in '"“„«「『*' or unspaced(after)):
        return False
    return not text[0].isupper() or " " in text or not cased(text[0])
