"""Files become books: chapters with titles and the text that is read, and what would do harm is refused."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.longform import archive, extra
from gateway.longform.book import Book, Chapter, spoken
from gateway.longform.cutting import spans
from gateway.longform.reading import read
from gateway.protocol.config import TextRules
from gateway.text.billing import billable


def zipped(members: dict[str, str | bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    file.seek(0)
    return file


def told(name: str, data: str | bytes) -> list[tuple[str, str]]:
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return [(chapter.title, chapter.text) for chapter in read(name, file).chapters]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_is_read_in_each_encoding_that_can_be_told(encoding):
    assert told("a.txt", "Größe 你好\r\nzwei".encode(encoding)) == [("", "Größe 你好\nzwei")]


@pytest.mark.parametrize("data", ["Größe".encode("latin-1"), b"a\0b", "ab".encode("utf-16-le")])
def test_an_encoding_that_cannot_be_told_is_refused(data):
    with pytest.raises(Refused, match="UTF-8"):
        told("a.txt", data)


TEXT = """The Book

Contents
Chapter 1
Chapter 2
Chapter 3

Preface words.

Chapter 1: The Storm

It rained.

CHAPTER II.

It stopped. In chapter 2 of life
Chapter 3 of the story begins, he said.

Part Two
Chapter 3

It ended.
"""


def test_lines_that_name_chapters_begin_them_and_those_of_the_contents_do_not():
    titles = [title for title, _ in told("a.txt", TEXT)]
    assert titles == ["", "Chapter 1: The Storm", "CHAPTER II.", "Chapter 3"]
    assert "".join(text for _, text in told("a.txt", TEXT)) == TEXT


def test_chapters_are_told_in_other_languages():
    text = "第一章 风暴\n下雨了。\n第二章\n停了。\nKapitel 3 – Ende\n\nAus."
    assert [title for title, _ in told("a.txt", text)] == ["第一章 风暴", "第二章", "Kapitel 3 – Ende"]


def test_lines_that_a_typesetter_broke_are_whole_again():
    line = "This line is long enough that nobody but a typesetter"
    assert told("a.txt", f"{line}\nwould end it here.\nShort\nverse\n")[0][1] == (
        f"{line} would end it here.\nShort\nverse\n"
    )


MARKDOWN = """---
author: nobody
---
# The *Book*

By nobody.

## One

