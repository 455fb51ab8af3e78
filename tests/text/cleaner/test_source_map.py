import pytest

from gateway.text.cleaner import Cleaner, SourceMap


def test_copied_letters_replaced_ones_and_insertions():
    places = SourceMap()
    places.add(2, 2, 4, copied=True)
    places.add(1, 6, 7, copied=True)
    places.add(3, 7, 12, copied=False)
    places.add(1, 12, 12, copied=False)
    assert [places.span(at, at + 1) for at in range(7)] == [(2, 3), (3, 4), (6, 7), (7, 12), (7, 12), (7, 12), (12, 12)]
    assert places.span(1, 4) == (3, 12)
    assert [places.cleaned(source) for source in range(13)] == [0, 0, 0, 1, 2, 2, 2, 3, 3, 3, 3, 3, 7]


@pytest.mark.parametrize(("at", "span"), [(0, (2, 2)), (1, (3, 3)), (2, (4, 4)), (9, (4, 4))])
def test_an_empty_span_has_a_place(at: int, span: tuple[int, int]):
    places = SourceMap()
    places.add(2, 2, 4, copied=True)
    assert places.span(at, at) == span


def test_an_empty_map_has_only_its_beginning():
    assert SourceMap().span(0, 0) == (0, 0)
    assert SourceMap().cleaned(5) == 0


def test_a_span_is_tight():
    cleaner = Cleaner()
    text = "## **Hi** [there](http://x.y) ##\n&amp; bye"
    assert cleaner.feed(text) + cleaner.settle() == ["Hi there\n& bye"]
    assert [text[slice(*cleaner.map.span(*span))] for span in ((0, 2), (3, 8), (9, 10), (0, 8))] == [
        "Hi",
        "there",
        "&amp;",
        "Hi** [there",
    ]


def test_plain_text_is_one_run():
    cleaner = Cleaner()
    for character in "The quick brown fox, he said, jumps. " * 50:
        cleaner.feed(character)
    assert len(cleaner.map._at) == 1
