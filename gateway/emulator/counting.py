"""How the service counts a text. Inferred from three published samples; kana and hangul are taken to weigh 1."""

import re
import unicodedata

IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LAYOUT = "\n\r\t"


def word_count(text: str, *, punctuation: bool = True) -> int:
    """Code points, with spaces, pause marks and tags."""
    return len(text) if punctuation else sum(not unicodedata.category(char).startswith("P") for char in text)


def usage_characters(text: str) -> int:
    """What is billed: an ideograph counts twice."""
    return len(text) + sum(1 for _ in IDEOGRAPH.finditer(text))


def invisible_ratio(text: str) -> float:
    """The share of characters that neither show nor lay out the text."""
    if not text or (text.isascii() and text.isprintable()):
        return 0
    hidden = sum(1 for char in text if char not in _LAYOUT and unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn"})
    return round(hidden / len(text), 6) if hidden else 0
