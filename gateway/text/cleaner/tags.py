"""HTML, the thoughts of a model, and entities.

What looks like a tag is one only if its name is known and its attributes have values: `a < b`, `x<3` and `List<String>`
stay text.
"""

import html
import re

from gateway.text.cleaner import emoji
from gateway.text.cleaner.characters import HIDDEN, JOINERS, PICTURES
from gateway.text.cleaner.drops import Until
from gateway.text.cleaner.output import Piece
from gateway.text.cleaner.scan import NO, WAIT, Scan
from gateway.text.scripts import unspaced

_THOUGHTS = frozenset({"think", "thinking"})
_SILENT = frozenset({"script", "style"})
_CELLS = frozenset({"td", "th"})
_BLOCKS = frozenset(
    re.findall(
        r"\S+",
        """
address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption figure footer
form h1 h2 h3 h4 h5 h6 head header hr html legend li main nav ol option p pre section summary table tbody tfoot thead
title tr ul
""",
    )
)
_WITHIN = frozenset(
    re.findall(
        r"\S+",
        """
a abbr acronym audio b bdi bdo big button canvas cite code data del dfn em embed font i iframe img input ins kbd label
link mark meta noscript object picture q rp rt ruby s samp select small source span strike strong sub sup svg template
textarea time tt u var video wbr speak voice prosody break emphasis say-as phoneme audio sentence paragraph answer
response reply output result final message
""",
    )
)
"""Those of text, those of SSML, and what models wrap their answers in."""
_KNOWN = _THOUGHTS | _SILENT | _CELLS | _BLOCKS | _WITHIN

