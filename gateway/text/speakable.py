"""Whether a voice finds anything to say in a text.

Letters, digits, currency signs and the symbols below have names that are read aloud. Emoji count as silent: some voices
read some of them, but a lone one is not worth a request.
"""

import unicodedata

SPOKEN_SYMBOLS = frozenset("%‰&+=@#§°×÷±≈≠≤≥√∞№™©®℃℉")


def speakable(text: str) -> bool:
    """A text without anything speakable makes no request."""
    return any(map(speaks, text))


def speaks(character: str) -> bool:
    return character.isalnum() or character in SPOKEN_SYMBOLS or unicodedata.category(character) == "Sc"
