r"""An ID3v2.4 tag with chapters, to stand in front of an MP3.

    "ID3" 4 0, flags, size         frames: id, size, flags, body        sizes: four times seven bits
    CTOC  "toc\0" flags count, "ch1\0" "ch2\0" …                        the table of contents
    CHAP  "ch1\0" from_ms to_ms, 2 × unused offsets, then a TIT2

https://id3.org/id3v2.4.0-structure, https://id3.org/id3v2-chapters-1.0
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

_UTF_8 = b"\x03"
_TOP_LEVEL_ORDERED = 3
_UNUSED = 0xFFFFFFFF
MOST_LISTED = 255
"""A table of contents counts in one byte."""


class Mark(NamedTuple):
    title: str
    from_ms: int
    to_ms: int


def tag(title: str, album: str = "", track: str = "", marks: Sequence[Mark] = ()) -> bytes:
    texts = {b"TIT2": title, b"TALB": album, b"TRCK": track}
    frames = [_text(name, text) for name, text in texts.items() if text]
    if marks:
        frames += [_contents(len(marks)), *(_chapter(number, mark) for number, mark in enumerate(marks, 1))]
    body = b"".join(frames)
    return b"ID3\4\0\0" + _size(len(body)) + body


def length(begun: bytes) -> int:
    """Of the tag that a file's first ten bytes begin."""
    size = begun[6:10]
    return 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])


def _contents(count: int) -> bytes:
    listed = min(count, MOST_LISTED)
    names = b"".join(b"ch%d\0" % number for number in range(1, listed + 1))
    return _frame(b"CTOC", b"toc\0" + bytes((_TOP_LEVEL_ORDERED, listed)) + names)


def _chapter(number: int, mark: Mark) -> bytes:
    times = struct.pack(">IIII", mark.from_ms, mark.to_ms, _UNUSED, _UNUSED)
    return _frame(b"CHAP", b"ch%d\0" % number + times + _text(b"TIT2", mark.title))


def _text(name: bytes, text: str) -> bytes:
    return _frame(name, _UTF_8 + text.encode())


def _frame(name: bytes, body: bytes) -> bytes:
    return name + _size(len(body)) + b"\0\0" + body


def _size(count: int) -> bytes:
    return bytes(count >> shift & 0x7F for shift in (21, 14, 7, 0))
