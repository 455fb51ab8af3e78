"""Subtitles of one answer: words in segments of at most 50 characters, and the JSON they go out as.

    segment   {text, pronounce_text, time_begin, time_end, text_begin … , is_final_segment, timestamped_words}
    word      {word, word_begin, word_end, pronounce_word, …, time_begin, time_end}

Positions count code points of the request's text, and of the reading for `pronounce_…`; times are ms from the answer's
first sample as it is decoded. A segment lasts from the end of the one before it to the end of its sound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.emulator.habits import Habits
from gateway.emulator.markup import Reading, pause_marks
from gateway.emulator.order import Subtitle
from gateway.emulator.sound import Said, Sound
from gateway.emulator.words import timed, tokens

LONGEST_SEGMENT = 50
SPACE = "[SPACE]"


@dataclass(frozen=True, slots=True)
class Word:
    """Its places in the request's text and in the reading, and its time in ms."""

    begin: int
    end: int
    said_begin: int
    said_end: int
    from_ms: float
    to_ms: float


@dataclass(slots=True)
class Segment:
    begin_ms: float
    end_ms: float = 0.0
    words: list[Word] = field(default_factory=list)
    closed: bool = False
    """No more words come."""


class Subtitles:
    def __init__(self, reading: Reading, kind: Subtitle, habits: Habits) -> None:
        self._reading, self._kind, self._habits = reading, kind, habits
        self._marks = [] if habits.pause_marks_counted else pause_marks(reading.source)
        self._segments: list[Segment] = []
        self._sent = 0
        """Segments that have gone out inline, and words of the next one."""
        self._sent_words = 0
        self._current: Segment | None = None
        """The one of which something went out last."""

    def add(self, sound: Sound, at_ms: float) -> None:
        """A sound that begins at `at_ms`."""
        said = sound.said
        if said is None:
            return
        for word in self._words(said, sound.rate, at_ms):
            self._append(word)
        if said.last:
            self._close(at_ms + 1000 * sound.seconds)

    def file(self) -> list[dict[str, Any]]:
        return [self._whole(segment) for segment in self._segments]

    def next(self, until_ms: float) -> dict[str, Any] | None:
        """One more to go out inline with the audio up to `until_ms`, if there is one."""
        if self._kind == "word_streaming":
            return self._piece(until_ms)
        if self._sent == len(self._segments):
            return None
        segment = self._segments[self._sent]
        if not segment.closed or segment.begin_ms >= until_ms:
            return None
        self._sent += 1
        self._current = segment
        return self._whole(segment)

    def without_words(self) -> dict[str, Any] | None:
        """What a frame may carry for which there is nothing new: the segment that is going on."""
        return {**self._whole(self._current), "timestamped_words": None} if self._current else None

    def _words(self, said: Said, rate: int, at_ms: float) -> Iterator[Word]:
        """Of what was replaced, the words that stand for one place are one."""
        found = list(tokens(self._reading.text, said.begin, said.end))
        held: Word | None = None
        for token, span in zip(found, timed(found, said.anchors, said.heard), strict=True):
            place = self._reading.origin(token.begin, token.end)
            times = (at_ms + 1000 * edge / rate for edge in (span.begin, span.end))
            word = Word(*place, token.begin, token.end, *times)
            if held and word.begin < held.end:
                word = Word(held.begin, max(held.end, word.end), held.said_begin, token.end, held.from_ms, word.to_ms)
            elif held:
                yield held
            held = word
        if held:
            yield held

    def _append(self, word: Word) -> None:
        last = self._segments[-1] if self._segments else None
        if last and not last.closed and last.words and word.end - last.words[0].begin > LONGEST_SEGMENT:
            self._close(word.from_ms)
        if not self._segments or self._segments[-1].closed:
            if self._blank(word):
                return
            self._segments.append(Segment(self._segments[-1].end_ms if self._segments else 0.0))
        self._segments[-1].words.append(word)

    def _close(self, end_ms: float) -> None:
        if not self._segments or self._segments[-1].closed:
            return
        segment = self._segments[-1]
        while self._blank(segment.words[-1]):
            segment.words.pop()
        segment.end_ms, segment.closed = end_ms, True

    def _blank(self, word: Word) -> bool:
        return self._reading.source[word.begin : word.end].isspace()

    def _piece(self, until_ms: float) -> dict[str, Any] | None:
        """The words of one segment that begin before `until_ms` and have not gone out."""
        while self._sent < len(self._segments):
            segment = self._segments[self._sent]
            due = list(self._due(segment, until_ms))
            final = segment.closed and self._sent_words >= len(segment.words)
            if final:
                self._sent, self._sent_words = self._sent + 1, 0
            if due:
                self._current = segment
                end_ms = segment.end_ms if final else due[-1].to_ms
                return self._object(segment, due, due[0].from_ms, end_ms, final=final)
            if not final:
                return None
        return None

    def _due(self, segment: Segment, until_ms: float) -> Iterator[Word]:
        while self._sent_words < len(segment.words) and segment.words[self._sent_words].from_ms < until_ms:
            word = segment.words[self._sent_words]
            if self._habits.split_words and word.to_ms > until_ms:
                segment.words[self._sent_words] = replace(word, from_ms=until_ms)
                yield replace(word, to_ms=until_ms)
            else:
                self._sent_words += 1
                yield word

    def _whole(self, segment: Segment) -> dict[str, Any]:
        return self._object(segment, segment.words, segment.begin_ms, segment.end_ms, final=segment.closed)

    def _object(
        self, segment: Segment, words: Sequence[Word], begin_ms: float, end_ms: float, *, final: bool
    ) -> dict[str, Any]:
        first, last = words[0], words[-1]
        since = segment.begin_ms if self._habits.subtitle_times == "segment" else 0.0
        entries = [entry for word in words for entry in self._entries(word, since)]
        return {
            "text": self._reading.source[first.begin : last.end],
            "pronounce_text": self._reading.text[first.said_begin : last.said_end],
            "time_begin": begin_ms - since,
            "time_end": end_ms - since,
            **self._places("text", first, last),
            "is_final_segment": final,
            **({} if self._kind == "sentence" else {"timestamped_words": entries}),
        }

    def _entries(self, word: Word, since: float) -> Iterator[dict[str, Any]]:
        text = self._reading.source[word.begin : word.end]
        pieces = max(1, min(self._habits.word_pieces, word.said_end - word.said_begin))
        long, lasts = word.said_end - word.said_begin, word.to_ms - word.from_ms
        for piece in range(pieces):
            begin, end = (word.said_begin + long * part // pieces for part in (piece, piece + 1))
            from_ms, to_ms = (word.from_ms + lasts * part / pieces for part in (piece, piece + 1))
            part = replace(word, said_begin=begin, said_end=end)
            yield {
                "word": SPACE if text.isspace() and self._habits.space_as_mark else text,
                **self._places("word", part, part),
                "time_begin": from_ms - since,
                "time_end": to_ms - since,
            }

    def _places(self, name: str, first: Word, last: Word) -> dict[str, Any]:
        said = {"pronounce_word": self._reading.text[first.said_begin : last.said_end]} if name == "word" else {}
        return {
            f"{name}_begin": self._counted(first.begin),
            f"{name}_end": self._counted(last.end),
            **said,
            f"pronounce_{name}_begin": first.said_begin,
            f"pronounce_{name}_end": last.said_end,
        }

    def _counted(self, position: int) -> int:
        return position - sum(end - begin for begin, end in self._marks if end <= position)
