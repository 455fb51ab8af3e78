"""A zip that somebody sent: read within bounds, in memory, nothing of it is ever written under its own name."""

import re
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO, Any

import orjson

from gateway.errors import Refused
from gateway.longform import markdown, plain
from gateway.longform.book import Book, Chapter
from gateway.protocol.checks import mapping, string

MOST_MEMBERS = 10_000
LARGEST_TEXT = 32 << 20
"""Bytes that are read of one archive, once they are unpacked."""
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError)
_KINDS = (".txt", ".md", ".markdown", ".json")
_HIDDEN = re.compile(r"(?:^|/)(?:\.|__MACOSX/)")
_TITLE, _CONTENT = string(1000), string(LARGEST_TEXT)


class Archive:
    def __init__(self, file: IO[bytes]) -> None:
        """Raises `Refused`."""
        try:
            self._zip = zipfile.ZipFile(file)
        except _BROKEN:
            raise _refused("The archive cannot be read.") from None
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        if len(infos) > MOST_MEMBERS:
            raise _refused(f"An archive has at most {MOST_MEMBERS} files.")
        if any(_leads_out(info.filename) for info in infos):
            raise _refused("An archive's files are named by paths that stay within it.")
        self._infos = {info.filename: info for info in infos}
        self._left = LARGEST_TEXT

    @property
    def names(self) -> list[str]:
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """Raises `Refused`, also beyond what may be read of an archive: a member's declared size bounds its reading."""
        info = self._infos.get(name)
        if info is None:
            raise _refused("The archive names a file that it does not hold.")
        self._left -= info.file_size
        if self._left < 0:
            raise Refused("text_too_long", f"At most {LARGEST_TEXT >> 20} MiB of an archive are read.", field="file")
        try:
            return self._zip.read(info)
        except _BROKEN:
            raise _refused("The archive is damaged, or encrypted.") from None


def book(file: IO[bytes], title: str = "") -> Book:
    """A zip of texts, each a chapter, in the order of their names' numbers. JSON is upstream's own: `1.json`,
    `2.json`, … of `{title, content, extra}`. Raises `Refused`.
    """
    archive = Archive(file)
    names = sorted((name for name in archive.names if not _HIDDEN.search(name)), key=_natural)
    if not names or any(not name.lower().endswith(_KINDS) for name in names):
        raise _refused("A zip holds texts only: .txt, .md or .json, each a chapter.")
    if len(names) == 1 and not names[0].lower().endswith(".json"):
        return _book(names[0], archive.read(names[0]), title)
    return Book(title, tuple(_chapter(name, archive.read(name)) for name in names))


def _book(name: str, data: bytes, title: str = "") -> Book:
    text = plain.decoded(data)
    return plain.book(text, title) if name.lower().endswith(".txt") else markdown.book(text, title)


def _chapter(name: str, data: bytes) -> Chapter:
    if name.lower().endswith(".json"):
        return _of_json(data)
    chapters = _book(name, data).chapters
    title = next((chapter.title for chapter in chapters if chapter.title), PurePosixPath(name).stem)
    return Chapter(title, "\n\n".join(chapter.text for chapter in chapters if chapter.text))


def _of_json(data: bytes) -> Chapter:
    try:
        given: Any = orjson.loads(plain.decoded(data))
    except orjson.JSONDecodeError:
        raise _refused("A .json of a zip must be JSON.") from None
    page = mapping(given, "file")
    return Chapter(_TITLE(page.get("title", ""), "file.title"), _CONTENT(page.get("content"), "file.content"))


def _natural(name: str) -> list[tuple[int, str]]:
    """`2.txt` before `10.txt`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ":" in name[:2] or ".." in re.split(r"[/\\]", name)


def _refused(message: str) -> Refused:
    return Refused("bad_request", message, field="file")
