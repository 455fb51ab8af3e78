"""A turn's payloads as one file that common players open."""

import struct
from collections.abc import Sequence

from gateway.audio.ogg import MOST_LACED, Stream, laced
from gateway.audio.opus import CLOCK, PRE_SKIP, USUAL_FRAME_MS
from gateway.audio.wav import HEADER_BYTES, header
from gateway.errors import Refused
from gateway.protocol.config import Audio

_MULAW = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
_WAVE_FORMAT_MULAW = 7


def file(audio: Audio, segments: Sequence[Sequence[bytes]]) -> tuple[str, bytes]:
    """The MIME type and the bytes, of each segment's payloads. Raises `Refused` where several segments do not make one
    file.
    """
    whole = [b"".join(payloads) for payloads in segments]
    match audio.codec:
        case "pcm_s16le":
            data = b"".join(whole)
            return "audio/wav", header(audio.rate, audio.channels, len(data)) + data
        case "wav":
            data = b"".join(segment[HEADER_BYTES:] for segment in whole)
            return "audio/wav", header(audio.rate, audio.channels, len(data)) + data
        case "mulaw":
            return "audio/wav", _mulaw(audio.rate, b"".join(whole))
        case "opus":
            return "audio/ogg", ogg([packet for payloads in segments for packet in payloads], audio)
        case "mp3":
            return "audio/mpeg", b"".join(whole)
    if len(whole) > 1 and audio.file == "segment":
        raise Refused("unsupported_audio", "Each segment is a file of its own: say which.", field="segment")
    return "audio/ogg" if audio.codec == "ogg_opus" else "audio/flac", b"".join(whole)


def ogg(packets: Sequence[bytes], audio: Audio) -> bytes:
    """Raw packets of one length as a file."""
    each = (audio.frame_ms or USUAL_FRAME_MS) * CLOCK // 1000
    stream = Stream(0)
    pages = [stream.head(audio.rate, audio.channels, PRE_SKIP)]
    step = MOST_LACED // max(map(laced, packets))
    for at in range(0, len(packets), step):
        end = min(at + step, len(packets))
        pages.append(stream.page(packets[at:end], end * each, last=end == len(packets)))
    return b"".join(pages)


def _mulaw(rate: int, data: bytes) -> bytes:
    """WAV of a compressed format also tells how many samples it holds."""
    padded = data + b"\0" * (len(data) % 2)
    return (
        _MULAW.pack(
            *(b"RIFF", _MULAW.size - 8 + len(padded), b"WAVE"),
            *(b"fmt ", 18, _WAVE_FORMAT_MULAW, 1, rate, rate, 1, 8, 0),
            *(b"fact", 4, len(data)),
            *(b"data", len(data)),
        )
        + padded
    )
