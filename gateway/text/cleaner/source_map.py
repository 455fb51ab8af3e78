"""Where every cleaned code point stands in the text as the client sent it.

source    **Hi** &amp; bye      cleaned    Hi & bye
runs      cleaned 0–2 ← 2–4 copied · 2–3 ← 6–7 copied · 3–4 ← 7–12 replaced · 4–8 ← 12–16 copied
"""

from bisect import bisect_right


class SourceMap:
    def __init__(self) -> None:
        self._at: list[int] = []
        """Where each run begins in the cleaned text."""
        self._from: list[int] = []
        self._to: list[int] = []
        self._copied: list[bool] = []
        """Letter by letter; else all letters of the run stand for all of [from, to)."""
        self._length = 0

    def add(self, length: int, start: int, end: int, *, copied: bool) -> None:
        """The next `length` code points come from [start, end); an empty span is an insertion."""
        if copied and self._copied and self._copied[-1] and self._to[-1] == start:
            self._to[-1] = end
        else:
            self._at.append(self._length)
            self._from.append(start)
            self._to.append(end)
            self._copied.append(copied)
        self._length += length

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Cleaned [start, end) → source [from, to); markup at its edges stays outside."""
        if start >= end:
            place = self._place(start)[0] if start < self._length else self._to[-1] if self._to else 0
            return place, place
        return self._place(start)[0], self._place(end - 1)[1]

    def cleaned(self, source: int) -> int:
        """How many cleaned code points come from source before this place."""
        run = bisect_right(self._to, source)
        if run == len(self._to):
            return self._length
        return self._at[run] + (max(0, source - self._from[run]) if self._copied[run] else 0)

    def _place(self, at: int) -> tuple[int, int]:
        run = bisect_right(self._at, at) - 1
        if not self._copied[run]:
            return self._from[run], self._to[run]
        start = self._from[run] + at - self._at[run]
        return start, start + 1
