"""BCP-47 in, one of the forty out."""

import pytest

from gateway.protocol.languages import LANGUAGES, canonical

ALSO = """
zh   zho chi cmn zh-CN zh-SG zh-TW zh-Hans zh-Hant zh-Hans-CN zh-Hant-TW zh-cmn zh-cmn-Hans-CN
     cmn-Hans-CN cmn-Hant-TW cmn-HK
yue  yue-HK yue-Hant yue-Hant-HK zh-yue zh-yue-HK zh-HK zh-MO zh-Hant-HK zh-Hant-MO zh-Hans-HK zh-Hans-MO zh_hk
en   eng en-GB en-US en-AU en-IN en_US EN_us en-GB-oxendict en-u-ca-gregory eng-Latn-GB
ar   ara arb ar-EG ar-SA ar-001 arz apc ajp ary arq aeb afb acm acw apd ayl ars ar-arz
     aao abh abv acq acx acy adf aec auz avl ayh ayn ayp pga shu ssh
ru   rus ru-RU ru-KZ
es   spa es-ES es-MX es-419 es_AR
fr   fra fre fr-FR fr-CA fr-CH
pt   por pt-BR pt-PT pt_BR
de   deu ger de-AT de-CH de-1996 gsw gsw-CH bar
tr   tur tr-TR
nl   nld dut nl-BE vls
uk   ukr uk-UA
vi   vie vi-VN
id   ind in in-ID id-ID
ja   jpn ja-JP ja-Latn
it   ita it-CH
ko   kor ko-KR
th   tha th-TH
pl   pol pl-PL
ro   ron rum mo mol ro-MD
el   ell gre el-CY
cs   ces cze cs-CZ
fi   fin fi-FI
hi   hin hi-IN
bg   bul bg-BG
da   dan da-DK
he   heb iw iw-IL he-IL
ms   msa may zsm zlm ms-MY ms-Latn-SG
fa   fas per pes prs fa-IR fa-AF
sk   slk slo sk-SK
sv   swe sv-FI
hr   hrv hr-HR hr-BA
fil  fil-PH tl tgl tl-PH
hu   hun hu-HU
no   nor nb nob nb-NO no-NO no-bok
sl   slv sl-SI
ca   cat ca-ES ca-valencia
nn   nno nn-NO no-nyn
ta   tam ta-LK ta-IN
af   afr af-ZA
"""


def rows() -> list[tuple[str, str]]:
    found, own = [], ""
    for line in ALSO.strip().splitlines():
        own, *tags = line.split() if line[0] != " " else [own, *line.split()]
        found += [(tag, own) for tag in (own, *tags)]
    return found


@pytest.mark.parametrize(("tag", "language"), rows())
@pytest.mark.parametrize("written", [str, str.upper, lambda tag: tag.replace("-", "_")], ids=["as is", "upper", "_"])
def test_a_tag_of_a_language_is_mapped_onto_it(tag, language, written):
    assert canonical(written(tag)) == language


def test_each_of_the_forty_has_a_row():
    assert {language for _, language in rows()} == set(LANGUAGES)
    assert len(LANGUAGES) == len(set(LANGUAGES)) == 40


@pytest.mark.parametrize(
    "tag",
    ["", "e", "-", "en-", "-en", "en--GB", "en GB", "en-GB\n", "engl1sh", "x-en", "i-klingon", "nonsense", "english",
     "sr", "sr-Latn-RS", "sh", "bs", "sw", "lb", "ji", "yi", "gl", "auto-x", "auto_DE", "abcdefghi", "en-abcdefghi",
     "café", "en-é", "\u212ao", "zh-" + "a-" * 20 + "HK"],
)  # fmt: skip
def test_what_is_no_tag_or_not_spoken_is_refused(tag):
    assert canonical(tag) is None


@pytest.mark.parametrize("tag", ["auto", "AUTO", "Auto"])
def test_auto_stays_auto(tag):
    assert canonical(tag) == "auto"
