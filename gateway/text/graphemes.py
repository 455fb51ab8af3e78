"""Which neighbouring code points one reader sees as one character (after Unicode Standard Annex 29, simplified)."""

import unicodedata

_ZERO_WIDTH_JOINER = "\u200d"
_VIRAMA = 9
"""The combining class that joins two consonants of an Indic script."""
_SPACING_VOWELS = frozenset("\u0e33\u0eb3")
"""Thai and Lao AM: letters by category, but they end the syllable before them."""


def joined(before: str, after: str) -> bool:
    """Nothing may be cut between these two. A row of flags counts as one."""
    if after < "\u0300":
        return False
    return (
        unicodedata.category(after)[0] == "M"
        or after == _ZERO_WIDTH_JOINER
        or after in _SPACING_VOWELS
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= after <= "\U000e007f"  # tags of subdivision flags
        or _follows_in_cluster(before, after)
    )


def _follows_in_cluster(before: str, after: str) -> bool:
    return (
        before == _ZERO_WIDTH_JOINER
        or (unicodedata.combining(before) == _VIRAMA and after.isalpha())
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
        or ("\u1100" <= before <= "\ud7fb" and "\u1160" <= after <= "\u11ff")  # Hangul written in jamo
    )
