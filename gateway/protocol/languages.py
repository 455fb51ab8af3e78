"""The forty languages upstream speaks, by their BCP-47 tags, and how a client's tag is mapped onto them."""

import re

LANGUAGES: tuple[str, ...] = (
    "zh", "yue", "en", "ar", "ru", "es", "fr", "pt", "de", "tr", "nl", "uk", "vi", "id", "ja", "it", "ko", "th", "pl",
    "ro", "el", "cs", "fi", "hi", "bg", "da", "he", "ms", "fa", "sk", "sv", "hr", "fil", "hu", "no", "sl", "ca", "nn",
    "ta", "af",
)  # fmt: skip

AUTO = "auto"
_ALSO = """
zh   zho chi cmn
yue  zh-yue zh-hk zh-mo zh-hant-hk zh-hant-mo zh-hans-hk zh-hans-mo
en   eng
ar   ara arb aao abh abv acm acq acw acx acy adf aeb aec afb apc apd arq ars ary arz auz avl ayh ayl ayn ayp
ar   ajp pga shu ssh
ru   rus
es   spa
fr   fra fre
pt   por
de   deu ger gsw bar
tr   tur
nl   nld dut vls
uk   ukr
vi   vie
id   ind in
ja   jpn
it   ita
ko   kor
th   tha
pl   pol
ro   ron rum mo mol
el   ell gre
cs   ces cze
fi   fin
hi   hin
bg   bul
da   dan
he   heb iw
ms   msa may zsm zlm
fa   fas per pes prs
sk   slk slo
sv   swe
hr   hrv
fil  tl tgl
hu   hun
no   nor nb nob no-bok
sl   slv
ca   cat
nn   nno no-nyn
ta   tam
af   afr
"""
"""Other tags of the same language, by its own: ISO 639-2 and -3, retired codes, dialects that a voice of it speaks.

A region decides between Mandarin and Cantonese only. The codes of Arabic are those of its macrolanguage in ISO 639-3.
"""

_TAG_OF = {tag: own for own, *tags in map(str.split, _ALSO.strip().splitlines()) for tag in (own, *tags)}
_COUNTRIES = {"cn": "zh", "cz": "cs", "dk": "da", "gr": "el", "jp": "ja", "kr": "ko", "ua": "uk", "vn": "vi"}
"""Where a language is spoken, often mistaken for its tag; those that are another language's tag are left out."""
_WELL_FORMED = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8}){0,8}")


def canonical(tag: str) -> str | None:
    """`en-GB`, `en_gb` → `en`; `zh-HK` → `yue`; `auto` → `auto`; None for what is no tag or not spoken here."""
    if not tag.isascii():
        return None
    tag = tag.lower().replace("_", "-")
    if tag == AUTO:
        return AUTO
    if not _WELL_FORMED.fullmatch(tag):
        return None
    while tag not in _TAG_OF and "-" in tag:
        tag = tag.rpartition("-")[0]
    return _TAG_OF.get(tag)


def meant(tag: str) -> str | None:
    """The language somebody probably meant by what is no tag: `jp`."""
    return _COUNTRIES.get(tag.replace("_", "-").partition("-")[0].lower())
