"""EPUB → chapters: the documents of its spine, in order.

    META-INF/container.xml   where the package is
    package.opf              manifest: id → file; spine: ids in reading order
    *.xhtml                  the documents

All of them are read by the HTML parser, which knows no entities but HTML's and fetches nothing.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import unquote

from gateway.errors import Refused
from gateway.longform.archive import Archive
from gateway.longform.book import Book, Chapter
from gateway.longform.extra import library

_BLOCKS = (
    "address,article,aside,blockquote,br,dd,div,dl,dt,figcaption,figure,footer,h1,h2,h3,h4,h5,h6,header,hr,li,main,ol,"
    "p,pre,section,table,td,th,tr,ul"
)
_UNREAD = ["script", "style", "template", "svg", "math", "nav", "rt", "rp"]
"""`rt`, `rp`: how a word is pronounced, which would be read beside it."""
_BORDER = "\ue000"
"""Private use: stands where a block begins or ends."""


def book(file: IO[bytes], title: str = "") -> Book:
    """Raises `Refused` for what is no EPUB, and without the library."""
    parse = library("selectolax.lexbor", "EPUB").LexborHTMLParser
    archive = Archive(file)
    root = _attribute(parse(_text(archive, "META-INF/container.xml")), "rootfile", "full-path")
    package = parse(_text(archive, root))
    named = package.css_first("dc\\:title")
    chapters = tuple(_chapter(parse(_text(archive, path))) for path in _spine(package, posixpath.dirname(root)))
    return Book(title if named is None else named.text().strip() or title, chapters)


def _spine(package: Any, folder: str) -> Iterator[str]:
    manifest = {item.attributes.get("id"): item.attributes for item in package.css("item")}
    for entry in package.css("itemref"):
        item = manifest.get(entry.attributes.get("idref"))
        if item is None or entry.attributes.get("linear") == "no" or "nav" in (item.get("properties") or "").split():
            continue
        if "html" in (item.get("media-type") or ""):
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))


def _chapter(document: Any) -> Chapter:
    if document.body is None:
        return Chapter("", "")
    document.strip_tags(_UNREAD, recursive=True)
    heading = document.css_first("h1,h2,h3") or document.css_first("head title")
    title = "" if heading is None else heading.text()
    for block in document.body.css(_BLOCKS):
        block.insert_before(_BORDER)
        block.insert_after(_BORDER)
    lines = document.body.text(separator="").split(_BORDER)
    return Chapter(title, "\n\n".join(said for line in lines if (said := re.sub(r"\s+", " ", line).strip())))


def _attribute(document: Any, tag: str, name: str) -> str:
    found = document.css_first(tag)
    value = None if found is None else found.attributes.get(name)
    if not value:
        raise Refused("bad_request", "The file is no EPUB.", field="file")
    return str(value)


def _text(archive: Archive, name: str) -> str:
    """XML declarations would be text to the parser."""
    return re.sub(r"\A\s*<\?xml[^>]*\?>", "", archive.read(name).decode("utf-8-sig", "replace"))
