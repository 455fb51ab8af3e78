"""English by hibari-tts: one neural voice, moved in pitch and vocal tract to make the others.

`tract` plays what was made for another rate at this one, which moves the formants; pace and pitch are made to fit.
"""

import threading

import numpy as np
from hibari import Hibari, dsp

from gateway.emulator.sound import Sound

_SLOWEST, _FASTEST = 0.4, 3.0
_STEEP = 1.22
"""The model's own speed falls short above 1: asked 2.0, measured 1.84."""


class Neural:
    """Thread-safe; loading takes about half a second."""

    def __init__(self) -> None:
        self._voice = Hibari(threads=1)
        self._lock = threading.Lock()
        self.speak("Ready.", 1.0, 0.0, 1.0)  # the first sentence loads the pronunciation tables

    def speak(self, text: str, speed: float, semitones: float, tract: float) -> Sound:
        """`semitones` from the model's own voice, at its own tract."""
        with self._lock:  # the pronunciation tables keep state
            chunks = self._voice.phonemize(text)
        speed /= tract
        asked = speed if speed <= 1 else 1 + (speed - 1) * _STEEP
        parts = [self._wave(chunk, min(max(asked, _SLOWEST), _FASTEST), semitones / 12) for chunk in chunks]
        wave = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        return Sound((np.clip(wave, -1, 1) * 32767).astype(np.int16), round(dsp.SR * tract))

    def _wave(self, phonemes: str, speed: float, octaves: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
        """The model gives its pitch curve: scaling it moves the pitch and nothing else."""
        ids = self._voice.ids(phonemes)
        inputs = {"ids": np.asarray([ids], np.int64), "speed": np.asarray([speed], np.float32)}
        *spectra, pitch = (output[0] for output in self._voice.sess.run(None, inputs))
        wave: np.ndarray[tuple[int], np.dtype[np.float32]]
        wave = dsp.synth(*spectra, pitch * np.float32(2**octaves), np.random.default_rng(0))
        return wave
