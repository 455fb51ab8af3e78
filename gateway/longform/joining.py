"""Sound of parts → one file a chapter; files of chapters → the whole.

    mp3    frames behind one tag; what each part says of itself is left out
    wav    PCM behind one header, up to the 4 GiB that a header can count
    flac   one part as it came; several are decoded and encoded anew, without loss, by libav

All of it is streamed: a book's sound is gigabytes.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from gateway.audio import wav
from gateway.audio.libav import installed
from gateway.audio.mpeg import FrameSplitter
from gateway.audio.pcm import SAMPLE_BYTES
from gateway.errors import Refused
from gateway.longform import id3
from gateway.longform.id3 import Mark
from gateway.upstreams.base import Format
from gateway.upstreams.t2a.codes import broken

STEP = 1 << 20
MOST_WAV = (1 << 32) - 1 - wav.HEADER_BYTES
Join = Callable[[Sequence[Path], Path, Format, bytes], list[float]]


def join(codec: str, sounds: Sequence[Path], target: Path, form: Format, tag: bytes = b"") -> list[float]:
    """Write `target`, → how many milliseconds each sound has in it. Raises `UpstreamError` for what is no sound, and
    `Refused` `unsupported_audio` for what makes no file.
    """
    joins: dict[str, Join] = {"mp3": _mp3, "wav": _pcm, "flac": _flac}
    new = target.with_suffix(".new")
    lengths = joins[codec](sounds, new, form, tag)
    if not all(lengths):
        raise broken("Upstream's result holds no sound.")
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(target)
    return lengths


def whole(codec: str, chapters: Sequence[Path], target: Path, form: Format, tag: bytes) -> None:
    """Of files that `join` made. Raises `Refused` `unsupported_audio` for what makes no file."""
    if codec == "flac":
        join(codec, chapters, target, form)
        return
    new = target.with_suffix(".new")
    with new.open("wb") as file:
        file.write(tag if codec == "mp3" else wav.header(form.rate, form.channels, _counted(map(_pcm_bytes, chapters))))
        for path in chapters:
            with path.open("rb") as chapter:
                chapter.seek(id3.length(chapter.read(10)) if codec == "mp3" else wav.HEADER_BYTES)
                shutil.copyfileobj(chapter, file, STEP)
    new.replace(target)


def marks(titles: Sequence[str], lengths: Sequence[float]) -> list[Mark]:
    """Chapters on the clock of the whole."""
    found, at = [], 0.0
    for number, (title, ms) in enumerate(zip(titles, lengths, strict=True), 1):
        found.append(Mark(title or str(number), round(at), round(at + ms)))
        at += ms
    return found


def _mp3(sounds: Sequence[Path], target: Path, form: Format, tag: bytes) -> list[float]:
    with target.open("wb") as file:
        file.write(tag)
        return [_frames(sound, file) * 1000 / form.rate for sound in sounds]


def _frames(sound: Path, file: IO[bytes]) -> int:
    """→ samples per channel."""
    splitter, samples = FrameSplitter(), 0
    for data in _pieces(sound):
        for piece in splitter.feed(data) if data else splitter.end():
            file.write(piece.data)
            samples += piece.samples
    return samples


def _pieces(path: Path) -> Iterator[bytes]:
    """An empty one ends them."""
    with path.open("rb") as file:
        while data := file.read(STEP):
            yield data
    yield b""


def _pcm(sounds: Sequence[Path], target: Path, form: Format, _: bytes) -> list[float]:
    group = SAMPLE_BYTES * form.channels
    sizes = [sound.stat().st_size // group * group for sound in sounds]
    with target.open("wb") as file:
        file.write(wav.header(form.rate, form.channels, _counted(sizes)))
        for sound, size in zip(sounds, sizes, strict=True):
            with sound.open("rb") as part:
                _copy(part, file, size)
    return [size / group * 1000 / form.rate for size in sizes]


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    while size and (data := source.read(min(size, STEP))):
        target.write(data)
        size -= len(data)


def _pcm_bytes(path: Path) -> int:
    return path.stat().st_size - wav.HEADER_BYTES


def _counted(sizes: Any) -> int:
    total = sum(sizes)
    if total > MOST_WAV:
        raise Refused("unsupported_audio", "A WAV holds 4 GiB: each chapter is a file of its own.", field="chapter")
    return int(total)


def _flac(sounds: Sequence[Path], target: Path, form: Format, _: bytes) -> list[float]:
    samples = _flac_samples(sounds[0])
    if len(sounds) > 1 or not samples:
        return _encoded(sounds, target, form)
    shutil.copyfile(sounds[0], target)
    return [samples * 1000 / form.rate]


def _flac_samples(path: Path) -> int:
    """As STREAMINFO, the first block, tells; 0 where whoever wrote it did not know (RFC 9639 §8.2)."""
    with path.open("rb") as file:
        begun = file.read(42)
    if not begun.startswith(b"fLaC") or len(begun) < 26:
        raise broken("Upstream's result is no FLAC.")
    return int.from_bytes(begun[21:26], "big") & (1 << 36) - 1


def _encoded(sounds: Sequence[Path], target: Path, form: Format) -> list[float]:
    if not installed():
        message = 'Joining FLAC needs the gateway\'s `codecs` extra: pip install "voice-gateway[codecs]".'
        raise Refused("unsupported_audio", message, field="chapter")
    av = import_module("av")
    lengths = []
    with av.open(str(target), "w", format="flac") as output:
        stream = output.add_stream("flac", rate=form.rate, layout="stereo" if form.channels == 2 else "mono")
        position = 0
        for sound in sounds:
            begun = position
            for frame in _decoded(av, sound):
                frame.pts, position = position, position + frame.samples
                output.mux(stream.encode(frame))
            lengths.append((position - begun) * 1000 / form.rate)
        output.mux(stream.encode(None))
    return lengths


def _decoded(av: Any, path: Path) -> Iterator[Any]:
    try:
        with av.open(str(path)) as source:
            yield from source.decode(audio=0)
    except av.FFmpegError:
        raise broken("Upstream's result is no sound.") from None
