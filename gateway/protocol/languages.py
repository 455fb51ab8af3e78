"""The forty languages upstream speaks, by their BCP-47 tags, and how a client's tag is mapped onto them."""

import re

LANGUAGES: tuple[str, ...] = (
    "zh", "yue", "en", "ar", "ru", "es", "fr", "pt", "de", "tr", "nl", "uk", "vi", "id", "ja", "it", "ko", "th", "pl",
    "ro", "el", "cs", "fi", "hi", "bg", "da", "he", "ms", "fa", "sk", "sv", "hr", "fil", "hu", "no", "sl", "ca", "nn",
    "ta", "af",
)  # fmt: skip

AUTO = "auto"
_SAME = {
    "nb": "no",
    "tl": "fil",
    "iw": "he",
    "in": "id",
    "cmn": "zh",
    "zsm": "ms",
    "prs": "fa",
    "zh-yue": "yue",
}
_TAG = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*", re.IGNORECASE)


def canonical(tag: str) -> str | None:
    """`en-GB` → `en`, `zh-HK` → `yue`, `auto` → `auto`; None for what is not spoken here."""
    if not _TAG.fullmatch(tag):
        return None
    parts = tag.lower().split("-")
    if parts[0] == "zh" and {"hk", "mo"} & set(parts):
        return "yue"
    for tail in range(len(parts), 0, -1):
        head = "-".join(parts[:tail])
        head = _SAME.get(head, head)
        if head in LANGUAGES or (head == AUTO and len(parts) == 1):
            return head
    return None
