"""Whether there is anything to say."""

import unicodedata

_SPOKEN_SYMBOLS = frozenset("%‰&+=@#°§©®™√∞≈≠≤≥±×÷")
"""Beside letters, digits and currency signs. Emoji and ornaments are not spoken."""


def is_spoken(character: str) -> bool:
    return (
        character.isalnum()
        or character in _SPOKEN_SYMBOLS
        or unicodedata.category(character) in {"Sc", "Lo", "Nl", "No"}
    )


def speakable(text: str) -> bool:
    return any(map(is_spoken, text))
