"""Code points by what they are to a voice. Classes are the inside of a regular expression's brackets."""

import re
import unicodedata

NEWLINES = "\n\r\x0b\x0c\x85\u2028\u2029"
BLANKS = " \t\u1680\u2000-\u2006\u2008-\u200a\u205f\u2800\u3000"
GLUE = "\u00a0\u2007\u202f"
"""Blanks that keep their neighbours together: `10 000`, `Bonjour !`"""

HIDDEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u20e3\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff"
)
"""Controls, marks of direction, variation selectors, fillers, tags, private use: a voice says none, upstream bills all,
and refuses a text with more than one in ten (1042)."""

JOINERS = "\u200c\u200d"

PICTURES = (
    "\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u266c\u2670-\u2775"
    "\u2794-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\U0001f000-\U0001f0ff\U0001f12f\U0001f144-\U0001faff"
)
"""Emoji and dingbats. Left out are those that texts use as words: ♭♮♯, ❶…➓, ㊗, ©, ™, arrows of text, 🄰…🅃."""
SHY_PICTURES = "\u2139\u2194-\u2199\u21a9\u21aa\u24c2"
"""Pictures only before a variation selector: ℹ is a letter, ↔ an arrow."""

_SHAPED = re.compile("[\u0600-\u0dff\u1000-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefe]")
_VIRAMA = 9


def shapes(before: str, after: str) -> bool:
    """A joiner between these two decides how letters of an Arabic or Indic script look, and so which word it is."""
    return ends_in_virama(before) or (_letter_of_shape(before) and _letter_of_shape(after))


def ends_in_virama(before: str) -> bool:
    """The joiner after it makes a letter of its own, even at a word's end."""
    return unicodedata.combining(before) == _VIRAMA if before else False


def _letter_of_shape(character: str) -> bool:
    return _SHAPED.match(character) is not None and unicodedata.category(character)[0] in "LM"


def is_blank(character: str) -> bool:
    """So is the end of the text, which is empty."""
    return not character or character.isspace()


def is_ascii_word(character: str) -> bool:
    return character.isascii() and character.isalnum()
