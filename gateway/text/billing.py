"""What upstream bills for a text, known before it is asked."""

import re

_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""CJK unified ideographs, their extensions and the compatibility forms."""


def billable(text: str) -> int:
    """Code points, blanks and markup included; an ideograph counts double. Observed on published answers."""
    return len(text) + len(_IDEOGRAPH.findall(text))
