"""What a code point's script tells about where words may be parted."""

import re

_UNSPACED = re.compile(
    "[\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff]"
)
_NOT_FIRST = frozenset("々〻ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶゝゞヽヾ゛゜ｰｧｨｩｪｫｬｭｮｯﾞﾟ")


def unspaced(character: str) -> bool:
    """Ideographs, kana and bopomofo: written without spaces, so that any two of them may be parted."""
    return character > "\u3000" and _UNSPACED.match(character) is not None


def may_start_word(character: str) -> bool:
    """False for the kana that only lengthen or modify the sound before them."""
    return character not in _NOT_FIRST


def thai(character: str) -> bool:
    return "\u0e01" <= character <= "\u0e5b"


def greek(character: str) -> bool:
    return "\u0370" <= character <= "\u03ff" or "\u1f00" <= character <= "\u1fff"


def cased(character: str) -> bool:
    """Letters with capitals, and so with initials: `J. S. Bach`, but not `네.` or `是.`"""
    return character.lower() != character.upper()
