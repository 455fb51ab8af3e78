"""`voice_modify`, in a simple way: what each setting is named after can be heard."""

import numpy as np
from numpy.typing import NDArray

from gateway.emulator.order import Modify
from gateway.emulator.sound import Samples

Wave = NDArray[np.floating]
_ECHOES = {"spacious_echo": ((0.11, 0.35), (0.23, 0.2)), "auditorium_echo": ((0.05, 0.4), (0.09, 0.3), (0.17, 0.25))}
_ROBOT_HZ = 70.0
_TELEPHONE_HZ = (300.0, 3400.0)


def semitones(modify: Modify) -> float:
    """-100 is six semitones deeper, 100 six higher."""
    return 0.06 * modify.pitch


def modified(samples: Samples, rate: int, modify: Modify) -> Samples:
    """One sentence, with intensity, timbre and effect applied; its length stays."""
    if (modify.intensity, modify.timbre, modify.effect) == (0, 0, "") or not samples.size:
        return samples
    wave = _tilted(samples.astype(np.float32), modify.timbre / 100)
    wave = wave * np.float32(10 ** (-modify.intensity / 400))
    wave = _effect(wave, rate, modify.effect)
    return np.clip(wave, -32768, 32767).astype(np.int16)


def _tilted(wave: Wave, amount: float) -> Wave:
    """Towards crisp (1: highs raised) or rich (-1: highs lowered)."""
    before = np.concatenate([wave[:1], wave[:-1]])
    tilted: Wave = wave + (amount if amount > 0 else amount / 2) * (wave - before)
    return tilted


def _effect(wave: Wave, rate: int, name: str) -> Wave:
    if name in _ECHOES:
        return _echoed(wave, rate, _ECHOES[name])
    if name == "lofi_telephone":
        return _band(wave, rate, *_TELEPHONE_HZ)
    if name == "robotic":
        chopped: Wave = wave * np.sign(np.sin(np.arange(wave.size) * (2 * np.pi * _ROBOT_HZ / rate)))
        return chopped
    return wave


def _echoed(wave: Wave, rate: int, echoes: tuple[tuple[float, float], ...]) -> Wave:
    result = wave.copy()
    for seconds, strength in echoes:
        late = round(seconds * rate)
        result[late:] += np.float32(strength) * wave[: max(0, wave.size - late)]
    return result


def _band(wave: Wave, rate: int, low: float, high: float) -> Wave:
    spectrum = np.fft.rfft(wave)
    frequencies = np.fft.rfftfreq(wave.size, 1 / rate)
    spectrum[(frequencies < low) | (frequencies > high)] = 0
    return np.fft.irfft(spectrum, wave.size).astype(np.float32)
