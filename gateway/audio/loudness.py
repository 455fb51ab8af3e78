"""Voices as loud as each other: EBU R128 loudness, learnt voice by voice from what each has said.

    segment 1   measured, heard as it is        a voice that nobody has heard yet
    segment 2   measured, heard with the gain   target − what was learnt, within `MOST_DB`; peaks are limited

A gain holds for a whole segment, and for whatever the voice says: a whisper stays quieter than a shout.
"""

from collections.abc import Hashable
from math import log10
from typing import Any

from gateway.audio.libav import Filters, pcm
from gateway.protocol.config import Voice

MOST_DB = 15.0
_MEMORY_S = 60.0
"""Of its speech: what a voice said before counts ever less."""
_MOST_VOICES = 4096
_UNHEARD = -70.0
"""LUFS; R128's gate, and what shorter sounds than its 400 ms measure."""
_MEASURED = "lavfi.r128.I"
_LIMIT = "limit=0.891:level=0:latency=1"
"""-1 dBFS; the filter's own delay is taken out again."""


def named(voice: Voice) -> Hashable:
    """What is as loud as itself."""
    return voice.voice_id, voice.timbre_weights, voice.model, voice.vol


class Loudness:
    """What was learnt, by voice: mean power and the seconds that it was heard in."""

    def __init__(self) -> None:
        self._learnt: dict[Hashable, tuple[float, float]] = {}

    def gain_db(self, voice: Hashable, target: float) -> float:
        power, _ = self._learnt.get(voice, (None, 0.0))
        return 0.0 if power is None else max(-MOST_DB, min(MOST_DB, target - 10 * log10(power)))

    def learn(self, voice: Hashable, lufs: float, seconds: float) -> None:
        power, weight = self._learnt.pop(voice, (0.0, 0.0))
        weight = min(weight, _MEMORY_S)
        mean = (power * weight + 10 ** (lufs / 10) * seconds) / (weight + seconds)
        self._learnt[voice] = mean, weight + seconds
        if len(self._learnt) > _MOST_VOICES:
            del self._learnt[next(iter(self._learnt))]


class Matching:
    """One turn's: each segment is measured as it came, and comes out with its voice's gain."""

    def __init__(self, loudness: Loudness, target: float, rate: int, channels: int) -> None:
        self._loudness = loudness
        self._target = target
        self._form = rate, channels
        self._voice: Hashable = None
        self._meter: Filters | None = None
        self._gain: Filters | None = None
        self._lufs = _UNHEARD

    def begin(self, voice: Hashable) -> None:
        """None: a pause, which tells nothing."""
        self._voice, self._lufs, self._meter, self._gain = voice, _UNHEARD, None, None
        if voice is None:
            return
        self._meter = Filters(*self._form, ("ebur128", "metadata=1"))
        gain_db = self._loudness.gain_db(voice, self._target)
        if gain_db:
            limited = ("volume", f"{gain_db:.2f}dB"), ("alimiter", _LIMIT), ("aformat", "sample_fmts=s16")
            self._gain = Filters(*self._form, *limited)

    def feed(self, data: bytes) -> bytes:
        if self._meter is not None:
            self._read(self._meter.feed(data))
        return pcm(self._gain.feed(data)) if self._gain else data

    def end(self, seconds: float) -> bytes:
        """The rest; the segment has lasted so long."""
        if self._meter is not None:
            self._read(self._meter.end())
        if self._lufs > _UNHEARD:
            self._loudness.learn(self._voice, self._lufs, seconds)
        rest = pcm(self._gain.end()) if self._gain else b""
        self.begin(None)
        return rest

    def _read(self, frames: list[Any]) -> None:
        """A frame that does not end a tenth of a second tells nothing."""
        told = [frame.metadata[_MEASURED] for frame in frames if _MEASURED in frame.metadata]
        if told:
            self._lufs = float(told[-1])
