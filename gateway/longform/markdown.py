"""Markdown → chapters: a heading of the level that parts the book begins one. Code and HTML are not read."""

import re
from collections.abc import Iterator
from typing import Any

from gateway.longform.book import Book, Chapter
from gateway.longform.extra import library

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
Block = tuple[int, str]
"""A heading's level, or 0, and what is said."""


def book(text: str, title: str = "") -> Book:
    """Raises `Refused` without the library."""
    parser = library("markdown_it", "Markdown").MarkdownIt("commonmark").enable("table")
    blocks = list(_blocks(parser.parse(_FRONT_MATTER.sub("", text, count=1))))
    level = _parting([level for level, _ in blocks if level])
    above = next((said for other, said in blocks if 0 < other < level), "")
    return Book(above or title, tuple(_chapters(blocks, level)))


def _blocks(tokens: list[Any]) -> Iterator[Block]:
    level = 0
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "heading_close":
            level = 0
        elif token.type == "inline":
            yield level, _said(token.children)


def _said(children: list[Any]) -> str:
    return "".join(_inline(child) for child in children)


def _inline(token: Any) -> str:
    match token.type:
        case "text" | "code_inline":
            return str(token.content)
        case "image":
            return _said(token.children)
        case "softbreak" | "hardbreak":
            return " "
    return ""


def _parting(levels: list[int]) -> int:
    """The highest level that stands more than once: a single one above is the book's title. 0: no headings."""
    repeated = [level for level in set(levels) if levels.count(level) > 1]
    return min(repeated or levels or [0])


def _chapters(blocks: list[Block], parting: int) -> Iterator[Chapter]:
    title, said = "", list[str]()
    for level, text in blocks:
        if level and level == parting:
            yield Chapter(title, "\n\n".join(said))
            title, said = text, []
        said.append(text)
    yield Chapter(title, "\n\n".join(said))
