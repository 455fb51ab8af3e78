"""Upstream's subtitles → the words of one request on one clock. Pure.

    {"text":"Hi there.","time_begin":0,"time_end":910,"text_begin":0,"text_end":9,
     "timestamped_words":[{"word":"Hi","word_begin":0,"word_end":2,"time_begin":0,"time_end":420},…]}

White space is an entry of its own, by itself or as `[SPACE]`. A word that comes twice, with the same place, is one: it
was cut by a frame's end. Times count from the request's start, or from their own sentence's, which shows when they go
back. `timestamped_words` may be null. Any other oddity costs words, never the sound.
"""

from typing import Any

from gateway.upstreams.base import Word

_SPACE = "[SPACE]"


class Subtitles:
    """What one request was told so far."""

    def __init__(self) -> None:
        self._words: list[Word] = []
        self._place: tuple[Any, ...] | None = None
        """Sentence, begin and end of the last word."""
        self._sentence: tuple[Any, Any] | None = None
        self._base_ms = 0.0
        self._sentence_end_ms = 0.0

    def add(self, subtitle: dict[str, Any]) -> tuple[Word, ...] | None:
        """All words so far; None when this told none."""
        entries = subtitle.get("timestamped_words")
        if not isinstance(entries, list):
            return None
        told = [entry for entry in map(_entry, entries) if entry is not None]
        self._follow(subtitle, told)
        for word, place in told:
            self._put(word, (self._sentence, *place))
        return tuple(self._words) if told else None

    def _follow(self, subtitle: dict[str, Any], told: list[tuple[Word, tuple[Any, Any]]]) -> None:
        """Another sentence whose times begin before the last one's end counts from itself."""
        sentence = (subtitle.get("text_begin"), subtitle.get("text"))
        if sentence != self._sentence:
            self._sentence = sentence
            before = self._words[-1].to_ms if self._words else 0.0
            if told and told[0][0].from_ms < before:
                self._base_ms = max(before, self._sentence_end_ms)
        end = _ms(subtitle.get("time_end"))
        if end is not None:
            self._sentence_end_ms = max(self._sentence_end_ms, self._base_ms + end)

    def _put(self, word: Word, place: tuple[Any, ...]) -> None:
        from_ms, to_ms = word.from_ms + self._base_ms, word.to_ms + self._base_ms
        if self._words and place == self._place:
            last = self._words[-1]
            self._words[-1] = Word(last.text, min(last.from_ms, from_ms), max(last.to_ms, to_ms))
        else:
            self._words.append(Word(word.text, from_ms, to_ms))
        self._place = place


def _entry(entry: Any) -> tuple[Word, tuple[Any, Any]] | None:
    if not isinstance(entry, dict):
        return None
    text, from_ms, to_ms = entry.get("word"), _ms(entry.get("time_begin")), _ms(entry.get("time_end"))
    if not isinstance(text, str) or not text.strip() or text == _SPACE or from_ms is None or to_ms is None:
        return None
    return Word(text.strip(), from_ms, max(from_ms, to_ms)), (entry.get("word_begin"), entry.get("word_end"))


def _ms(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None
