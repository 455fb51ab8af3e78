"""The contract of everything that can speak: one request in; sound told to who hears it; `Finished` at the end.

    finished = await upstream.speak(request, hear, valve)

    hear(Traced())      upstream's name for the answer that begins, where it has told one
    hear(Audio())       bytes of request.format, in order, cut anywhere
    hear(Words())       when its words are said, as far as told
    hear(Waiting())     the rate limit is used up; comes again when the place has changed
    hear(Retried())     the request was asked again; audio goes on where it was

`hear` is called from within whatever received the sound, so that a chunk goes from socket to socket in one chain of
calls. It must not block and has no business raising; what it raises all the same, `speak` raises. While `valve` is shut
upstream is not read; what is under way still comes.

`speak` raises `UpstreamError` and nothing else, behind all that was heard; for a truncated answer too. Cancelling it
stops the request. An upstream may be wrapped by another (cache, retry, governor), which hears first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from gateway.protocol.config import Voice
from gateway.upstreams.valve import Valve

Codec = Literal["pcm", "mp3", "flac"]


@dataclass(frozen=True, slots=True)
class Format:
    """The sound asked of upstream. `pcm` is signed 16-bit little-endian, interleaved; `bitrate` for mp3."""

    codec: Codec
    rate: int
    channels: int
    bitrate: int


@dataclass(frozen=True, slots=True)
class Request:
    """One segment to be spoken."""

    text: str
    voice: Voice
    language: str
    """A tag of `gateway.protocol.languages` (`en`, `yue`, …) or `auto`."""
    format: Format
    session: str = ""
    """Whose request it is: sessions share upstream's rate limit fairly."""
    first: bool = False
    """A turn's first segment: somebody waits for its sound, so it goes before others."""
    words: bool = False
    """Whether its words' times are wanted."""


class Audio(NamedTuple):
    data: bytes
    cached: bool = False
    samples: int = 0
    """Per channel, where that is known: then `data` is whole sample groups or frames, without tags."""


class Word(NamedTuple):
    """White space is none. Times count from the start of the request's audio."""

    text: str
    from_ms: float
    to_ms: float


class Words(NamedTuple):
    """All words told so far, in the order of the text: in place of those told before."""

    words: tuple[Word, ...]


class Traced(NamedTuple):
    """By which upstream finds the answer. Each attempt has its own, told before its sound."""

    trace_id: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The request is complete. `billed_characters` as upstream counts; `duration_ms` if it said so."""

    trace_id: str | None
    billed_characters: int
    duration_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """`place` 1 is the next to go; `eta_s` is an estimate."""

    place: int
    eta_s: float


@dataclass(frozen=True, slots=True)
class Retried:
    """The segment is asked again: after an error of `code`, changed or unchanged as `reason` says."""

    code: str
    reason: Literal["again", "without_emotion", "next_upstream"]
    trace_id: str | None = None
    """Of the answer that failed, as far as the error tells it."""


Heard = Audio | Words | Traced | Waiting | Retried
Hear = Callable[[Heard], None]


class Upstream(Protocol):
    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        """Tell `hear` of the sound as it arrives; return when the text has been spoken."""

    async def aclose(self) -> None:
        """Free connections. No `speak` may be running."""


class Noticing:
    """A hearer in front of another, which knows whether audio has come."""

    def __init__(self, hear: Hear) -> None:
        self.begun = False
        self._hear = hear

    def __call__(self, event: Heard) -> None:
        if isinstance(event, Audio):
            self.begun = True
        self._hear(event)
