"""PCM into and out of libav's frames. PyAV is an extra: it is never imported where it need not be there."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from gateway.audio.pcm import SAMPLE_BYTES, numbers


def installed() -> bool:
    return find_spec("av") is not None


def load() -> None:
    """Where it is installed: 0.2 s in which nothing else runs, so not while somebody speaks."""
    if installed():
        import_module("av")


def layout(channels: int) -> str:
    return "stereo" if channels == 2 else "mono"


def frame(pcm: bytes, rate: int, channels: int, position: int, form: str = "s16") -> Any:
    """`position`: samples per channel that came before. `form`: `s16`, or `s16p` with a plane a channel."""
    import av

    samples = numbers(pcm)
    made = av.AudioFrame(format=form, layout=layout(channels), samples=len(samples) // channels)
    for index, plane in enumerate(made.planes):
        plane.update(samples[index :: len(made.planes)].tobytes())
    made.sample_rate, made.pts, made.time_base = rate, position, Fraction(1, rate)
    return made


def pcm(frames: list[Any]) -> bytes:
    """Of packed 16-bit frames."""
    parts = (memoryview(each.planes[0])[: each.samples * SAMPLE_BYTES * len(each.layout.channels)] for each in frames)
    return b"".join(parts)


def decoded(file: bytes, rate: int, channels: int) -> Iterator[bytes]:
    """The PCM of a file that may lack its end; nothing of one that lacks its beginning."""
    import av

    resampler: Any = av.AudioResampler(format="s16", layout=layout(channels), rate=rate)
    with suppress(av.FFmpegError), av.open(BytesIO(file), "r") as container:
        for frame in container.decode(audio=0):
            yield pcm(resampler.resample(frame))
        yield pcm(resampler.resample(None))


class Filters:
    """A chain of libav's filters, each by name and arguments."""

    def __init__(self, rate: int, channels: int, *filters: tuple[str, str]) -> None:
        import av

        self._rate = rate
        self._channels = channels
        self._position = 0
        self._graph: Any = av.filter.Graph()
        source = self._graph.add_abuffer(
            sample_rate=rate, layout=layout(channels), format="s16", time_base=Fraction(1, rate)
        )
        chain = [self._graph.add(name, arguments) for name, arguments in filters]
        self._graph.link_nodes(source, *chain, self._graph.add("abuffersink"))
        self._graph.configure()

    def feed(self, data: bytes) -> list[Any]:
        """The frames that are ready."""
        if data:
            self._graph.push(frame(data, self._rate, self._channels, self._position))
            self._position += len(data) // (SAMPLE_BYTES * self._channels)
        return self._ready()

    def end(self) -> list[Any]:
        """The rest. Nothing may be fed afterwards."""
        self._graph.push(None)
        return self._ready()

    def _ready(self) -> list[Any]:
        import av

        frames = []
        try:
            while True:
                frames.append(self._graph.pull())
        except (av.BlockingIOError, av.EOFError):
            return frames
