import pytest

from gateway.text.borders import Rank, rank


def marked(text: str, least: Rank) -> str:
    """The text with a bar at each border of at least this rank; white space around one is left out."""
    places = [at for at in range(1, len(text)) if rank(text, at, text[at]) >= least]
    parts = (text[begin:end].strip() for begin, end in zip([0, *places], [*places, len(text)], strict=True))
    return "|".join(part for part in parts if part)


SENTENCES = {
    "zh": "你好！|今天天气很好，我们去公园吧。|好不好？|他说：“好。”|然后走了。",
    "zh with ascii marks": "你好!|今天好吗?|好.|走吧",
    "yue": "你食咗飯未呀？|食咗喇！",
    "en": "Hello there.|How are you?|Fine!|“Really?”|she asked (twice.)|Yes?!|No.",
    "ar": "مرحبا.|كيف حالك؟|أنا بخير، شكرا!|نعم",
    "fa": "سلام.|خوبی؟|بله۔|خب",
    "ru": "Привет.|Он жил в г. Москве, т.е. здесь.|Правда?|«Да.»|Нет.",
    "es": "¡Hola!|¿Qué tal?|Bien.|¿Y tú, Sr. López?",
    "es without spaces": "Bien.|¿Y tú?|¡Genial!|¡Sí!",
    "fr": "Bonjour\u00a0!|Ça va\u202f?|«\u00a0Oui.\u00a0»|M. Dupont arrive.|Et Mme. Durand.",
    "pt": "Olá!|O Sr. Silva chegou.|Tudo bem?",
    "de": "„Ja.“|Er kam am 3. Mai, d.h. z.B. heute.|Das war 1999.|Dann ging Dr. J. S. Bach.",
    "tr": "Merhaba.|Prof. Yılmaz geldi.|Nasılsın?",
    "nl": "Dag!|Hij komt o.a. met dhr. Jansen.|Goed.",
    "it": "Ciao!|Il sig. Rossi è qui.|Bene.",
    "el": "Γεια σου.|Τι κάνεις;|Καλά\u037e|Ναι.",
    "pl": "Cześć!|To jest np. dr. Nowak.|Tak.",
    "cs": "Ahoj.|Např. tak.|Ano?",
    "fi": "Hei.|Esim. näin.|Niin!",
    "hu": "Szia!|Pl. így.|Igen.",
    "sv": "Hej!|T.ex. så.|Ja.",
    "vi": "Chào bạn!|Tôi ở TP. Hồ Chí Minh.|Vâng.",
    "ja": "こんにちは。|元気ですか？|「はい。」|そうですか｡|よかった！",
    "ko": "안녕하세요.|잘 지내요?|네.|좋아요!",
    "th": "สวัสดีครับ|ผมชื่อแดง|ไปไหนมา 5 บาท ok",
    "hi": "नमस्ते।|आप कैसे हैं?|डॉ. शर्मा आए॥|ठीक है।",
    "he": "שלום.|מה שלומך?|טוב!",
    "ta": "வணக்கம்.|எப்படி இருக்கிறீர்கள்?|திரு. குமார் வந்தார்.|சரி",
    "decimals": "It is 3.14 or 1,000.50 at 10:30.|Yes.",
    "lists": "1. Apples|2. Pears|a. Plums",
    "addresses": "See https://example.com/a?b=c!d or me@mail.example.org, v1.2.3.|Go to example.com.|Now",
    "initials": "The U.S. and J. R. R. Tolkien at 5 p.m. with a Ph.D. there",
    "ellipses": "Well... I think… no.|Yes…and no",
    "newlines": "A title|A line, then|another\n|one",
    "no space": "Hello.World!Yes?no",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_end_where_a_reader_ends_them(name: str):
    expected = SENTENCES[name]
    separator = "\n" if name in ("lists", "newlines") else _space(name)
    source = expected.replace("|", separator)
    assert marked(source, Rank.SENTENCE) == expected.replace("\n|", "|")


def _space(name: str) -> str:
    return "" if name.startswith(("zh", "yue", "ja", "es without")) else " "


def test_clauses_end_at_commas_colons_dashes_and_ellipses():
    assert marked("Well, yes; so: 1,000 - no — a—b... c… d", Rank.CLAUSE) == "Well,|yes;|so:|1,000 -|no —|a—|b...|c…|d"
    assert marked("今天，明天、后天；好：吗……走1，000,是", Rank.CLAUSE) == "今天，|明天、|后天；|好：|吗……|走1，000,|是"
    assert marked("نعم، لا؛ ربما", Rank.CLAUSE) == "نعم،|لا؛|ربما"


def test_words_part_at_white_space_and_between_ideographs():
    assert marked("one two\tthree", Rank.WORD) == "one|two|three"
    assert marked("10\u00a0000 km", Rank.WORD) == "10\u00a0000|km"
    assert marked("（今天）ok天", Rank.WORD) == "（今|天）|ok|天"
    assert marked("ちょっとコーヒー", Rank.WORD) == "ちょっ|と|コー|ヒー"
    assert marked("か\u3099き", Rank.WORD) == "か\u3099|き"
    assert marked("สวัสดีครับ", Rank.WORD) == "สวัสดีครับ"
