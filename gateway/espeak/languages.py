"""Which of espeak-ng's languages speaks a text: the one asked for, else by the text's script, letters and words.

A stretch in a script that the language does not read is spoken by another one: kanji have no reading without a
dictionary, so in Japanese text kana are read as Japanese and kanji as Mandarin. Filipino is read as Indonesian and
Nynorsk as Bokmål, which espeak-ng lacks.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

_TABLE: Mapping[str, Any] = json.loads(
    resources.files("gateway.espeak").joinpath("languages.json").read_text(encoding="utf-8")
)

TAGS: Mapping[str, str] = _TABLE["tags"]
"""The BCP-47 tags of the forty languages → espeak-ng's languages."""
ENGLISH = "en-us"
JAPANESE = "ja"

_SCRIPTS = re.compile("|".join(f"(?P<{name}>[{script['ranges']}])" for name, script in _TABLE["scripts"].items()))
_TELLTALE_WORDS = {language: frozenset(words.split()) for language, words in _TABLE["telltale_words"].items()}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Run:
    """Text that one language reads."""

    text: str
    language: str


def runs(text: str, language: str | None, preferred: str) -> Iterator[Run]:
    """Cut `text` where another language has to read on. `preferred` breaks ties, as a voice's own."""
    language = language or guess(text, preferred)
    start, reader = 0, ""
    for match in _SCRIPTS.finditer(text):
        wanted = _reader_of(match.lastgroup or "", language)
        if reader and wanted != reader:
            yield Run(text[start : match.start()], reader)
            start = match.start()
        reader = wanted
    yield Run(text[start:], reader or language)


def _reader_of(script: str, language: str) -> str:
    if script in _native(language):
        return language
    own: str = _TABLE["scripts"][script]["language"]
    return own


def guess(text: str, preferred: str) -> str:
    """The language that most likely reads most of it."""
    scripts = [match.lastgroup for match in _SCRIPTS.finditer(text)]
    if not scripts:
        return preferred
    if "Kana" in scripts:
        return JAPANESE
    main = max(dict.fromkeys(scripts), key=scripts.count)
    if main == "Han":
        return "yue" if preferred == "yue" else "cmn"
    return _guess_by_letters(text.lower(), main or "Latin", preferred)


def _guess_by_letters(text: str, script: str, preferred: str) -> str:
    candidates = [language for language in TAGS.values() if _native(language)[0] == script]
    default: str = preferred if preferred in candidates else _TABLE["scripts"][script]["language"]
    words = _WORD.findall(text)
    return max([default, *candidates], key=lambda language: _likeness(language, text, words))


def _likeness(language: str, text: str, words: Sequence[str]) -> int:
    letters = sum(text.count(letter) for letter in _TABLE["telltale_letters"].get(language, ""))
    return 2 * letters + sum(word in _TELLTALE_WORDS.get(language, ()) for word in words)


def _native(language: str) -> Sequence[str]:
    """The scripts a language reads, its own first."""
    scripts: Sequence[str] = _TABLE["native"].get(language, ("Latin",))
    return scripts
