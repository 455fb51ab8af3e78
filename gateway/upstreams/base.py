"""The contract of everything that can speak: one request in, audio out, one `Finished`.

    async for event in upstream.speak(request):
        match event:
            case Audio(): ...       # bytes of request.format, in order, cut anywhere
        case Words(): ...       # when its words are said, as far as told
            case Waiting(): ...     # the rate limit is used up; comes again when the place has changed
            case Retried(): ...     # the request was asked again; audio goes on where it was
            case Finished(): ...    # exactly one, last: without it the answer was truncated

`speak` raises `UpstreamError` and nothing else, also for a truncated answer. Closing the iterator
(`aclosing`) stops the request. An upstream may be wrapped by another (cache, retry, governor); each layer
closes the inner iterator.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from gateway.protocol.config import Voice

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


class Word(NamedTuple):
    """White space is none. Times count from the start of the request's audio."""

    text: str
    from_ms: float
    to_ms: float


class Words(NamedTuple):
    """All words told so far, in the order of the text: in place of those told before."""

    words: tuple[Word, ...]


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


Spoken = Audio | Words | Waiting | Retried | Finished


class Upstream(Protocol):
    def speak(self, request: Request) -> AsyncGenerator[Spoken, None]:
        """Yield audio as it arrives; end when the text has been spoken."""

    async def aclose(self) -> None:
        """Free connections. No `speak` may be running."""
