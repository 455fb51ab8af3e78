"""Words whose full stop does not end a sentence, of the languages upstream speaks that write such words.

All languages share one list, so what is a common last word in any of them ("no.", "me.", "old.") is left out.
The stop itself is left out, inner stops (`z.B.`) need no entry, and case does not matter.
"""

import re

from gateway.text.scripts import cased

_BY_LANGUAGE = """
en   mr mrs ms mx dr prof rev st mt ft sr jr gen col capt cmdr lt sgt maj gov rep pres supt messrs mmes
     vs etc approx dept univ inc ltd corp bros est fig figs vol pp ed eds al ca cf viz ave blvd rd hwy apt
     feb apr jun aug sept oct nov dec tue thu thurs
de   hr fr frl dipl ing bzw bspw ca evtl ggf inkl exkl zzgl usw vgl sog tel str nr aufl hrsg jh jhd mrd
     okt sept st geb gest max lt phil rer nat
nl   dhr mevr mw drs bijv blz enz ong incl excl zgn nl evt resp a.d
af   mnr mev bv ens bl dr prof
fr   mme mmes mlle mlles mgr dr pr st ste av bd env chap vol janv févr avr juil sept oct nov déc cf
es   sr sra srta srtas sres dña dr dra lic ing arq prof profa av avda pág págs núm tel vd vds ud uds ej aprox
     dpto gral admón ene dic
ca   sr sra dr dra av pl pàg núm tel
pt   sr sra srs sras srta dr dra drs profa eng av pág págs núm tel ex aprox dto ltda
it   sig sigg sigra dott dottssa avv ing arch prof profssa geom rag pag pagg ecc ca tel gen
ro   dl dra dr prof ing str bd nr pag etc aprox
pl   dr mgr inż hab prof ks al ul pl os św np itp itd tj tzn tzw m.in godz nr str tel zob mld mln wg
cs   mgr ing judr mudr phdr rndr prof např tj tzv apod atd resp č str tel ul nám sv mld
sk   mgr ing judr mudr phdr prof napr tj tzv apod atď resp č str tel ul nám sv mld
sl   dr prof npr oz itd ipd tj g ga št str ul sv
hr   dr mr prof npr odn itd tj gosp gđa br str ul sv
hu   dr ifj özv prof pl kb stb ún u.n vö tel
da   hr fru dr prof ca bl.a f.eks osv mht pga nr tlf inkl ekskl evt jf
no   hr fru dr prof ca bl.a f.eks osv mht pga nr tlf inkl ekskl mill mrd evt jf
sv   hr fr dr prof ca bl.a t.ex osv dvs nr tel inkl exkl milj resp obs
fi   hra rva prof esim ym jne ks nk n puh nro kpl milj mrd eaa
tr   dr prof doç av sn bkz vb vs yy örn cad apt tel
id   bpk dr drs prof jl tlp dll dsb dst tgl yth hlm
ms   dr prof pn jln tel dll dsb ruj
fil  bb gng g dr atty brgy
vi   tp ts ths gs pgs bs ks tr đ
ru   г гг ул пр просп пер пл д кв корп стр руб коп тыс млн млрд см ср напр др пр т тт п пп рис табл тел
     акад проф доц инж гл св
uk   вул просп пров пл буд кв грн коп тис млн млрд ім див напр ін т тт п пп рис табл тел акад проф доц св
bg   г гр ул бул пл бл ап лв ст хил млн млрд вж напр др т тел акад проф доц инж св стр
el   κ κα κος δρ καθ κλπ π.χ βλ σελ αρ τηλ οδ λεωφ αγ εκ δισ
hi   डॉ प्रो पं रु कु
ta   திரு பேரா ரூ
ar   د أ م ص
fa   دکتر ص
he   ד״ר פרופ׳ עמ׳
th   ดร นาย น.ส ศ รศ ผศ พ.ศ ค.ศ ม.ค ก.พ จ ต อ ถ
"""

_WORDS = frozenset(re.findall(r"\S+", re.sub(r"^[a-z]+ ", "", _BY_LANGUAGE, flags=re.MULTILINE).casefold()))
_LAST_WORD = re.compile(r"[^\s\"'“”„«»‘’‹›(\[{<¿¡/–—-]*\Z")
_LONGEST = 24
"""Code points that are looked at; no abbreviation is longer."""
_LONGEST_PART = 3
"""Letters between the stops of `e.g.`, `p.ej.`, `m.in.`; `example.com.` has longer ones and may end a sentence."""
_LONGEST_ORDINAL = 2
"""Digits of `3. Mai` and of a list's numbers; `in 1999.` ends a sentence."""


def abbreviated(text: str, end: int) -> bool:
    """The full stop that stands at `end` belongs to the word before it."""
    found = _LAST_WORD.search(text[max(0, end - _LONGEST) : end])
    word = found[0] if found else ""
    if word.isdigit():
        return len(word) <= _LONGEST_ORDINAL
    parts = word.split(".")
    if len(parts) > 1:
        return all(part.isalpha() and len(part) <= _LONGEST_PART for part in parts)
    return (len(word) == 1 and cased(word)) or word.casefold() in _WORDS
