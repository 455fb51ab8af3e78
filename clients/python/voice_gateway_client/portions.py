"""A text that may be longer, or slower, than one turn may be."""

import asyncio
from collections.abc import AsyncIterator

FULL = 8000
"""After so many characters a text goes on in another turn at the next line."""
LONGEST = 10_000
"""Characters a turn takes."""
QUIET_S = 20.0
"""A source that brings nothing for this long ends the turn, before the gateway does (60 s); more begins another."""


async def turns(pieces: AsyncIterator[str]) -> AsyncIterator[AsyncIterator[str]]:
    """A text of any length and pace as turns that the gateway takes; each is to be read to its end."""
    cutter = _Cutter(pieces)
    while await cutter.more():
        yield cutter.turn()


class _Cutter:
    def __init__(self, pieces: AsyncIterator[str]) -> None:
        self._pieces = pieces
        self._held = ""
        self._coming: asyncio.Task[str | None] | None = None

    async def more(self) -> bool:
        self._held = await self._next(None) or ""
        return bool(self._held)

    async def turn(self) -> AsyncIterator[str]:
        length = 0
        while piece := await self._next(QUIET_S):
            end = _border(piece, length)
            if end:
                yield piece[:end]
            length += end
            self._held = piece[end:]
            if self._held:
                return

    async def _next(self, patience_s: float | None) -> str | None:
        """None at the end, or when nothing came in time."""
        if self._held:
            piece, self._held = self._held, ""
            return piece
        if self._coming is None:
            self._coming = asyncio.ensure_future(_skip_empty(self._pieces))
        await asyncio.wait({self._coming}, timeout=patience_s)
        if not self._coming.done():
            return None
        coming, self._coming = self._coming, None
        return coming.result()


async def _skip_empty(pieces: AsyncIterator[str]) -> str | None:
    while (piece := await anext(pieces, None)) == "":
        pass
    return piece


def _border(piece: str, before: int) -> int:
    """How much of the piece still belongs to a turn that has `before` characters."""
    if before + len(piece) <= FULL:
        return len(piece)
    line_end = piece.find("\n", max(0, FULL - before), LONGEST - before) + 1
    if line_end or before + len(piece) <= LONGEST:
        return line_end or len(piece)
    return (piece.rfind(" ", 0, LONGEST - before) + 1) or LONGEST - before
