"""Scripts, and which of the forty languages write them."""

import re
from enum import StrEnum


class Script(StrEnum):
    LATIN = "latin"
    IDEOGRAPHS = "ideographs"
    """With kana and bopomofo, which stand among them."""
    HANGUL = "hangul"
    CYRILLIC = "cyrillic"
    GREEK = "greek"
    ARABIC = "arabic"
    HEBREW = "hebrew"
    DEVANAGARI = "devanagari"
    TAMIL = "tamil"
    THAI = "thai"


_RANGES = {
    Script.LATIN: r"A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff"
    r"\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a",
    Script.IDEOGRAPHS: r"\u3005-\u3007\u3021-\u3029\u3040-\u30fa\u30fc-\u30ff\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff",
    Script.HANGUL: r"\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb",
    Script.CYRILLIC: r"\u0400-\u052f\u1c80-\u1c8a\u2de0-\u2dff\ua640-\ua69f",
    Script.GREEK: r"\u0370-\u0373\u0376\u0377\u037a-\u037d\u037f-\u0386\u0388-\u03ff\u1f00-\u1fbc\u1fc2-\u1ffc",
    Script.ARABIC: r"\u0620-\u065f\u066e-\u06d3\u06d5-\u06dc\u06ee-\u06ff\u0750-\u077f\u08a0-\u08ff"
    r"\ufb50-\ufdff\ufe70-\ufefc",
    Script.HEBREW: r"\u05d0-\u05ea\u05ef-\u05f2\ufb1d-\ufb4f",
    Script.DEVANAGARI: r"\u0900-\u0963\u0971-\u097f",
    Script.TAMIL: r"\u0b82-\u0be3",
    Script.THAI: r"\u0e01-\u0e3a\u0e40-\u0e4e",
}
STRETCH = re.compile("|".join(f"(?P<{script}>[{ranges}]+)" for script, ranges in _RANGES.items()))
"""Letters of one script; the group's name is the script's."""

LANGUAGES_OF: dict[Script, tuple[str, ...]] = {
    Script.LATIN: (
        "en", "es", "fr", "pt", "de", "tr", "nl", "vi", "id", "it", "pl", "ro", "cs", "fi", "da", "ms", "sk", "sv",
        "hr", "fil", "hu", "no", "sl", "ca", "nn", "af",
    ),
    Script.IDEOGRAPHS: ("zh", "yue", "ja"),
    Script.HANGUL: ("ko",),
    Script.CYRILLIC: ("ru", "uk", "bg"),
    Script.GREEK: ("el",),
    Script.ARABIC: ("ar", "fa"),
    Script.HEBREW: ("he",),
    Script.DEVANAGARI: ("hi",),
    Script.TAMIL: ("ta",),
    Script.THAI: ("th",),
}  # fmt: skip
"""Those most spoken first."""
