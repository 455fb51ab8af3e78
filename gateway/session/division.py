"""Who says a turn's lines: each is divided into segments of one voice and one language.

With `language: auto` the text tells its languages. Neighbouring runs that the same voice says stay together, and are
left to upstream's own judgement where their languages differ; a language with a voice of its own parts the line.
"""

from collections import deque
from dataclasses import dataclass, replace

from gateway.protocol.config import Cast, Config, cast_for
from gateway.protocol.languages import AUTO
from gateway.text.languages import Linguist, Run
from gateway.text.script import Line, Manner
from gateway.upstreams.t2a.offer import native
from gateway.upstreams.t2a.parameters import fitted


@dataclass(frozen=True, slots=True)
class Segment:
    """`text` is `line.text[begin:]` up to its length."""

    text: str
    begin: int
    line: Line
    cast: Cast
    language: str
    config: Config
    """What holds for it."""
    lacking: str | None = None
    """The model that was asked for and does not speak the language."""

    @property
    def span(self) -> tuple[int, int]:
        """In the source."""
        return self.line.span(self.begin, self.begin + len(self.text))

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Of `text[start:end]` in the source."""
        return self.line.span(self.begin + start, self.begin + end)

    def offset(self, source: int) -> int:
        """The place in `text` where this place of the source is, or the nearest."""
        return min(max(0, self.line.offset(source) - self.begin), len(self.text))


class Division:
    """One turn's. `before`: the language that was spoken before it."""

    def __init__(self, before: str | None) -> None:
        self._before = before
        self._linguist: Linguist | None = None
        self._line: Line | None = None
        self._runs: deque[Run] = deque()
        """What of the line is still to be said."""

    @property
    def language(self) -> str | None:
        """What was heard last, or before the turn."""
        return self._linguist.language if self._linguist else self._before

    @property
    def held(self) -> int:
        return self._runs[-1].end - self._runs[0].start if self._runs else 0

    def pending_before(self, offset: int) -> bool:
        """The rest of the line begins before this place of the source."""
        if self._line is None or not self._runs:
            return False
        return self._line.span(self._runs[0].start, self._runs[0].end)[0] < offset

    @property
    def manner(self) -> Manner | None:
        """Of the line that is being divided."""
        return self._line.manner if self._line and self._runs else None

    def put(self, line: Line, config: Config) -> None:
        self._line = line
        if config.language != AUTO:
            self._runs.append(Run(0, len(line.text), config.language))
            return
        if self._linguist is None:
            own = native(cast_for(config, AUTO).voice.voice_id)
            expected = {*config.voices, own} if config.voices and own else config.voices
            self._linguist = Linguist(expected, self._before)
        self._runs += self._linguist.runs(line.text)

    def take(self, config: Config) -> Segment | None:
        """The next segment, as the settings are now."""
        line = self._line
        if line is None or not self._runs:
            return None
        first = last = self._runs.popleft()
        cast = _cast(config, first)
        languages = {first.language}
        while self._runs and _cast(config, self._runs[0]) == cast:
            last = self._runs.popleft()
            languages.add(last.language)
        language = first.language if len(languages) == 1 else AUTO
        if config.language != AUTO:
            language = config.language
        return _able(Segment(line.text[first.start : last.end], first.start, line, cast, language, config))


def _cast(config: Config, run: Run) -> Cast:
    return cast_for(config, run.language if config.language == AUTO else config.language)


def _able(segment: Segment) -> Segment:
    """With a model that speaks the language, and with what goes with it."""
    voice = segment.cast.voice
    able = fitted(voice, segment.language)
    if able is voice:
        return segment
    lacking = voice.model if able.model != voice.model else None
    return replace(segment, cast=replace(segment.cast, voice=able), lacking=lacking)
