"""Sounds to parse and decode: made by libmp3lame and libavcodec, none of it by the gateway."""

import io
import math
from array import array
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np


@cache
def tone(rate: int, channels: int = 1, seconds: float = 0.5, hertz: float = 330.0) -> bytes:
    """16-bit little-endian PCM."""
    count = int(rate * seconds)
    samples = (int(9000 * math.sin(2 * math.pi * hertz * at / rate)) for at in range(count))
    return array("h", [sample for sample in samples for _ in range(channels)]).tobytes()


@cache
def encoded(codec: str, container: str, rate: int, channels: int = 1, seconds: float = 0.5, **options: str) -> bytes:
    """A file of the tone. For mp3, `write_xing` and `id3v2_version` are options of the container."""
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options) as output:
        layout = "stereo" if channels == 2 else "mono"
        output.metadata["title"] = "tone"
        stream: Any = output.add_stream(codec, rate=rate, layout=layout, bit_rate=64000)
        stream.format = "s16p" if codec == "libmp3lame" else "s16"
        samples = np.frombuffer(tone(rate, channels, seconds), np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
        resampler = av.AudioResampler(format=stream.format.name, layout=layout, rate=rate)
        for part in [*resampler.resample(frame), None]:
            output.mux(stream.encode(part))
    return file.getvalue()


def mp3(rate: int = 24000, channels: int = 1, seconds: float = 0.5, *, tags: bool = False) -> bytes:
    """With tags: ID3v2 in front, an Info frame, ID3v1 at the end; without: frames alone."""
    with_tags = {"write_xing": "1", "id3v2_version": "4", "write_id3v1": "1"}
    bare = {"write_xing": "0", "id3v2_version": "0"}
    return encoded("libmp3lame", "mp3", rate, channels, seconds, **(with_tags if tags else bare))


def decoded_samples(data: bytes, container: str) -> int:
    """Samples per channel a strict decoder finds; it raises on the first error."""
    with av.open(io.BytesIO(data), format=container, options={"err_detect": "explode"}) as source:
        source.streams.audio[0].codec_context.options = {"err_detect": "explode"}
        return sum(frame.samples for frame in source.decode(audio=0))


def decoded(data: bytes, container: str) -> bytes:
    """The first channel as 16-bit PCM."""
    with av.open(io.BytesIO(data), format=container) as source:
        resampler = av.AudioResampler(format="s16", layout="mono")
        parts = [part for frame in source.decode(audio=0) for part in resampler.resample(frame)]
        return b"".join(part.to_ndarray().astype("<i2").tobytes() for part in parts)
