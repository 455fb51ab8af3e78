"""What upstream bills for a text, known before it is asked."""

import re

from gateway.text.cleaner.characters import PICTURES, SHY_PICTURES

LONGEST_NAME = 50
"""Of an emoji, with a blank before and behind it."""
_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""CJK unified ideographs, their extensions and the compatibility forms."""

_PICTURE = re.compile(f"[{PICTURES}{SHY_PICTURES}]")


def worth(text: str, emoji: str) -> int:
    """The most that may be billed for a text once it is cleaned: emoji make it longer, where the rule is to `name`."""
    return billable(text) + (LONGEST_NAME * len(_PICTURE.findall(text)) if emoji == "name" else 0)


def billable(text: str) -> int:
    """Code points, blanks and markup included; an ideograph counts double. Observed on published answers."""
    return len(text) if text.isascii() else len(text) + len(_IDEOGRAPH.findall(text))
