"""English by hibari-tts: one neural voice, moved in pitch and vocal tract to make the others.

`tract` plays what was made for one rate at another, which moves the formants, and the pace a little.

How long each phoneme lasts is computed in the model's graph and is not among its outputs. A protobuf message appended
to another is merged with it, so that a few bytes behind the file make it one.
"""

import hashlib
import re
import threading
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
from hibari import Hibari, dsp
from hibari.voices import DEFAULT, voice_path
from numpy.typing import NDArray

from gateway.emulator.anchors import Anchor, by_likeness
from gateway.emulator.sound import Samples

_SLOWEST, _FASTEST = 0.4, 3.0
_NEAR = 0.03
_TRIES = 4
"""The model speaks in steps of 25 ms per sound, so that its pace is met by trying again."""


_SPECTRA = 6
_UNIT = 600
"""Samples: what the durations count."""
_EARLY_S = 0.045
"""A word is heard this long before its durations say, at the natural pace: median of 39 that follow silence."""
_DURATIONS = b"/Clip_output_0"
_KNOWN_MODEL = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
"""SHA-256 of the one in 0.2.1; names within a graph are its export's, and another's may differ."""
_PUNCTUATION = ';:,.!?—…"()“” '
_STRESS = re.compile("[ˈˌ]")

Spectra = list[NDArray[np.float32]]


class Neural:
    """Thread-safe; loading takes about half a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        model = Path(voice_path(DEFAULT)).read_bytes()
        self._timed = hashlib.sha256(model).hexdigest() == _KNOWN_MODEL
        self._voice = Hibari(threads=1, model=model + _output(_DURATIONS) if self._timed else model)
        self.speak("Ready.", 1.0, 0.0, 1.0)  # the first sentence loads the pronunciation tables

    def speak(
        self, text: str, speed: float, semitones: float, tract: float, at: int | None = None
    ) -> tuple[Samples, int, tuple[Anchor, ...]]:
        """Samples, their rate, anchors. `semitones` and `tract` from the model's own voice.

        `at` is where the text begins; without it, or where the model doesn't tell, there are no anchors.
        """
        with self._lock:  # the pronunciation tables keep state
            chunks = self._voice.phonemize(text)
        octaves = semitones / 12 - float(np.log2(tract))
        outputs = [self._paced(self._voice.ids(chunk), speed) for chunk in chunks]
        parts = [_wave(output[:_SPECTRA], octaves) for output in outputs]
        wave = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        early = round(_EARLY_S / speed * dsp.SR)
        anchors = self._anchors(text, at, chunks, outputs, early) if self._timed and at is not None else ()
        return (np.clip(wave, -1, 1) * 32767).astype(np.int16), round(dsp.SR * tract), anchors

    def _anchors(self, text: str, at: int, chunks: list[str], outputs: list[Spectra], early: int) -> tuple[Anchor, ...]:
        alone = [(at + found.start(), sound) for found in re.finditer(r"\S+", text) for sound in self._alone(found[0])]
        spoken, spans, start = [], [], -early
        for chunk, output in zip(chunks, outputs, strict=True):
            for sound, begin, end in self._words(chunk, output[_SPECTRA]):
                spoken.append(sound)
                spans.append((start + begin, start + end))
            start += _length(output) * dsp.HOP
        return by_likeness(alone, spoken, spans)

    def _alone(self, word: str) -> list[str]:
        """As the word sounds by itself; a number is several."""
        with self._lock:
            sounds = self._voice.g2p(word).split()
        return [bare for sound in sounds if (bare := _bare(sound))]

    def _words(self, chunk: str, durations: NDArray[np.float32]) -> Iterator[tuple[str, int, int]]:
        """Words of phonemes and their samples. Punctuation has durations, of the silence after a word."""
        known = [char for char in chunk if char in self._voice.vocab]
        ends = [round(float(each)) * _UNIT for each in accumulate(durations.tolist())]  # the first is of the pad before
        for found in re.finditer(f"[^{re.escape(_PUNCTUATION)}]+", "".join(known)):
            yield _bare(found[0]), ends[found.start()], ends[found.end()]

    def _paced(self, ids: list[int], speed: float) -> Spectra:
        natural = self._outputs(ids, 1.0)
        if abs(speed - 1) < _NEAR:
            return natural
        best, wanted, asked = natural, _length(natural) / speed, speed
        for _ in range(_TRIES):
            tried = self._outputs(ids, asked)
            best = min(best, tried, key=lambda output: abs(_length(output) - wanted))
            error = _length(tried) / wanted
            if abs(error - 1) < _NEAR:
                break
            asked *= error
        return best

    def _outputs(self, ids: list[int], speed: float) -> Spectra:
        asked = min(max(speed, _SLOWEST), _FASTEST)
        inputs = {"ids": np.asarray([ids], np.int64), "speed": np.asarray([asked], np.float32)}
        outputs = self._voice.sess.run(None, inputs)
        return [*(output[0] for output in outputs[:_SPECTRA]), *outputs[_SPECTRA:]]


def _length(output: Spectra) -> int:
    """Frames: the pitch curve, last of the spectra, has one value for each."""
    return output[_SPECTRA - 1].size


def _bare(sound: str) -> str:
    return _STRESS.sub("", sound).strip(_PUNCTUATION)


def _wave(spectra: Spectra, octaves: float) -> NDArray[np.float32]:
    """Scaling the pitch curve moves the pitch and nothing else."""
    *others, pitch = spectra
    wave: NDArray[np.float32] = dsp.synth(*others, pitch * np.float32(2**octaves), np.random.default_rng(0))
    return wave


def _output(name: bytes) -> bytes:
    """What makes a tensor of floats an output of the model before it."""
    floats = b"\x08\x01"  # TypeProto.Tensor.elem_type
    value = _field(1, name) + _field(2, _field(1, floats))  # ValueInfoProto: name, type.tensor_type
    return _field(7, _field(12, value))  # ModelProto.graph.output


def _field(number: int, content: bytes) -> bytes:
    """Of protobuf's wire format, shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content
