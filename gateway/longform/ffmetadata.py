"""Chapters as ffmpeg reads them: `ffmpeg -i whole.mp3 -i whole.ffmetadata -map_chapters 1 -c:a aac book.m4b`."""

import re
from collections.abc import Sequence

from gateway.longform.id3 import Mark

_SPECIAL = re.compile(r"([=;#\\\n])")


def metadata(title: str, marks: Sequence[Mark]) -> str:
    lines = [";FFMETADATA1", f"title={_escaped(title)}"]
    for mark in marks:
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={mark.from_ms}", f"END={mark.to_ms}"]
        lines.append(f"title={_escaped(mark.title)}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
