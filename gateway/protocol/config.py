"""A session's settings as values, and how a client's JSON becomes them.

Names inside `Voice` are T2A v2's own, so that MiniMax's documentation explains them. Here only shapes and types are
checked; ranges belong to those who use a setting (`upstreams.t2a.parameters`, `audio.formats`).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gateway.protocol.checks import (
    boolean,
    build,
    integer,
    list_of,
    mapping,
    may,
    must,
    none_or,
    one_of,
    real,
    refuse,
    string,
    whole,
)
from gateway.protocol.languages import AUTO, canonical

NAME = string(256, 1)
MOST_IGNORED, LONGEST_PATH = 50, 64


@dataclasses.dataclass(frozen=True, slots=True)
class TimbreWeight:
    voice_id: str = must(NAME)
    weight: int = must(whole)
    """1–100; the larger, the closer to that voice."""


@dataclasses.dataclass(frozen=True, slots=True)
class VoiceModify:
    """Each −100…100: deep to bright, strong to soft, nasal to crisp."""

    pitch: int = may(whole, 0)
    intensity: int = may(whole, 0)
    timbre: int = may(whole, 0)
    sound_effects: str | None = may(none_or(NAME))


def _timbre_weight(value: Any, path: str) -> TimbreWeight:
    return build(TimbreWeight, mapping(value, path), path + ".")


def _voice_modify(value: Any, path: str) -> VoiceModify:
    return build(VoiceModify, mapping(value, path), path + ".")


def _language(value: Any, path: str) -> str:
    tag = canonical(string(35, 1)(value, path))
    if tag is None:
        raise refuse(path, "auto or a BCP-47 tag of one of the forty languages, such as en, zh-HK or nn")
    return tag


@dataclasses.dataclass(frozen=True, slots=True)
class Voice:
    voice_id: str = may(NAME, "English_Graceful_Lady")
    """Not sent when `timbre_weights` mixes voices."""
    model: str = may(NAME, "speech-2.8-turbo")
    speed: float = may(real, 1.0)
    vol: float = may(real, 1.0)
    pitch: int = may(whole, 0)
    """Semitones."""
    emotion: str | None = may(none_or(NAME))
    timbre_weights: tuple[TimbreWeight, ...] | None = may(none_or(list_of(_timbre_weight, 4)))
    text_normalization: bool = may(boolean, default=False)
    latex_read: bool = may(boolean, default=False)
    pronunciation_dict: tuple[str, ...] | None = may(none_or(list_of(string(200, 3), 1000)))
    """Each `written/spoken`."""
    voice_modify: VoiceModify | None = may(none_or(_voice_modify))


@dataclasses.dataclass(frozen=True, slots=True)
class Audio:
    """The form in which the client hears. Milliseconds of audio where the name says so."""

    codec: str = may(one_of("pcm_s16le", "mulaw", "mp3", "opus", "wav", "flac", "ogg_opus"), "pcm_s16le")
    rate: int = may(integer(8000, 48000), 24000)
    channels: int = may(integer(1, 2), 1)
    bitrate: int = may(integer(6000, 320000), 128000)
    file: str = may(one_of("segment", "turn"), "segment")
    lead_ms: int | None = may(none_or(integer(0, 60000)))
    lookahead_ms: int = may(integer(0, 120000), 15000)


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    voice: Voice = dataclasses.field(default_factory=Voice)
    language: str = AUTO
    audio: Audio = dataclasses.field(default_factory=Audio)


Patch = Mapping[str, Any]
"""A JSON merge patch (RFC 7396) of a config: null means back to the default."""


def merged(settings: Patch, patch: Patch) -> dict[str, Any]:
    result = dict(settings)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            below = result.get(key)
            result[key] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


_PARTS: dict[str, type] = {"voice": Voice, "audio": Audio}


def understood(patch: Patch) -> tuple[dict[str, Any], list[str]]:
    """What of a patch means something here, and the dotted paths of the rest."""
    known: dict[str, Any] = {}
    ignored = [key for key in patch if key not in _PARTS and key != "language"]
    for key, value in patch.items():
        if key in _PARTS and isinstance(value, Mapping):
            names = {field.name for field in dataclasses.fields(_PARTS[key])}
            known[key] = {name: each for name, each in value.items() if name in names}
            ignored += [f"{key}.{name}" for name in value if name not in names]
        elif key not in ignored:
            known[key] = value
    return known, sorted(path[:LONGEST_PATH] for path in ignored)[:MOST_IGNORED]


def parse(settings: Patch) -> Config:
    """What is understood of a client's settings → the effective config. Raises `Refused`."""
    return Config(
        voice=build(Voice, mapping(settings.get("voice", {}), "voice"), "voice."),
        language=_language(settings.get("language", AUTO), "language"),
        audio=build(Audio, mapping(settings.get("audio", {}), "audio"), "audio."),
    )
