"""Integrated loudness by ITU-R BS.1770-4, from its text: the gateway measures with libav's filter."""

from typing import Any

import numpy as np

_SHELF = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1.0, -1.69065929318241, 0.73248077421585])
_HIGH_PASS = ([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621])
"""Annex 1, tables 1 and 2, at 48 kHz."""


def lufs(pcm: bytes, rate: int) -> float:
    """Mono 16-bit PCM. Weighted in the frequency domain, as the filters' magnitudes are at 48 kHz."""
    samples = np.frombuffer(pcm, "<i2") / 32768
    spectrum = np.fft.rfft(samples)
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(len(samples), 1 / rate) / 48000)
    for numerator, denominator in (_SHELF, _HIGH_PASS):
        spectrum = spectrum * _at(numerator, z) / _at(denominator, z)
    power = np.fft.irfft(spectrum, len(samples)) ** 2
    block, step = rate * 4 // 10, rate // 10
    blocks = np.array([power[at : at + block].mean() for at in range(0, len(power) - block + 1, step)])
    heard = blocks[_lufs(blocks) > -70]
    return float(_lufs(heard[_lufs(heard) > _lufs(heard.mean()) - 10].mean()))


def _at(coefficients: list[float], z: Any) -> Any:
    return sum(coefficient * z**power for power, coefficient in enumerate(coefficients))


def _lufs(power: Any) -> Any:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