Some `code` and [a link](https://example.org), a
soft break. <b>Bold</b>

```python
print("unread")
```

## Two ![of hearts](x.png)

- first
- second
"""


def test_markdown_is_parted_where_its_headings_repeat():
    assert told("a.md", MARKDOWN) == [
        ("", "The Book\n\nBy nobody."),
        ("One", "One\n\nSome code and a link, a soft break. Bold"),
        ("Two of hearts", "Two of hearts\n\nfirst\n\nsecond"),
    ]
    assert read("a.md", io.BytesIO(MARKDOWN.encode())).title == "The Book"


CONTAINER = '<?xml version="1.0"?><container><rootfiles><rootfile full-path="O/p.opf"/></rootfiles></container>'
PACKAGE = """<?xml version="1.0"?><package><metadata><dc:title>Tales</dc:title></metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="two%20.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="t/one.xhtml" media-type="application/xhtml+xml"/>
<item id="i" href="i.png" media-type="image/png"/></manifest>
<spine><itemref idref="nav"/><itemref idref="i"/><itemref idref="a"/><itemref idref="b"/></spine></package>"""
ONE = """<?xml version="1.0" encoding="utf-8"?><html><head><title>x</title><style>p {}</style></head><body>
<h1>First <i>tale</i></h1><p>O<b>nc</b>e &amp; for
all.</p><script>bad()</script><p>漢<ruby>字<rt>kanji</rt></ruby></p></body></html>"""


def test_an_epub_is_read_in_the_order_of_its_spine():
    members = {"META-INF/container.xml": CONTAINER, "O/p.opf": PACKAGE, "O/t/one.xhtml": ONE}
    file = zipped({**members, "O/two .xhtml": "<html><body><div>Second<br/>line</div></body></html>", "O/i.png": b"\0"})
    book = read("x.epub", file)
    assert book == Book(
        "Tales", (Chapter("First tale", "First tale\n\nOnce & for all.\n\n漢字"), Chapter("", "Second\n\nline"))
    )


def test_a_zip_holds_texts_in_natural_order_or_upstreams_own_json():
    assert told("a.zip", zipped({"b/10.txt": "Ten", "b/9.md": "# Nine\n\nnine", ".hidden": "x"}).getvalue()) == [
        ("Nine", "Nine\n\nnine"),
        ("10", "Ten"),
    ]
    second = '{"title": "B", "content": "b", "extra": ""}'
    pages = zipped({"2.json": second, "1.json": '{"title": "A", "content": "a"}'})
    assert told("a.zip", pages.getvalue()) == [("A", "a"), ("B", "b")]


def damaged() -> bytes:
    data = bytearray(zipped({"a.txt": "text " * 100}).getvalue())
    data[40] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", b"", "bad_request"),
        ("a", b"", "bad_request"),
        ("a.zip", b"no zip", "bad_request"),
        ("a.zip", damaged(), "bad_request"),
        ("a.zip", zipped({}).getvalue(), "bad_request"),
        ("a.zip", zipped({"a.exe": "x"}).getvalue(), "bad_request"),
        ("a.zip", zipped({"../a.txt": "x"}).getvalue(), "bad_request"),
        ("a.zip", zipped({"/etc/a.txt": "x"}).getvalue(), "bad_request"),
        ("a.zip", zipped({"1.json": "[]"}).getvalue(), "bad_request"),
        ("a.zip", zipped({"1.json": '{"title": "A"}'}).getvalue(), "bad_request"),
        ("a.zip", zipped({f"{each}.txt": b"a" * 700 for each in range(5)}).getvalue(), "text_too_long"),
        ("a.txt", b"a" * 3000, "text_too_long"),
        ("a.epub", zipped({"a.txt": "x"}).getvalue(), "bad_request"),
        ("a.epub", zipped({"META-INF/container.xml": "<container/>"}).getvalue(), "bad_request"),
        ("a.epub", zipped({"META-INF/container.xml": CONTAINER}).getvalue(), "bad_request"),
        ("a.epub", zipped({"META-INF/container.xml": CONTAINER, "O/p.opf": PACKAGE}).getvalue(), "bad_request"),
    ],
)
def test_what_is_no_book_or_too_large_is_refused(monkeypatch, name, data, code):
    for module in ("archive", "reading"):
        monkeypatch.setattr(f"gateway.longform.{module}.LARGEST_TEXT", 2000)
    with pytest.raises(Refused) as refused:
        told(name, data)
    assert refused.value.code == code


def test_a_bomb_is_not_unpacked():
    bomb = zipped({"a.txt": b"\x20" * (archive.LARGEST_TEXT + 1)})
    assert len(bomb.getvalue()) < 100_000
    with pytest.raises(Refused, match="MiB"):
        read("a.zip", bomb)


def test_a_library_that_is_absent_is_named():
    with pytest.raises(Refused, match=r'pip install "voice-gateway\[longform\]"'):
        extra.library("no_such_library", "EPUB")


def test_upstreams_control_syntax_acts_only_where_it_may():
    book = Book("B", (Chapter("", "Wait <#1.5#> (laughs) now."), Chapter("silent", " … ")))
    harmless = spoken(book, TextRules(markdown="raw"), frozenset({"laughs"}))
    assert harmless.chapters == (Chapter("", "Wait [laughs] now."),)
    passed = spoken(book, TextRules(markdown="raw", markup="pass"), frozenset({"laughs"}))
    assert passed.chapters[0].text == "Wait<#1.5#> (laughs) now."


@given(st.text(st.sampled_from("ab .!\n你。")), st.integers(2, 30))
def test_stretches_are_the_text_and_none_is_too_long(text, most):
    found = spans(text, most)
    assert "".join(text[start:end] for start, end in found) == text
    assert all(billable(text[start:end]) <= most for start, end in found)


def test_a_text_is_cut_between_paragraphs_then_sentences_then_words():
    text = "One two. Three four.\nFive."
    assert [text[slice(*span)] for span in spans(text, 21)] == ["One two. Three four.\n", "Five."]
    assert [text[slice(*span)] for span in spans(text, 14)] == ["One two. ", "Three four.\n", "Five."]
    assert [text[slice(*span)] for span in spans(text, 6)] == ["One ", "two. ", "Three ", "four.\n", "Five."]
