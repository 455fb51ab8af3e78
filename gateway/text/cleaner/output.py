"""What is decided, on its way out: white space is folded, the source map written."""

from dataclasses import dataclass
from typing import NamedTuple

from gateway.text.cleaner.source_map import SourceMap

_GLUE = frozenset("\u00a0\u2007\u202f")
_SPACE = _GLUE | {" "}
_CLOSING = frozenset(".,;:!?…)]}”’»。，、；：！？）」』।॥؟،؛۔")
_ENDS = frozenset(".!?…。！？।؟۔")
_MARKS = frozenset('.,;:!?…)]}"”’»।؟،؛۔')
_WIDE_MARKS = frozenset("。，、；：！？）」』】》")
_QUOTES = " \"')]}”’»」』）"


@dataclass(frozen=True, slots=True)
class Pause:
    """Stands beside the text that is spoken."""

    ms: int


class Piece(NamedTuple):
    r"""Some cleaned text and the source it stands for. White space is a piece of its own: `" "`, a glue, or `"\n"`."""

    text: str
    start: int
    end: int
    copied: bool


class Output:
    """A line break is given at once and swallows the white space around it; a blank waits for the word after it.

    After a mark the blank is given at once too, because a segmenter waits for it there.
    """

    def __init__(self) -> None:
        self.map = SourceMap()
        self._given: list[str | Pause] = []
        self._words: list[str] = []
        self._tail = "\n"
        """The last few code points given."""
        self._blank: Piece | None = None
        self._gap = False
        """Something was left out since the last word."""

    @property
    def last(self) -> str:
        return self._tail[-1]

    @property
    def last_word(self) -> str:
        """The last code point that is no blank."""
        return self._tail.rstrip(" ")[-1:]

    @property
    def between_sentences(self) -> bool:
        return self.last == "\n" or self._tail.rstrip(_QUOTES)[-1:] in _ENDS

    def put(self, piece: Piece) -> None:
        if piece.text == "\n":
            self._break(piece)
        elif piece.text in _SPACE:
            self._rest(piece)
        else:
            self._say(piece)

    def drop(self) -> None:
        self._gap = True

    def pause(self, ms: int) -> None:
        self._close()
        self._given.append(Pause(ms))

    def take(self) -> list[str | Pause]:
        self._close()
        given, self._given = self._given, []
        return given

    def _say(self, piece: Piece) -> None:
        blank, self._blank = self._blank, None
        if blank is not None and not (self._gap and piece.text[0] in _CLOSING):
            self._give(blank)
        self._gap = False
        self._give(piece)

    def _rest(self, piece: Piece) -> None:
        if self.last == "\n" or self.last in _SPACE or (self.last in _WIDE_MARKS and self._gap):
            return
        if self._blank is not None:
            copied = self._blank.copied and self._blank.text == " "
            self._blank = self._blank._replace(text=" ", copied=copied)
        elif piece.text == " " and self.last in _MARKS:
            self._give(piece)
        else:
            self._blank = piece

    def _break(self, piece: Piece) -> None:
        self._blank = None
        if self.last != "\n":
            self._give(piece)

    def _give(self, piece: Piece) -> None:
        self._words.append(piece.text)
        self._tail = piece.text[-8:] if len(piece.text) > 7 else (self._tail + piece.text)[-8:]
        self.map.add(len(piece.text), piece.start, piece.end, copied=piece.copied)

    def _close(self) -> None:
        if self._words:
            self._given.append("".join(self._words))
            self._words = []
