"""A file that somebody sent → the book in it."""

from collections.abc import Callable
from pathlib import PurePath
from typing import IO

from gateway.errors import Refused
from gateway.longform import archive, epub, markdown, plain
from gateway.longform.archive import LARGEST_TEXT
from gateway.longform.book import Book


def _plain(file: IO[bytes], title: str) -> Book:
    return plain.book(plain.decoded(_whole(file)), title)


def _markdown(file: IO[bytes], title: str) -> Book:
    return markdown.book(plain.decoded(_whole(file)), title)


KINDS: dict[str, Callable[[IO[bytes], str], Book]] = {
    ".txt": _plain,
    ".md": _markdown,
    ".markdown": _markdown,
    ".epub": epub.book,
    ".zip": archive.book,
}


def read(name: str, file: IO[bytes]) -> Book:
    """By the name's ending; the rest of the name is its title where the book has none. Raises `Refused`."""
    title, _, ending = PurePath(name).name.rpartition(".")
    kind = KINDS.get(f".{ending.lower()}")
    if kind is None:
        raise Refused("bad_request", f"A book is one of {', '.join(KINDS)}.", field="file")
    return kind(file, title)


def _whole(file: IO[bytes]) -> bytes:
    data = file.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        raise Refused("text_too_long", f"A text has at most {LARGEST_TEXT >> 20} MiB.", field="file")
    return data
