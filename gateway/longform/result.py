"""What upstream gives for a part: a tar of its sound, its sentences' times and a few figures.

    content-123.mp3      the sound
    content-123.titles   JSON, a list of sentences
    content-123.extra    JSON, which nothing here needs: lengths are counted

Nothing is written under a name of the tar's.
"""

import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from gateway.upstreams.t2a.codes import broken

SOUND = (".mp3", ".flac", ".pcm", ".wav")
LARGEST_TITLES = 64 << 20
_SENTENCES = ("sentences", "subtitles", "titles", "data")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`span` in the text that upstream was given, where it tells."""

    text: str
    from_ms: float
    to_ms: float
    span: tuple[int, int] | None = None


def unpack(tar: Path, sound: Path, titles: Path) -> None:
    """Raises `UpstreamError` for a tar that is broken or has no sound."""
    try:
        with tarfile.open(tar, "r:") as archive:
            found = {each for member in archive if (each := _unpacked(archive, member, sound, titles))}
    except (tarfile.TarError, EOFError, ValueError):
        raise broken("Upstream's result is no whole archive.") from None
    if sound not in found:
        raise broken("Upstream's result holds no sound.")


def _unpacked(archive: tarfile.TarFile, member: tarfile.TarInfo, sound: Path, titles: Path) -> Path | None:
    """Where a member was written to."""
    ending = PurePosixPath(member.name).suffix.lower()
    target = sound if ending in SOUND else titles if ending == ".titles" and member.size <= LARGEST_TITLES else None
    content = archive.extractfile(member) if target is not None and member.isfile() else None
    if target is None or content is None:
        return None
    with target.open("wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)
        if file.tell() != member.size:
            raise tarfile.ReadError
    return target


def sentences(data: bytes) -> list[Sentence]:
    """Of a `.titles`, in order. Raises `UpstreamError` for what is none."""
    try:
        given = orjson.loads(data)
    except orjson.JSONDecodeError:
        given = None
    if isinstance(given, dict):
        given = next((given[name] for name in _SENTENCES if isinstance(given.get(name), list)), None)
    if not isinstance(given, list):
        raise broken("Upstream's times are of an unknown shape.")
    told = [_sentence(each) for each in given if isinstance(each, dict)]
    return sorted((each for each in told if each is not None), key=lambda each: each.from_ms)


def _sentence(given: dict[str, Any]) -> Sentence | None:
    text, begin, end = given.get("text"), given.get("time_begin"), given.get("time_end")
    if not isinstance(text, str) or not _is_number(begin) or not _is_number(end):
        return None
    span = given.get("text_begin"), given.get("text_end")
    known = all(isinstance(each, int) for each in span)
    return Sentence(text, float(begin), float(end), span if known else None)  # type: ignore[arg-type]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e10
