"""The voices that exist, and the timbre each one has here: its own, and the same on every run."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product
from typing import Literal

TEST_VOICE = "test_tones"
"""Known, but not listed: its audio is a pure function of the text and the settings."""

_MINTED = re.compile(r"moss_audio_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)

Gender = Literal["male", "female"]


@dataclass(frozen=True, slots=True)
class Listing:
    """A voice of the catalogue; `language` is a value of `language_boost`."""

    id: str
    gender: Gender | None
    language: str
    listed: bool


@dataclass(frozen=True, slots=True)
class Timbre:
    """`variant` names one of espeak-ng's, `semitones` move it, `tract` scales its formants (1 is the variant's own)."""

    variant: str
    gender: Gender
    semitones: float
    tract: float


# Only variants that speech recognition understood (word error below half) take part: some of the others are noise.
_VARIANTS: Mapping[Gender, Sequence[str]] = {
    "male": ("m1", "m5", "Mike", "m2", "m3", "", "adam"),
    "female": ("f2", "f3", "steph", "f5"),
}
_SEMITONES = (0.0, -2.0, 2.0, -1.0, 1.0, -3.0, 3.0, -0.5, 1.5, -1.5, 0.5, 2.5, -2.5)
_TRACTS = (1.0, 0.95, 1.05, 0.975, 1.025)


@cache
def catalogue() -> Mapping[str, Listing]:
    text = resources.files("gateway.emulator").joinpath("voices.json").read_text(encoding="utf-8")
    return {entry["id"]: Listing(**entry) for entry in json.loads(text)}


def exists(voice_id: str) -> bool:
    return voice_id in catalogue() or voice_id == TEST_VOICE or _MINTED.match(voice_id) is not None


def language_of(voice_id: str) -> str:
    listing = catalogue().get(voice_id)
    return listing.language if listing else "English"


def timbre_of(voice_id: str) -> Timbre:
    return _timbres().get(voice_id) or drawn(voice_id)


def drawn(seed: str, gender: Gender | None = None) -> Timbre:
    """One that the seed chooses."""
    every = _every(gender or _gender_by_chance(seed))
    return every[_chance(seed) // 2 % len(every)]


def mixed(timbres: Sequence[tuple[Timbre, int]]) -> Timbre:
    """The heaviest of them, moved towards the others by their weights."""
    whole = sum(weight for _, weight in timbres)
    heaviest, _ = max(timbres, key=lambda item: item[1])
    return Timbre(
        heaviest.variant,
        heaviest.gender,
        sum(timbre.semitones * weight for timbre, weight in timbres) / whole,
        sum(timbre.tract * weight for timbre, weight in timbres) / whole,
    )


def place_of_variant(timbre: Timbre) -> int:
    """The variant's number among its gender's, counted from the middle."""
    variants = _VARIANTS[timbre.gender]
    return variants.index(timbre.variant) - len(variants) // 2


@cache
def _timbres() -> Mapping[str, Timbre]:
    """Dealt in the catalogue's order, so that no two voices of one gender share a timbre."""
    decks = {gender: iter(_every(gender)) for gender in _VARIANTS}
    return {voice.id: next(decks[voice.gender or _gender_by_chance(voice.id)]) for voice in catalogue().values()}


@cache
def _every(gender: Gender) -> Sequence[Timbre]:
    return [
        Timbre(variant, gender, semitones, tract)
        for tract, semitones, variant in product(_TRACTS, _SEMITONES, _VARIANTS[gender])
    ]


def _gender_by_chance(voice_id: str) -> Gender:
    return "female" if _chance(voice_id) % 2 else "male"


def _chance(voice_id: str) -> int:
    return int.from_bytes(hashlib.sha256(voice_id.encode("utf-8", "surrogatepass")).digest()[:4], "big")
