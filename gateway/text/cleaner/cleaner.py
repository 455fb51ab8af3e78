"""Streamed text → what a voice says of it.

    feed("**Hi") → ["Hi"]    feed("** there") → [" there"]

Text is read once, from left to right, by rules that each know one kind of mark (`scan.py`). Plain words flow through
letter by letter; what may yet turn out to be a mark is held until that is decided, `LIMIT` code points at most.

    at the beginning of a line   blocks, code
    within it                    emphasis, links, maths, tags        by their first character
    everywhere                   flow: blanks, hidden characters, emoji, addresses
    on its way out               guard (upstream's control syntax) → output (white space, source map)
"""

from gateway.protocol.config import TextRules
from gateway.text.cleaner import blocks, code, emphasis, links, maths, tags
from gateway.text.cleaner.blocks import opening
from gateway.text.cleaner.characters import NEWLINES
from gateway.text.cleaner.flow import Marks, flow, verbatim
from gateway.text.cleaner.guard import Guard
from gateway.text.cleaner.output import Output, Pause
from gateway.text.cleaner.scan import NO, WAIT, Scan
from gateway.text.cleaner.source_map import SourceMap

_PLAIN = Marks(
    {
        "#": blocks.heading_end,
        "|": blocks.bar,
        "`": code.ticks,
        "*": emphasis.asterisks,
        "_": emphasis.underscores,
        "~": emphasis.tildes,
        "!": links.image,
        "[": links.bracket,
        "【": links.citation,
        "$": maths.dollar,
        "\\": maths.backslash,
        "<": tags.angle,
        "&": tags.entity,
    }
)
_DEFAULT = TextRules()
_RAW = Marks({"<": tags.thought})


class Cleaner:
    """One turn's text."""

    def __init__(self, rules: TextRules = _DEFAULT, tags: frozenset[str] = frozenset()) -> None:
        """`tags`: upstream's interjections that may pass where the rules let markup pass; others are made harmless."""
        self._output = Output()
        self._guard = Guard(self._output, passes=rules.markup == "pass", tags=tags)
        self._scan = Scan(rules, self._output, self._guard)
        self._marked = rules.markdown != "raw"
        self.map: SourceMap = self._output.map

    @property
    def held(self) -> int:
        """Code points of source that are not decided."""
        return self._scan.fed - self._scan.decided

    def feed(self, text: str) -> list[str | Pause]:
        """What is decided by now, in order; never an empty string."""
        self._scan.feed(text)
        self._run()
        return self._output.take()

    def settle(self) -> list[str | Pause]:
        """A flush or commit: decide about all that is held, as it stands. Feeding may go on after it."""
        self._scan.final = True
        self._run()
        self._scan.final = False
        self._guard.flush()
        return self._output.take()

    def _run(self) -> None:
        scan = self._scan
        while scan.at < len(scan.text):
            taken = self._step(scan)
            if taken == WAIT:
                return
            scan.advance(taken)

    def _step(self, scan: Scan) -> int:
        if scan.mode is not None:
            return scan.mode(scan)
        end = scan.closers.pop(scan.position, None) if scan.closers else None
        if end is not None:
            return scan.drop(end - scan.position)
        if scan.position < scan.plain_until:
            return verbatim(scan, scan.at + scan.plain_until - scan.position)
        if self._marked and scan.line.fresh and (taken := self._open(scan)) != NO:
            return taken
        return flow(scan, scan.stop, _PLAIN if self._marked else _RAW)

    def _open(self, scan: Scan) -> int:
        taken = opening(scan)
        if taken == WAIT and scan.final:
            taken = NO
        if taken == NO and scan.ahead(0) not in NEWLINES:
            scan.line.fresh = False
        return taken
