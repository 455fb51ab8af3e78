"""What a client would hear of each codec: decoders that share nothing with the gateway's encoders."""

import io
import wave
from array import array
from collections.abc import Sequence

import av
import miniaudio
import numpy as np
import soundfile

from gateway.audio.files import file
from gateway.protocol.config import Audio


def sound(audio: Audio, payloads: Sequence[bytes]) -> tuple[bytes, int]:
    """The first channel as 16-bit PCM, and its rate."""
    match audio.codec:
        case "pcm_s16le":
            return array("h", b"".join(payloads))[:: audio.channels].tobytes(), audio.rate
        case "mulaw" | "opus":
            return _by_libsndfile(file(audio, [payloads])[1])
        case "ogg_opus":
            return _by_libsndfile(b"".join(payloads))
        case "wav":
            with wave.open(io.BytesIO(b"".join(payloads))) as opened:
                assert (opened.getframerate(), opened.getnchannels()) == (audio.rate, audio.channels)
                samples = array("h", opened.readframes(opened.getnframes()))
            return samples[:: audio.channels].tobytes(), audio.rate
    decoded = miniaudio.decode(b"".join(payloads), nchannels=1, sample_rate=audio.rate)
    return decoded.samples.tobytes(), audio.rate


def strictly_ms(audio: Audio, payloads: Sequence[bytes]) -> float:
    """How long it is by FFmpeg's demuxers and decoders, as ffprobe has it; they raise on the first error."""
    data = b"".join(payloads) if audio.codec in {"wav", "flac", "ogg_opus"} else file(audio, [payloads])[1]
    with av.open(io.BytesIO(data), options={"err_detect": "explode"}) as opened:
        stream = opened.streams.audio[0]
        stream.codec_context.options = {"err_detect": "explode"}
        assert stream.codec_context.channels == audio.channels
        return sum(1000 * frame.samples / frame.sample_rate for frame in opened.decode(stream))


def _by_libsndfile(data: bytes) -> tuple[bytes, int]:
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    return np.ascontiguousarray(samples[:, 0]).tobytes(), rate
