"""What a sample is, by its content, whatever it is called: read by libav to its end, or as far as it may be long."""

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from typing import IO, Any, Literal

from gateway.audio.libav import installed
from gateway.errors import Refused
from gateway.protocol.checks import refuse
from gateway.voices.rules import PROMPT_S, SAMPLE_BYTES, SAMPLE_S

Form = Literal["mp3", "m4a", "wav"]
_DEMUXERS: dict[str, Form] = {"mp3": "mp3", "mov": "m4a", "wav": "wav"}
"""By the first of its names: libav has one for all of MPEG-4's."""
BEYOND_S = 1.0
"""A sample that is too long is read no further."""


@dataclass(frozen=True, slots=True)
class Sample:
    form: Form
    seconds: float


def probe(file: IO[bytes], field: str, longest_s: float) -> Sample:
    """Blocks for as long as decoding takes, 2 ms a second of sound at most. Raises `Refused`."""
    if not installed():
        raise Refused("unsupported_audio", 'Samples are checked with libav: pip install "voice-gateway[codecs]".')
    with _opened(file, field) as container:
        form = _DEMUXERS[container.format.name.partition(",")[0]]
        pictures = [stream for stream in container.streams.video if not _attached(stream)]
        if not container.streams.audio or pictures:
            raise _unknown(field)
        return Sample(form, _seconds(container, container.streams.audio[0], longest_s))


def check_sample(sample: Sample, field: str) -> None:
    shortest, longest = SAMPLE_S
    if not shortest <= sample.seconds <= longest:
        raise refuse(field, f"from {shortest:g} s to {longest / 60:g} min long", _told(sample, longest))


def check_prompt(sample: Sample, field: str) -> None:
    if not 0 < sample.seconds < PROMPT_S:
        raise refuse(field, f"shorter than {PROMPT_S:g} s", _told(sample, PROMPT_S))


def _told(sample: Sample, longest: float) -> str:
    """Of one that was read to its end."""
    return f"; it is {sample.seconds:.1f} s." if sample.seconds <= longest + BEYOND_S else ""


def check_size(size: int, field: str) -> None:
    if not 0 < size <= SAMPLE_BYTES:
        raise refuse(field, f"a file of at most {SAMPLE_BYTES // 1_000_000} MB, and not empty")


@contextlib.contextmanager
def _opened(file: IO[bytes], field: str) -> Generator[Any, None, None]:
    """Only the three formats: others may name files of this machine, or hosts, for libav to open."""
    import av

    options = {"format_whitelist": ",".join(_DEMUXERS), "protocol_whitelist": ""}
    try:
        with av.open(file, mode="r", options=options) as container:
            yield container
    except av.FFmpegError:
        raise _unknown(field) from None


def _attached(stream: Any) -> bool:
    """A cover is no film."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def _seconds(container: Any, stream: Any, longest_s: float) -> float:
    """Decoded, since headers may say anything. What cannot be decoded does not sound."""
    import av

    seconds = 0.0
    for packet in container.demux(stream):
        try:
            seconds += sum(frame.samples / frame.sample_rate for frame in packet.decode())
        except av.FFmpegError:
            continue
        if seconds > longest_s + BEYOND_S:
            break
    return seconds


def _unknown(field: str) -> Refused:
    return refuse(field, "an mp3, m4a or wav file")
