"""English by hibari-tts: one neural voice, moved in pitch and vocal tract to make the others.

`tract` plays what was made for one rate at another, which moves the formants, and the pace a little.
"""

import threading

import numpy as np
from hibari import Hibari, dsp
from numpy.typing import NDArray

from gateway.emulator.sound import Sound

_SLOWEST, _FASTEST = 0.4, 3.0
_NEAR = 0.03
_TRIES = 4
"""The model speaks in steps of 25 ms per sound, so that its pace is met by trying again."""


class Neural:
    """Thread-safe; loading takes about half a second."""

    def __init__(self) -> None:
        self._voice = Hibari(threads=1)
        self._lock = threading.Lock()
        self.speak("Ready.", 1.0, 0.0, 1.0)  # the first sentence loads the pronunciation tables

    def speak(self, text: str, speed: float, semitones: float, tract: float) -> Sound:
        """`semitones` and `tract` from the model's own voice."""
        with self._lock:  # the pronunciation tables keep state
            chunks = self._voice.phonemize(text)
        octaves = semitones / 12 - float(np.log2(tract))
        parts = [_wave(self._paced(self._voice.ids(chunk), speed), octaves) for chunk in chunks]
        wave = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        return Sound((np.clip(wave, -1, 1) * 32767).astype(np.int16), round(dsp.SR * tract))

    def _paced(self, ids: list[int], speed: float) -> list[NDArray[np.float32]]:
        natural = self._spectra(ids, 1.0)
        if abs(speed - 1) < _NEAR:
            return natural
        best, wanted, asked = natural, _length(natural) / speed, speed
        for _ in range(_TRIES):
            tried = self._spectra(ids, asked)
            best = min(best, tried, key=lambda spectra: abs(_length(spectra) - wanted))
            error = _length(tried) / wanted
            if abs(error - 1) < _NEAR:
                break
            asked *= error
        return best

    def _spectra(self, ids: list[int], speed: float) -> list[NDArray[np.float32]]:
        asked = min(max(speed, _SLOWEST), _FASTEST)
        inputs = {"ids": np.asarray([ids], np.int64), "speed": np.asarray([asked], np.float32)}
        return [output[0] for output in self._voice.sess.run(None, inputs)]


def _length(spectra: list[NDArray[np.float32]]) -> int:
    """Frames: the pitch curve, last of the outputs, has one value for each."""
    return spectra[-1].size


def _wave(spectra: list[NDArray[np.float32]], octaves: float) -> NDArray[np.float32]:
    """Scaling the pitch curve moves the pitch and nothing else."""
    *others, pitch = spectra
    wave: NDArray[np.float32] = dsp.synth(*others, pitch * np.float32(2**octaves), np.random.default_rng(0))
    return wave
