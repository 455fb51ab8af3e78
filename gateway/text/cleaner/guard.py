"""Upstream's own control syntax is not for the client's text to write.

    <#0.5#>                    a pause        a blank: who wrote it wanted silence, and would hear a number
    (laughs)                   a sound        [laughs]
    处理(chu3)(li3), read(ɹɛd)  pronunciation  处理[chu3][li3], read[ɹɛd]

It looks at what goes out and not at what came in, so that no markup between the letters hides a tag.
With `markup` `pass` the allowed sounds stay and a valid pause becomes a `Pause`.
"""

import re

from gateway.protocol.checks import refuse
from gateway.text.cleaner.output import Output, Piece

INTERJECTIONS = frozenset(
    re.findall(
        r"\S+",
        "laughs chuckle coughs clear-throat groans breath pant inhale exhale gasps sniffs sighs snorts burps"
        " lip-smacking humming hissing emm sneezes whistles crying applause",
    )
)
"""Tags of speech-2.8; the last three stand in some of upstream's pages only."""

_LONGEST = 512
"""Code points of source that a tag and what hides between its letters may take."""
_START = re.compile("[(<]")
_PAUSE = re.compile(r"<#([^#<>]{0,16})#>")
_PAUSE_BEGUN = re.compile(r"<(?:#[^#<>]{0,16}#?)?\Z")
_LONGEST_PAUSE = 20
LEAST_PAUSE_S = 0.01
_SECONDS = re.compile(r"\d{1,2}(?:\.\d{1,2})?")
_SOUND = re.compile(r"\(([A-Za-z-]{1,16})\)")
_SOUND_BEGUN = re.compile(r"\([A-Za-z-]{0,16}\Z")
_PHONES = "a-zü:ɐ-˿\u0300-\u036fæçðøŋœθβχãõˈˌ.'/ 1-6-"
_PHONETIC = re.compile(rf"\(([{_PHONES}]{{1,40}})\)")
_PHONETIC_BEGUN = re.compile(rf"\([{_PHONES}]{{0,40}}\Z")
_SYLLABLES = re.compile(r"(?:[a-zü:']{1,7}[1-6] ?)+")
_IPA = re.compile(r".*[ɐ-˿\u0300-\u036fæðøŋœθβχ]|/.*/\Z")
_BRACKETS = str.maketrans("()", "[]")


def check_pauses(text: str, before: str) -> None:
    """Whether each pause that this text writes, or ends, is one that acts. Raises `Refused`."""
    tail = before[-_LONGEST_PAUSE:]
    for found in _PAUSE.finditer(tail + text):
        if found.end() > len(tail) and not _acts(found[1]):
            raise refuse("text", "written with pauses from <#0.01#> to <#99.99#>, of two decimals at most")


def _acts(seconds: str) -> bool:
    return _SECONDS.fullmatch(seconds) is not None and float(seconds) >= LEAST_PAUSE_S


