"""Mono samples → the bytes of a container, block by block, and the file a whole answer makes.

PyAV gets a pipe without `seek`, so that it never goes back to mend a header that has been sent. Headers of wav are
written here: true sizes for a file, 0xFFFFFFFF for a stream.
"""

import struct
from typing import Any, Protocol

import av
import numpy as np

from gateway.emulator import mp3
from gateway.emulator.order import Shape
from gateway.emulator.sound import Samples, frame_of

MULAW_RATE = 8000
_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_OPUS_BITRATE = 32000
_UNKNOWN_SIZE = 0xFFFFFFFF


class Encoder(Protocol):
    rate: int
    """What `feed` takes, and what comes out."""
    bitrate: int
    """What really comes out, bit/s."""
    delay: int
    """Samples by which the sound is late when it is decoded."""
    light: bool
    """Cheap enough to run in the event loop."""

    def feed(self, samples: Samples) -> bytes: ...

    def close(self) -> bytes:
        """The rest. Nothing may be fed afterwards."""

    def file(self, stream: bytes) -> bytes:
        """The complete file for everything `feed` and `close` gave."""


def encoder(shape: Shape) -> Encoder:
    match shape.container:
        case "pcm" | "wav":
            return Pcm(shape)
        case "pcmu_raw" | "pcmu_wav":
            return Mulaw(shape)
        case _:
            return Compressed(shape)


class Pcm:
    """Samples as they are, alone or in a wav file."""

    light, delay = True, 0
    wav_format, bits = 1, 16

    def __init__(self, shape: Shape) -> None:
        self.rate, self._channels = self._rate(shape), shape.channels
        self.bitrate = self.bits * self.rate * shape.channels
        self._in_wav = shape.container in {"wav", "pcmu_wav"}
        self._header = self._wav(None)

    def feed(self, samples: Samples) -> bytes:
        header, self._header = self._header, b""
        return header + self._coded(samples)

    def close(self) -> bytes:
        return b""

    def file(self, stream: bytes) -> bytes:
        data = stream[len(self._wav(None)) :]
        return self._wav(len(data)) + data

    def _rate(self, shape: Shape) -> int:
        return shape.rate

    def _coded(self, samples: Samples) -> bytes:
        return np.repeat(samples, self._channels).astype("<i2").tobytes()

    def _wav(self, size: int | None) -> bytes:
        return wav_header(self.wav_format, self.rate, self._channels, self.bits, size) if self._in_wav else b""


class Mulaw(Pcm):
    """G.711 at 8 kHz, whatever rate was asked for, as documented."""

    wav_format, bits = 7, 8

    def _rate(self, shape: Shape) -> int:
        return MULAW_RATE

    def _coded(self, samples: Samples) -> bytes:
        return np.repeat(_MULAW[samples.astype(np.int32) + 32768], self._channels).tobytes()


class _Pipe:
    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


class Compressed:
    """mp3, flac and Ogg Opus by PyAV."""

    light = False

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._layout = "mono" if shape.channels == 1 else "stereo"
        self.rate = shape.rate
        if shape.container == "opus":  # the codec has five rates of its own: round up
            self.rate = min(rate for rate in _OPUS_RATES if rate >= shape.rate)
        self.bitrate = self._true_bitrate()
        self.delay = mp3.DELAY if shape.container == "mp3" else 0
        self._pipe, self._fed = _Pipe(), 0
        self._head = mp3.STREAM_TAG if shape.container == "mp3" else b""
        self._muxer, self._track = self._opened()

    def feed(self, samples: Samples) -> bytes:
        if samples.size:
            block = np.repeat(samples, self._shape.channels)
            frame = frame_of(block, self.rate, layout=self._layout, pts=self._fed)
            self._fed += samples.size
            self._muxer.mux(self._track.encode(frame))
        return self._taken()

    def close(self) -> bytes:
        self._muxer.mux(self._track.encode(None))
        self._muxer.close()
        return self._taken()

    def file(self, stream: bytes) -> bytes:
        return mp3.file(stream) if self._shape.container == "mp3" else stream

    def _taken(self) -> bytes:
        data = self._pipe.take()
        if not data:
            return b""
        head, self._head = self._head, b""
        return head + data

    def _opened(self) -> tuple[Any, Any]:
        name, codec, container_options, options = {
            "mp3": ("mp3", "libmp3lame", {"write_xing": "0", "id3v2_version": "0"}, {"compression_level": "7"}),
            "flac": ("flac", "flac", {}, {}),
            "opus": ("ogg", "libopus", {"page_duration": "20000"}, {"application": "audio", "frame_duration": "20"}),
        }[self._shape.container]
        if self._shape.constant_bitrate and name == "mp3":
            options = {**options, "reservoir": "0"}
        muxer: Any = av.open(self._pipe, "w", format=name, options=container_options)
        track = muxer.add_stream(codec, rate=self.rate, layout=self._layout, options=options)
        if name != "flac":
            track.bit_rate = self.bitrate
        return muxer, track

    def _true_bitrate(self) -> int:
        match self._shape.container:
            case "mp3":
                return mp3.true_bitrate(self.rate, self._shape.bitrate)
            case "opus":
                return _OPUS_BITRATE * self._shape.channels
            case _:
                return 16 * self.rate * self._shape.channels


def wav_header(tag: int, rate: int, channels: int, bits: int, size: int | None) -> bytes:
    """`size` of the data in bytes, None when it is not known. G.711 has a longer `fmt ` and a `fact`."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)
    extra = b""
    if tag != 1:
        form += b"\0\0"
        extra = b"fact" + struct.pack("<II", 4, _UNKNOWN_SIZE if size is None else size // block)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + extra + b"data"
    whole = _UNKNOWN_SIZE if size is None else len(body) + 4 + size
    return b"RIFF" + struct.pack("<I", whole) + body + struct.pack("<I", _UNKNOWN_SIZE if size is None else size)


def _mulaw_codes() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """All 65,536 codes of G.711, from -32768 up; FFmpeg's own rounds 512 of them differently."""
    values = np.arange(-32768, 32768, dtype=np.int32) >> 2
    biased = np.minimum(np.abs(values), 8159) + 33
    segment = np.searchsorted([0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF], biased)
    code = np.where(segment >= 8, 0x7F, (segment << 4) | ((biased >> (segment + 1)) & 15))
    return np.where(values < 0, code ^ 0x7F, code ^ 0xFF).astype(np.uint8)


_MULAW = _mulaw_codes()
