"""How a voice of one's own sounds: near its sample, or as its description says. Pure, the same on every run."""

import math
import re
from dataclasses import replace

from gateway.emulator.voices import Gender, Timbre, drawn

_NATURAL_HZ: dict[Gender, float] = {"male": 100.0, "female": 190.0}
"""About what espeak-ng's variants have."""
_BETWEEN_HZ = 150.0
_FARTHEST = 7.0
_WORDS: dict[Gender, re.Pattern[str]] = {
    "female": re.compile(r"\b(?:woman|female|girl|lady|mother|grandmother|queen|she|her)\b|女", re.IGNORECASE),
    "male": re.compile(r"\b(?:man|male|boy|gentleman|father|grandfather|king|he|his)\b|男", re.IGNORECASE),
}


def of_sample(hz: float | None, seed: str) -> Timbre:
    """As high as the sample; the rest of it is the seed's."""
    if hz is None:
        return drawn(seed)
    gender: Gender = "male" if hz < _BETWEEN_HZ else "female"
    semitones = 12 * math.log2(hz / _NATURAL_HZ[gender])
    return replace(drawn(seed, gender), semitones=max(-_FARTHEST, min(_FARTHEST, semitones)))


def of_prompt(prompt: str) -> Timbre:
    """Man or woman, whichever is named first."""
    named = [(found.start(), gender) for gender, words in _WORDS.items() if (found := words.search(prompt))]
    return drawn(prompt, min(named)[1] if named else None)
