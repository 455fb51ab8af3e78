"""Plain text: its encoding, its chapters, and the lines that a typesetter broke."""

import codecs
import re
from collections.abc import Iterator

from gateway.errors import Refused
from gateway.longform.book import Book, Chapter
from gateway.text.speakable import speakable

_WORDS = (
    r"chapter|part|book|kapitel|teil|chapitre|partie|cap[ií]tulo|parte|capitolo|hoofdstuk|rozdzia[łl]|glava|глава"
    r"|часть|розділ|kapitola|luku|bölüm|κεφάλαιο|अध्याय|บทที่|bab|chương"
)
_NUMBERS = (
    r"\d{1,4}|[ivxlcdm]{1,8}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty"
)
_ALONE = r"prologue|epilogue|preface|introduction|prolog|epilog|vorwort|nachwort|épilogue|prólogo|epílogo"
_HEADING = re.compile(
    rf"^[ \t\u3000]*("
    rf"(?:{_WORDS})[ \t]+(?:{_NUMBERS})(?:[.:]?|[.: \t—–-]+[^\n]{{1,60}}(?<![.,;]))"
    rf"|(?:{_ALONE})"
    rf"|第[ \t]*[0-9〇零一二三四五六七八九十百千两]+[ \t]*[章回節节卷部話话][^\n]{{0,40}}"
    rf"|제[ \t]*[0-9]+[ \t]*[장화][^\n]{{0,40}}"
    rf")[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
"""A line by itself such as `Chapter 4: The Storm`, `CHAPTER IV.`, `第四章 风暴`."""
LEAST_LISTED = 2
"""Headings without a text, one behind the other: fewer are `Part I` above `Chapter 1`."""
_WRAPPED = re.compile(r"(?<=[^\n]{45})(?<![.!?…:;\"”’»—])\n(?=[^\n])")
"""The end of a long line within a sentence."""


def decoded(data: bytes) -> str:
    """Raises `Refused` for what is neither UTF-8 nor UTF-16 with a byte order mark."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Refused("bad_request", "A text must be UTF-8, or UTF-16 with a byte order mark.", field="file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def book(text: str, title: str = "") -> Book:
    return Book(title, tuple(_chapters(unwrapped(text))))


def unwrapped(text: str) -> str:
    return _WRAPPED.sub(" ", text)


def _chapters(text: str) -> Iterator[Chapter]:
    begun, title = 0, ""
    for heading in _headings(text):
        if speakable(text[begun : heading.start()]):
            yield Chapter(title, text[begun : heading.start()])
        begun, title = heading.start(), heading[1]
    yield Chapter(title, text[begun:])


def _headings(text: str) -> Iterator[re.Match[str]]:
    """Those that a text follows; and of a table of contents, of which the last may seem so, none."""
    found = list(_HEADING.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    bare = 0
    for index, (heading, end) in enumerate(zip(found, ends, strict=False)):
        if not speakable(text[heading.end() : end]):
            bare += 1
            continue
        listed = bare >= LEAST_LISTED and _key(heading) in map(_key, found[index + 1 :])
        bare = 0
        if not listed:
            yield heading


def _key(heading: re.Match[str]) -> list[str]:
    """`Chapter 4` in each way in which it may be written."""
    return re.findall(r"\w+", heading[1].casefold())[:2]
