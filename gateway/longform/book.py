"""What is to be read aloud: chapters, each a title and a text."""

from dataclasses import dataclass

from gateway.errors import Refused
from gateway.protocol.config import TextRules
from gateway.text.cleaner import Cleaner, Pause
from gateway.text.speakable import speakable

MOST_CHAPTERS = 1000
MOST_CHARACTERS = 10_000_000
"""Code points of a book; the longest novels have half of it."""
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Chapter:
    """`title`: empty where it has none."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Book:
    title: str
    chapters: tuple[Chapter, ...]


def spoken(book: Book, rules: TextRules, tags: frozenset[str]) -> Book:
    """The same with the text as it is spoken; chapters without anything to say are left out. Raises `Refused`.

    `tags`: interjections that may act where the rules let markup pass.
    """
    if sum(len(chapter.text) for chapter in book.chapters) > MOST_CHARACTERS:
        raise Refused("text_too_long", f"A book has at most {MOST_CHARACTERS} characters.", field="text")
    told = (Chapter(_line(chapter.title), _cleaned(chapter.text, rules, tags)) for chapter in book.chapters)
    chapters = tuple(chapter for chapter in told if speakable(chapter.text))
    if not chapters:
        raise Refused("bad_request", "There is nothing to speak.", field="text")
    if len(chapters) > MOST_CHAPTERS:
        raise Refused("text_too_long", f"A book has at most {MOST_CHAPTERS} chapters.", field="text")
    return Book(_line(book.title), chapters)


def _line(title: str) -> str:
    return " ".join(title.split())[:LONGEST_TITLE]


def _cleaned(text: str, rules: TextRules, tags: frozenset[str]) -> str:
    cleaner = Cleaner(rules, tags)
    given = [*cleaner.feed(text), *cleaner.settle()]
    return "".join(_pause(each) if isinstance(each, Pause) else each for each in given).strip()


def _pause(pause: Pause) -> str:
    return f"<#{pause.ms / 1000:g}#>"
