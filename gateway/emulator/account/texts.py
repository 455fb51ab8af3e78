"""A long text as it was sent → what is to be said of it: one text, or those of a zip.

2.txt             → 2/content
2.json            → 2/title, 2/content, 2/extra: each that is not empty
a single entry    → without the folder, as a text by itself
"""

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import orjson

from gateway.emulator.refusals import bad_zip, illegal, too_long

_ENTRY = re.compile(r"(\d{1,6})\.(txt|json)\Z")
_FIELDS = ("title", "content", "extra")
_WIDEST = 4
"""Bytes of a character."""


@dataclass(frozen=True, slots=True)
class Part:
    """`name` is that of its files, without their id."""

    name: str
    text: str


def of_file(path: Path, *, zipped: bool, longest: int, results: int) -> list[Part]:
    """`longest` in characters, `results` in files. Reads a while. Raises `Refusal`."""
    if not zipped:
        return [Part("content", _decoded(path.read_bytes()))]
    try:
        with zipfile.ZipFile(path) as archive:
            parts = list(_of_archive(archive, longest))
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise bad_zip() from error
    if not parts or 3 * len(parts) > results:
        raise bad_zip()
    return parts


def _of_archive(archive: zipfile.ZipFile, longest: int) -> list[Part]:
    entries = {info: _ENTRY.match(info.filename) for info in archive.infolist()}
    named = sorted((int(found[1]), found[2], info) for info, found in entries.items() if found)
    if len(named) < len(entries) or len({kind for _, kind, _ in named}) != 1:
        raise bad_zip()
    parts: list[Part] = []
    left = longest * _WIDEST
    for number, kind, info in named:
        with archive.open(info) as file:
            data = file.read(left + 1)
        left -= len(data)
        if left < 0:
            raise too_long()
        folder = f"{number}/" if len(named) > 1 else ""
        texts = {"content": _decoded(data)} if kind == "txt" else _of_json(data)
        parts += [Part(folder + field, texts[field]) for field in _FIELDS if texts.get(field, "").strip()]
    return parts


def _of_json(data: bytes) -> dict[str, str]:
    values = orjson.loads(data)
    if not isinstance(values, dict) or any(not isinstance(values.get(field, ""), str) for field in _FIELDS):
        raise bad_zip()
    return values


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise illegal("text_file_id") from error
