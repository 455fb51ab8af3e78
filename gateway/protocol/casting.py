"""Who speaks a language: found in layers, the upper ones first.

    voices.ja                     what the client says for the language
    voice                         what the client says
    alias narrator, in Japanese   what the operator says of the voice that is named above
    alias narrator
    defaults

An alias stands for who speaks, too, unless the client mixes voices itself. It names upstream's voices, not aliases.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gateway.protocol.checks import checked, refuse
from gateway.protocol.config import Cast, TimbreWeight, Voice
from gateway.protocol.languages import AUTO
from gateway.protocol.merge import Patch, merged

Fields = Mapping[str, Any]
"""Of a `Voice`, checked."""
Aliases = Mapping[str, Mapping[str, Fields]]
"""The operator's voices by name: what each sets, whole, by language; `auto` for those that are not named."""

NO_ALIASES: Aliases = MappingProxyType({})


def casts(voice: Patch, voices: Mapping[str, Patch], aliases: Aliases) -> dict[str, Cast]:
    """By language, with `auto` for those without a voice of their own. Raises `Refused`.

    What the client says once is checked once, however many languages it holds for.
    """
    said = checked(Voice, voice, "voice.")
    result = {AUTO: _cast(said, aliases, AUTO, "voice.")}
    mixed = [part.voice_id for part in said.get("timbre_weights") or ()]
    for tag in {tag: None for name in mixed or [result[AUTO].voice_id] for tag in aliases.get(name, ())}:
        result[tag] = _cast(said, aliases, tag, "voice.")
    for tag, own in voices.items():
        path, whole = f"voices.{tag}.", merged(voice, own)
        for_tag = checked(Voice, {name: whole[name] for name in own if name in whole}, path)
        result[tag] = _cast(over(said, for_tag), aliases, tag, path)
    return result


def as_known(voice: Patch, cast: Cast) -> Voice:
    """The voice as the client knows it: an alias is a name, and what it mixes is not shown."""
    own = {name: voice[name] for name in ("voice_id", "timbre_weights") if name in voice}
    said = Voice(**checked(Voice, own, "voice."))
    return dataclasses.replace(cast.voice, voice_id=said.voice_id, timbre_weights=said.timbre_weights)


def over(fields: Fields, others: Fields) -> Fields:
    """A voice's fields beneath others: who is named takes the place of a mixture."""
    if "voice_id" in others and "timbre_weights" not in others:
        fields = {name: value for name, value in fields.items() if name != "timbre_weights"}
    return {**fields, **others}


def _cast(said: Fields, aliases: Aliases, language: str, path: str) -> Cast:
    mixture = said.get("timbre_weights")
    if mixture:
        parts = tuple(
            _unmixed(part, aliases, language, f"{path}timbre_weights.{index}.voice_id")
            for index, part in enumerate(mixture)
        )
        return Cast(Voice(**{**said, "timbre_weights": parts}), mixture[0].voice_id)
    name = said.get("voice_id", Voice().voice_id)
    if name in aliases:
        layer = _layer(aliases, name, language)
        return Cast(Voice(**{**layer, **said, "voice_id": layer.get("voice_id", name)}), name)
    return Cast(Voice(**said), name)


def _unmixed(part: TimbreWeight, aliases: Aliases, language: str, path: str) -> TimbreWeight:
    """One voice of a mixture, by upstream's name."""
    if part.voice_id not in aliases:
        return part
    layer = _layer(aliases, part.voice_id, language)
    if "timbre_weights" in layer:
        raise refuse(path, "a voice that is no mixture itself")
    return dataclasses.replace(part, voice_id=layer["voice_id"])


def _layer(aliases: Aliases, name: str, language: str) -> Fields:
    layers = aliases[name]
    return layers.get(language) or layers[AUTO]
