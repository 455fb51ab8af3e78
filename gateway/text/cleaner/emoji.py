"""Emoji, left out or named.

`emoji.tsv` holds the short English names of Unicode CLDR 48.2 (annotations and derived annotations, Unicode License v3,
see `emoji-license.txt`): without skin tones and variation selectors, `flag: France` turned into `France flag`.
"""

import re
from functools import cache
from importlib.resources import files

from gateway.text.cleaner.characters import HIDDEN, PICTURES, SHY_PICTURES
from gateway.text.cleaner.output import Piece
from gateway.text.cleaner.scan import NO, WAIT, Scan

_FLAG = "\U0001f1e6-\U0001f1ff"
_ONE = f"[{PICTURES}{SHY_PICTURES}][\ufe0f\U0001f3fb-\U0001f3ff]{{0,2}}"
_SEQUENCE = re.compile(f"[{_FLAG}]{{2}}|{_ONE}(?:[\U000e0020-\U000e007f]{{1,10}}|(?:\u200d{_ONE}){{1,9}})?")
_JOINER = "\u200d"
_RUN = re.compile(f"[{PICTURES}{HIDDEN}]+")
_PLAIN = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")


def picture(scan: Scan) -> int:
    if scan.rules.emoji == "name":
        return _name(scan)
    found = _RUN.match(scan.text, scan.at)
    return scan.drop(found.end() - scan.at if found else 1)


def shy_picture(scan: Scan) -> int:
    if scan.ends(scan.at + 1):
        return WAIT
    return picture(scan) if scan.ahead(1) == "\ufe0f" else NO


def name(sequence: str) -> str:
    """Its name, or that of its beginning; empty if it has none."""
    plain = _PLAIN.sub("", sequence) or sequence
    return _names().get(plain) or _names().get(plain[:1]) or ""


def _name(scan: Scan) -> int:
    found = _SEQUENCE.match(scan.text, scan.at)
    end = found.end() if found else scan.at + 1
    if scan.ends(end) or (scan.text.startswith(_JOINER, end) and scan.ends(end + 1)):
        return WAIT
    said = name(scan.text[scan.at : end])
    if said and scan.named != (said, scan.position):
        _say(scan, said, end)
    scan.named = (said, scan.source(end))
    return scan.drop(end - scan.at)


def _say(scan: Scan, said: str, end: int) -> None:
    """Words of their own; said once where it is repeated."""
    if scan.output.last.isalnum():
        scan.guard.put(Piece(" ", scan.position, scan.position, copied=False))
    scan.say(said, scan.at, end)
    scan.guard.put(Piece(" ", scan.source(end), scan.source(end), copied=False))


@cache
def _names() -> dict[str, str]:
    table = files(__package__).joinpath("emoji.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in table.splitlines())
