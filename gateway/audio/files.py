"""A turn's payloads as one file that common players open."""

import struct
from collections.abc import Sequence

from gateway.audio.wav import HEADER_BYTES, header
from gateway.errors import Refused
from gateway.protocol.config import Audio

_MULAW = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
_WAVE_FORMAT_MULAW = 7

MIME = {"mp3": "audio/mpeg", "flac": "audio/flac"}
"""All else is WAV."""


def file(audio: Audio, segments: Sequence[bytes]) -> tuple[str, bytes]:
    """The MIME type and the bytes. Raises `Refused` where several segments do not make one file."""
    match audio.codec:
        case "pcm_s16le":
            data = b"".join(segments)
            return "audio/wav", header(audio.rate, audio.channels, len(data)) + data
        case "wav":
            data = b"".join(segment[HEADER_BYTES:] for segment in segments)
            return "audio/wav", header(audio.rate, audio.channels, len(data)) + data
        case "mulaw":
            return "audio/wav", _mulaw(audio.rate, b"".join(segments))
        case "flac" if len(segments) > 1:
            raise Refused("unsupported_audio", "Each segment is a file of its own: say which.", field="segment")
    return MIME[audio.codec], b"".join(segments)


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
