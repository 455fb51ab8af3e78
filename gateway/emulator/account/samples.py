"""A sample of a voice: how long it is and how high. Decoding takes a while: call in a thread."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from gateway.emulator.account.orders import LONGEST_SAMPLE_S

_RATE = 8000
_WINDOW = _RATE // 16
_LOWEST_HZ, _HIGHEST_HZ = 60, 450
_LOUD = 500
_PERIODIC = 0.5
_WINDOWS = 400


@dataclass(frozen=True, slots=True)
class Sample:
    seconds: float
    hz: float | None
    """The median pitch of what is voiced; None when nothing is."""
    digest: str
    """Of the file."""


class Unreadable(Exception):
    """No decoder makes sound of it."""


def measured(path: Path) -> Sample:
    """Of one that is too long, not much more than that is read. Raises `Unreadable`."""
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        blocks = list(_decoded(path))
    except (av.FFmpegError, OSError, IndexError) as error:
        raise Unreadable from error
    if not blocks:
        raise Unreadable
    wave = np.concatenate(blocks).astype(np.float64)
    return Sample(wave.size / _RATE, _median_hz(wave), digest)


def _decoded(path: Path) -> Iterator[NDArray[np.int16]]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
    size = 0
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.audio[0]):
            for piece in resampler.resample(frame):
                yield piece.to_ndarray().reshape(-1).astype(np.int16)
                size += piece.samples
            if size > (LONGEST_SAMPLE_S + 1) * _RATE:
                return


def _median_hz(wave: NDArray[np.float64]) -> float | None:
    starts = np.linspace(0, max(0, wave.size - _WINDOW), _WINDOWS).astype(int)
    found = [hz for start in starts if (hz := _hz(wave[start : start + _WINDOW]))]
    return float(np.median(found)) if found else None


def _hz(window: NDArray[np.float64]) -> float | None:
    """By autocorrelation; None for what is silent or has no pitch."""
    window = window - window.mean()
    if window.size < _WINDOW or np.sqrt(np.mean(window**2)) < _LOUD:
        return None
    spectrum = np.fft.rfft(window, 2 * _WINDOW)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)
    first = _RATE // _HIGHEST_HZ
    lag = first + int(np.argmax(likeness[first : _RATE // _LOWEST_HZ]))
    return _RATE / lag if likeness[lag] > _PERIODIC * likeness[0] else None
