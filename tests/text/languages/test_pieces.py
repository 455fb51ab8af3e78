"""Where a voice may change."""

import pytest

from gateway.text.languages.pieces import Border, border_after, pieces

MARKS = {Border.WITHIN: "|", Border.CLAUSE: "¦", Border.QUOTE: "‖", Border.SENTENCE: "§"}


def marked(text: str) -> str:
    first, *rest = pieces(text, Border.SENTENCE)
    return text[: first.end].strip() + "".join(
        MARKS[piece.border] + text[piece.start : piece.end].strip() for piece in rest
    )


@pytest.mark.parametrize(
    "text",
    [
        "Hello there.§How are you,¦my friend?",
        "I met|山田太郎|in|Київ|yesterday.",
        "我用|iPhone 15|和|ChatGPT。",
        "今日は|Starbucks|に行った。",
        "She said‖“yes”‖and‖“no”‖at once.",
        "Er sagte‖„ja“‖und‖»nein«‖dazu.",
        "Il dit‖« oui »‖sans attendre.",
        "他说‖“你好”‖然后走了。",
        "You say‖「元気？」§or‖『はい』‖here.",
        "One‖(or two)‖of‖[many]‖things",
        'Say‖"good day"‖to him.',
        'He asked:‖"Why?"§She left.',
        "It's the dogs' own l'eau 'n rock",
        "At 10:30 that is 3.14,¦or $5",
        "Line one§line two",
        "ยินดีต้อนรับ§สู่ไทย|Bangkok|ครับ",
        "Go 🎉 on!§🎉 Yes",
        "Ας δούμε;§Ναι",
    ],
)
def test_pieces_end_at_borders_quotes_and_changes_of_script(text):
    source = text.replace("§line", "\nline")
    for mark in MARKS.values():
        source = source.replace(f"。{mark}", "。").replace(mark, " ")
    assert marked(source) == text


def test_digits_stay_with_what_stands_before_them():
    assert marked("10 apples 20 яблок 30") == "10 apples 20|яблок 30"


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("Hello. 谢谢！ Bye.", True),
        ("Hello 谢谢 you.", False),
        ("He said “谢谢。” Then he left.", True),
        ("Hi, 谢谢, bye.", False),
    ],
)
def test_a_sentence_of_its_own_stands_alone(text, alone):
    _, piece, *_ = pieces(text, Border.SENTENCE)
    assert piece.alone == alone


@pytest.mark.parametrize(
    ("text", "border"),
    [
        ("Yes.", Border.SENTENCE),
        ("Yes,", Border.CLAUSE),
        ("Yes", Border.WITHIN),
        ("Yes. ", Border.SENTENCE),
        ("是。", Border.SENTENCE),
    ],
)
def test_the_end_of_a_text_is_a_border_too(text, border):
    assert border_after(text) is border


@pytest.mark.parametrize("mark", [")", "“", '"', "。", ".", " ", "( "])
def test_a_row_of_marks_is_one_border(mark):
    assert len(list(pieces(f"a{mark * 200} b", Border.SENTENCE))) in (1, 2)