class Guard:
    """In front of the output; holds what may yet turn out to be a tag."""

    def __init__(self, output: Output, *, passes: bool, tags: frozenset[str]) -> None:
        self._output = output
        self._passes = passes
        self._allowed = tags if passes else frozenset[str]()
        self._tags = tags
        self._held: list[Piece] = []
        self._before = "\n"
        self._pronounced = False
        """What was given last is a pronunciation; another may follow."""

    @property
    def since(self) -> int | None:
        """Where in the source the held text begins."""
        return self._held[0].start if self._held else None

    def put(self, piece: Piece) -> None:
        if not self._held:
            found = _START.search(piece.text)
            if found is None:
                self._pass(piece)
                return
            head, piece = _parted(piece, found.start())
            if head.text:
                self._pass(head)
        self._held.append(piece)
        self._decide(final=piece.text == "\n")

    def reach(self, position: int) -> None:
        """The source is read up to here."""
        if self._held and position - self._held[0].start > _LONGEST:
            self._give_up()
            self._decide(final=False)

    def flush(self) -> None:
        self._decide(final=True)

    def _decide(self, *, final: bool) -> None:
        while self._held:
            text = "".join(piece.text for piece in self._held)
            if not (self._pause(text) if text[0] == "<" else self._parenthesis(text)):
                if not final and self._begun(text):
                    return
                self._give_up(control=text.startswith("<#"))
            self._pass_plain()

    def _begun(self, text: str) -> bool:
        if text[0] == "<":
            return _PAUSE_BEGUN.match(text) is not None
        return _SOUND_BEGUN.match(text) is not None or (self._after_word() and _PHONETIC_BEGUN.match(text) is not None)

    def _pause(self, text: str) -> bool:
        found = _PAUSE.match(text)
        if found is None or not self._near(found.end()):
            return False
        pieces = self._release(found.end())
        self._output.drop()
        self._pass(Piece(" ", pieces[0].start, pieces[-1].end, copied=False))
        if self._passes and _acts(found[1]):
            self._output.pause(round(float(found[1]) * 1000))
        return True

    def _parenthesis(self, text: str) -> bool:
        found = _SOUND.match(text)
        if found is not None and self._is_sound(found[1].lower()) and self._near(found.end()):
            self._give(self._release(found.end()), control=found[1] not in self._allowed)
            return True
        found = _PHONETIC.match(text) if self._after_word() else None
        if found is None or not (_SYLLABLES.fullmatch(found[1]) or _IPA.match(found[1])) or not self._near(found.end()):
            return False
        self._give(self._release(found.end()), control=True)
        self._pronounced = True
        return True

    def _is_sound(self, tag: str) -> bool:
        return tag in INTERJECTIONS or tag in self._tags

    def _after_word(self) -> bool:
        return self._before.isalnum() or self._pronounced

    def _near(self, length: int) -> bool:
        """The first `length` held code points stand close together in the source."""
        for piece in self._held:
            if length <= len(piece.text):
                end = piece.start + length if piece.copied else piece.end
                return end - self._held[0].start <= _LONGEST
            length -= len(piece.text)
        return False

    def _give_up(self, *, control: bool = True) -> None:
        """The first code point is no tag's, or may be one's that has not ended: then it is made harmless."""
        pieces = self._release(1)
        if pieces[0].text == "(":
            self._give(pieces, control=control)
        elif not control:
            self._pass(pieces[0])

    def _pass_plain(self) -> None:
        """Up to the next place where a tag may begin."""
        while self._held:
            piece = self._held.pop(0)
            found = _START.search(piece.text)
            if found is None:
                self._pass(piece)
                continue
            head, rest = _parted(piece, found.start())
            if head.text:
                self._pass(head)
            self._held.insert(0, rest)
            return

    def _release(self, length: int) -> list[Piece]:
        pieces = []
        while length:
            head, rest = _parted(self._held.pop(0), length)
            pieces.append(head)
            length -= len(head.text)
            if rest.text:
                self._held.insert(0, rest)
        return pieces

    def _give(self, pieces: list[Piece], *, control: bool) -> None:
        for piece in pieces:
            self._pass(piece._replace(text=piece.text.translate(_BRACKETS)) if control else piece)

    def _pass(self, piece: Piece) -> None:
        if piece.text[0] == " " and len(piece.text) > 1:
            blank, piece = _parted(piece, 1)
            self._output.put(blank)
        self._before = piece.text[-1]
        self._pronounced = False
        self._output.put(piece)


def _parted(piece: Piece, at: int) -> tuple[Piece, Piece]:
    if at >= len(piece.text):
        return piece, Piece("", piece.end, piece.end, piece.copied)
    middle = piece.start + at
    if piece.copied:
        return Piece(piece.text[:at], piece.start, middle, True), Piece(piece.text[at:], middle, piece.end, True)
    return piece._replace(text=piece.text[:at]), piece._replace(text=piece.text[at:])
