"""Subtitles from captions: a SubRip (.srt) or WebVTT (.vtt) file beside the sound.

A cue is at most a line: it ends where a sentence does, with its segment, or before it would grow wider than `COLUMNS`.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import Caption, SegmentStarted
from voice_gateway_client.words import Words

COLUMNS = 42
"""About seven words. Ideographs and kana take two each."""
ENDINGS = (".srt", ".vtt")
_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»」』)）]*\s*$")


@dataclass(frozen=True, slots=True)
class Cue:
    text: str
    from_ms: float
    to_ms: float


class Subtitles:
    """A file that is whole after each turn. Raises `VoiceError` for a name that says no form."""

    def __init__(self, name: str) -> None:
        self._path = Path(name)
        if self._path.suffix.lower() not in ENDINGS:
            raise VoiceError("unsupported_captions", f"Captions are one of {', '.join(ENDINGS)}.", "captions")
        self._cues: list[Cue] = []

    def add(self, words: Words, segments: Sequence[SegmentStarted], at_ms: float) -> None:
        """A turn's, that began at this place of the sound. Raises OSError where no file can be."""
        for segment in segments:
            for cue in cues(words.of(segment.segment), segment.text):
                self._cues.append(Cue(cue.text, at_ms + cue.from_ms, at_ms + cue.to_ms))
        written = vtt if self._path.suffix.lower() == ".vtt" else srt
        self._path.write_text(written(self._cues), encoding="utf-8")


def cues(words: Sequence[Caption], text: str | None) -> Iterator[Cue]:
    """Of one segment; `text` as spoken."""
    line: list[Caption] = []
    written = ""
    for word, piece in zip(words, _pieces(words, text), strict=True):
        if line and _columns((written + piece).rstrip()) > COLUMNS:
            yield _cue(line, written)
            line, written = [], ""
        line.append(word)
        written += piece
        if _SENTENCE_END.search(written):
            yield _cue(line, written)
            line, written = [], ""
    if line:
        yield _cue(line, written)


def srt(cues: Sequence[Cue]) -> str:
    blocks = [
        f"{number}\n{_time(cue.from_ms, ',')} --> {_time(cue.to_ms, ',')}\n{cue.text}\n"
        for number, cue in enumerate(cues, 1)
    ]
    return "\n".join(blocks)


def vtt(cues: Sequence[Cue]) -> str:
    blocks = [
        f"{_time(cue.from_ms, '.')} --> {_time(cue.to_ms, '.')}\n{html.escape(cue.text, quote=False)}\n" for cue in cues
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _cue(line: Sequence[Caption], written: str) -> Cue:
    return Cue(" ".join(written.split()), line[0].from_ms, line[-1].to_ms)


def _pieces(words: Sequence[Caption], text: str | None) -> list[str]:
    """The text cut before each word, so that what stands between words is kept; without one, words and blanks."""
    if text is None:
        return [f"{word.text} " for word in words]
    starts, at = [0], 0
    for word in words:
        found = text.find(word.text, at)
        at = at if found < 0 else found
        starts.append(at)
        at += len(word.text)
    return [text[start:end] for start, end in pairwise([0, *starts[2:], len(text)])] if words else []


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _time(ms: float, point: str) -> str:
    seconds, rest = divmod(round(ms), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{rest:03}"
