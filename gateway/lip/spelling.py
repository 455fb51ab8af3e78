"""Words as espeak-ng can read them: by which of its languages, and in which letters.

It has no readings of kanji, and takes most vowel signs of Thai for consonants: such text has no visemes. Hebrew and
Arabic have those of the vowels that are written.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.espeak.languages import ENGLISH, JAPANESE, TAGS, Run, guess, runs
from gateway.lip.visemes import Timed

_THAI = "th"
_MARKS = ".,;:!?…\"'()[]«»„“”‘’¿¡。，、！？；：「」『』（）؟،؛।|\u200b"
_LENGTHENED = re.compile("[ー〜～]+")
"""Goes on with the vowel before it."""
_READABLE = str.maketrans("ァィゥェォぁぃぅぇぉヵヶ・", "アイウエオあいうえおカケ ")
"""espeak-ng spells the small ones out, as "Japanese letter"."""


class Worded(Timed, Protocol):
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Spelled:
    """A word and by whom its parts are read."""

    runs: tuple[Run, ...]
    from_ms: float
    to_ms: float


def spelled(words: Sequence[Worded], tag: str) -> list[Spelled] | None:
    """None where espeak-ng cannot read one of them. `tag` is one of the forty or `auto`."""
    language = TAGS.get(tag) or guess(" ".join(word.text for word in words), ENGLISH)
    found: list[Spelled] = []
    for word in words:
        text = _LENGTHENED.sub("", word.text).translate(_READABLE).strip(_MARKS)
        if found and not text and _LENGTHENED.search(word.text):
            found[-1] = Spelled(found[-1].runs, found[-1].from_ms, word.to_ms)
            continue
        parts = tuple(runs(text, language, language)) if text else ()
        if not all(_reads(part, language) for part in parts):
            return None
        found.append(Spelled(parts, word.from_ms, word.to_ms))
    return found


def _reads(run: Run, language: str) -> bool:
    return run.language != _THAI and not (language == JAPANESE and run.language == TAGS["zh"])
