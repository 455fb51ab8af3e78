"""Mono sound and what is done to it: resampling, levelling, loudness. 16-bit samples throughout."""

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from gateway.emulator.anchors import Anchor
from gateway.emulator.words import Span

Samples = NDArray[np.int16]
LEVEL = 2600.0
"""The loudness of all speech at `vol` 1: RMS of what is not silence."""
_LOUDEST = 30000.0
_AUDIBLE = 200
_AUDIBLE_SHARE = 0.04


@dataclass(frozen=True, slots=True)
class Said:
    """The part of a reading that a sound says; `last` when its sentence ends with it."""

    begin: int
    end: int
    heard: Span
    """Where in the sound, without the silence around it."""
    anchors: tuple[Anchor, ...] = ()
    last: bool = True


@dataclass(frozen=True, slots=True)
class Sound:
    samples: Samples
    rate: int
    said: Said | None = None

    @property
    def seconds(self) -> float:
        return self.samples.size / self.rate


def silence(seconds: float, rate: int) -> Sound:
    return Sound(np.zeros(round(seconds * rate), np.int16), rate)


def audible(samples: Samples) -> Span:
    """From the first sample that is not silence to the last; an echo or a breath that dies away is silence."""
    loudness = np.abs(samples.astype(np.int32))
    loud = np.flatnonzero(loudness > max(_AUDIBLE, _AUDIBLE_SHARE * loudness.max(initial=0)))
    return Span(int(loud[0]), int(loud[-1]) + 1) if loud.size else Span(0, samples.size)


def levelled(samples: Samples) -> Samples:
    """espeak-ng's variants differ by 20 dB; afterwards they are equally loud."""
    audible = samples[np.abs(samples.astype(np.int32)) > _AUDIBLE].astype(np.float32)
    if not audible.size:
        return samples
    gain = min(LEVEL / float(np.sqrt(np.mean(audible**2))), _LOUDEST / float(np.abs(audible).max()))
    return (samples * np.float32(gain)).astype(np.int16)


def louder(samples: Samples, factor: float) -> Samples:
    if factor == 1:
        return samples
    result: Samples = np.clip(samples.astype(np.float32) * factor, -32768, 32767).astype(np.int16)
    return result


def resampled(sound: Sound, rate: int) -> Samples:
    if sound.rate == rate or not sound.samples.size:
        return sound.samples
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    frames = [*resampler.resample(frame_of(sound.samples, sound.rate)), *resampler.resample(None)]
    samples: Samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    return samples


def frame_of(samples: Samples, rate: int, *, layout: str = "mono", pts: int = 0) -> av.AudioFrame:
    """Without rate, pts and time base, the library's own resampler misbehaves."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="s16", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = rate, pts, Fraction(1, rate)
    return frame