_NAME = r"[A-Za-z][A-Za-z0-9-]*"
_ATTRIBUTE = r"[A-Za-z_:@][\w:.-]*"
_FLAGS = r"(?:async|autoplay|checked|controls|defer|disabled|hidden|loop|muted|open|required|reversed|selected)"
_VALUE = r"""(?:"[^"<\n]*+"|'[^'<\n]*+'|[^\s"'=<>`]++)"""
_TAG = re.compile(rf"<(/?)({_NAME})((?:\s++(?:{_ATTRIBUTE}\s*+=\s*+{_VALUE}|{_FLAGS}(?=[\s/>])))*+)\s*+/?>")
_TAG_BEGUN = re.compile(
    rf"</?(?:{_NAME})?(?:(?:\s++(?:{_ATTRIBUTE}\s*+=\s*+{_VALUE}|{_FLAGS}(?=[\s/>])))*+"
    rf"""(?:\s++(?:{_ATTRIBUTE}(?:\s*+(?:=\s*+(?:"[^"<\n]*+|'[^'<\n]*+|[^\s"'=<>`]*+)?)?)?)?)?\s*+/?)?\Z"""
)
_NAME_BEGUN = re.compile(rf"</?({_NAME})?\Z")
_NAMED = re.compile(rf"</?({_NAME})")
_LINK = re.compile(r"<((?:https?|ftp)://[^\s<>]+|mailto:[^\s<>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>")
_LINK_BEGUN = re.compile(
    r"<(?:h(?:t(?:t(?:p(?:s?(?::(?:/(?:/[^\s<>]*)?)?)?)?)?)?)?"
    r"|[\w.+-]+@[\w.-]*|[\w.+-]{1,64}|mailto:[^\s<>]*)?\Z"
)
_ALT = re.compile(r"""\salt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_ENDS = {name: re.compile(rf"</{name}\s{{0,3}}>", re.IGNORECASE) for name in _SILENT}
_END_OF_THOUGHT = re.compile(r"</think(?:ing)?\s{0,3}>", re.IGNORECASE)
_END_OF_COMMENT = re.compile("-->")
_THOUGHT = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_THOUGHT_BEGUN = re.compile(r"</?(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?\Z", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_ENTITY_BEGUN = re.compile(r"&(?:#(?:[0-9]{0,7}|[xX][0-9A-Fa-f]{0,6})|[A-Za-z][A-Za-z0-9]{0,30})?\Z")
_UNSPOKEN = re.compile(f"[{HIDDEN}{JOINERS}]")
_PICTURE = re.compile(f"[{PICTURES}]")


def angle(scan: Scan) -> int:
    """Whatever a `<` begins."""
    if scan.ahead(1) == "!":
        return _comment(scan)
    if (found := scan.match(_LINK)) is not None:
        return _link(scan, found)
    found = scan.match(_TAG)
    if found is not None and found[2].lower() in _KNOWN:
        return _tag(scan, found)
    return WAIT if found is None and scan.may_wait and _may_become_tag(scan) else NO


def thought(scan: Scan) -> int:
    """Of all tags the only one that is known where text is raw."""
    found = scan.match(_THOUGHT)
    if found is None:
        return WAIT if scan.may_wait and scan.match(_THOUGHT_BEGUN) else NO
    return _think(scan, found.end(), opens=not found[1])


def entity(scan: Scan) -> int:
    found = scan.match(_ENTITY)
    if found is None:
        return WAIT if scan.may_wait and scan.match(_ENTITY_BEGUN) else NO
    said = html.unescape(found[0])
    if said == found[0]:
        return NO
    for character in said:
        _character(scan, character, found.end())
    return len(found[0])


def _character(scan: Scan, character: str, end: int) -> None:
    if character.isspace():
        scan.say("\n" if character in "\n\r" else " ", scan.at, end)
    elif _PICTURE.match(character):
        scan.drop(0)
        if scan.rules.emoji == "name" and (said := emoji.name(character)):
            scan.say(said, scan.at, end)
    elif not _UNSPOKEN.match(character):
        scan.say(character, scan.at, end)


def _may_become_tag(scan: Scan) -> bool:
    if scan.match(_LINK_BEGUN):
        return True
    name = scan.match(_NAMED)
    if scan.match(_NAME_BEGUN):
        return name is None or any(known.startswith(name[1].lower()) for known in _KNOWN)
    return name is not None and name[1].lower() in _KNOWN and scan.match(_TAG_BEGUN) is not None


def _comment(scan: Scan) -> int:
    begun = scan.text[scan.at : scan.at + 4]
    if begun == "<!--":
        scan.mode = Until(_END_OF_COMMENT)
        return scan.drop(4)
    return WAIT if "<!--".startswith(begun) and not scan.final else NO


def _link(scan: Scan, found: re.Match[str]) -> int:
    """The brackets go; an address is spoken as addresses are."""
    end = found.end() - 1
    scan.closers[scan.source(end)] = scan.source(end + 1)
    return scan.drop(8 if found[1].startswith("mailto:") else 1)


def _tag(scan: Scan, found: re.Match[str]) -> int:
    closes, name, attributes = found[1], found[2].lower(), found[3]
    if name in _THOUGHTS:
        return _think(scan, found.end(), opens=not closes)
    if name in _SILENT and not closes:
        scan.mode = Until(_ENDS[name])
    elif name in _BLOCKS:
        _break(scan, found.end() if name == "br" else scan.at)
    elif name in _CELLS and not closes:
        _comma(scan)
    elif name == "img" and (alt := _ALT.search(attributes)) is not None and (said := (alt[1] or alt[2] or "").strip()):
        scan.say(" ".join(said.split()), scan.at, found.end())
    return scan.drop(found.end() - scan.at)


def _think(scan: Scan, end: int, *, opens: bool) -> int:
    if opens and scan.rules.think == "drop":
        scan.mode = Until(_END_OF_THOUGHT, opens_line=True)
    else:
        _break(scan, scan.at)
        scan.line.fresh = True
    return scan.drop(end - scan.at)


def _break(scan: Scan, end: int) -> None:
    scan.say("\n", scan.at, end)


def _comma(scan: Scan) -> None:
    """Between two cells of a row."""
    last = scan.output.last
    if last.isalnum():
        scan.drop(0)
        scan.guard.put(Piece("，" if unspaced(last) else ", ", scan.position, scan.position, copied=False))
