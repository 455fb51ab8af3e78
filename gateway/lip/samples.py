"""Upstream's bytes, cut anywhere → samples, interleaved, on the clock of who plays them.

An mp3 is decoded plainly, frame by frame, and nothing of it is cut off: the 25–50 ms that encoder and decoder put in
front are heard by every client that plays the stream, because its notes, which would tell, are left out of it.
"""

from array import array
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Protocol, TypeAlias

from gateway.audio.base import Piece
from gateway.audio.mpeg import FrameSplitter, each
from gateway.audio.pcm import SAMPLE_BYTES, Groups, numbers
from gateway.errors import Refused
from gateway.upstreams.base import Format

Samples: TypeAlias = "array[Any]"
"""16-bit integers, or floats of which 1 is the largest."""


def check(form: Format) -> None:
    """Raises `Refused` where the form needs a decoder that is not installed."""
    if form.codec != "pcm" and find_spec("av") is None:
        raise Refused("unsupported_audio", f"lip with {form.codec} needs the gateway's `codecs` extra.", field="lip")


class Source(Protocol):
    def feed(self, data: bytes, samples: int = 0) -> Samples:
        """`samples` is not 0 where `data` is known to be whole, and to play for so many per channel."""

    def close(self) -> Samples:
        """The rest. Nothing may be fed afterwards."""


def source(form: Format) -> Source:
    sources: dict[str, Callable[[int], Source]] = {"pcm": Pcm, "mp3": Mp3, "flac": Flac}
    return sources[form.codec](form.channels)


class Pcm:
    def __init__(self, channels: int) -> None:
        self._groups = Groups(SAMPLE_BYTES * channels)

    def feed(self, data: bytes, samples: int = 0) -> Samples:
        return numbers(self._groups.feed(data))

    def close(self) -> Samples:
        return array("h")


class Mp3:
    """Floats. A frame that cannot be decoded is as long as any, and silent."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._splitter = FrameSplitter()
        self._decode = _decoder("mp3float")

    def feed(self, data: bytes, samples: int = 0) -> Samples:
        return self._samples([Piece(data, samples)] if samples else self._splitter.feed(data))

    def close(self) -> Samples:
        return self._samples(self._splitter.end())

    def _samples(self, runs: list[Piece]) -> Samples:
        samples = array("f")
        for frame in each(runs):
            size = frame.samples * self._channels
            decoded = self._interleaved(frame.data)
            samples += decoded if len(decoded) == size else array("f", bytes(size * samples.itemsize))
        return samples

    def _interleaved(self, data: bytes) -> Samples:
        samples = array("f")
        for frame in self._decode(data):
            planes = [array("f", bytes(plane)[: frame.samples * samples.itemsize]) for plane in frame.planes]
            joint = array("f", bytes(frame.samples * len(planes) * samples.itemsize))
            for channel, plane in enumerate(planes):
                joint[channel :: len(planes)] = plane
            samples += joint
        return samples


class Flac:
    """libavcodec is sure of a frame when it has seen the next ten: samples come some 1.5 s of sound late.

    Its parser loses the first frame of a file of fewer than ten unless the metadata is kept from it.
    """

    def __init__(self, channels: int) -> None:
        import av

        self._channels = channels
        self._head: bytes | None = b""
        """What came of the metadata; None behind it."""
        self._codec: Any = av.CodecContext.create("flac", "r")
        self._codec.thread_count = 1  # threads would hold frames back
        self._decode = _forgiving(self._codec.decode)

    def feed(self, data: bytes, samples: int = 0) -> Samples:
        if self._head is not None:
            self._head += data
            begin = _frames_at(self._head)
            if begin is None:
                return array("h")
            data, self._head = self._head[begin:], None
        return self._samples(self._codec.parse(data) if data else [])

    def close(self) -> Samples:
        samples = array("h")
        while packets := self._codec.parse(None):
            samples += self._samples(packets)
        return samples

    def _samples(self, packets: list[Any]) -> Samples:
        samples = array("h")
        for packet in packets:
            for frame in self._decode(packet):
                size = frame.samples * self._channels * samples.itemsize
                samples.frombytes(bytes(frame.planes[0])[:size])
        return samples


def _frames_at(file: bytes) -> int | None:
    """Where the metadata ends (RFC 9639 §8.1: a bit for the last block, its length in 24 bits); None if not here."""
    at, last = 4, False
    while not last and len(file) >= at + 4:
        last = file[at] >= 0x80
        at += 4 + int.from_bytes(file[at + 1 : at + 4], "big")
    return at if last and len(file) >= at else None


def _decoder(codec: str) -> Callable[[bytes], list[Any]]:
    import av

    context: Any = av.CodecContext.create(codec, "r")
    decode = _forgiving(context.decode)
    return lambda data: decode(av.Packet(data))


def _forgiving(decode: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    """What is broken has no samples."""
    import av

    def tried(packet: Any) -> list[Any]:
        try:
            return decode(packet)
        except av.FFmpegError:
            return []

    return tried
