"""A client's JSON → settings that are understood → the effective config."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gateway.protocol.casting import NO_ALIASES, Aliases, as_known, casts
from gateway.protocol.checks import LONGEST_NAME, boolean, build, mapping, one_of, refuse
from gateway.protocol.config import TAGS, Audio, Config, TextRules, Voice, did_you_mean, labels, language
from gateway.protocol.languages import AUTO, canonical
from gateway.protocol.merge import Patch, named
from gateway.protocol.profiles import over_defaults, profile

MOST_IGNORED = 50
_PARTS: dict[str, type] = {"voice": Voice, "audio": Audio, "text_rules": TextRules}
_KEYS = frozenset({*_PARTS, "voices", "language", "profile", "captions", "lip", "labels"})
_OLDER_NAMES = {"timber_weights": "timbre_weights", "english_normalization": "text_normalization"}
"""Spellings of older T2A documents, and of some present ones."""


def understood(patch: Patch) -> tuple[dict[str, Any], list[str]]:
    """What of a patch means something here, by its present names, and the dotted paths of the rest.

    Raises `Refused` where two names mean the same, and for a language that is none.
    """
    known: dict[str, Any] = {}
    ignored: list[str] = []
    for key, value in patch.items():
        if key not in _KEYS:
            ignored.append(key)
        elif not isinstance(value, Mapping):
            known[key] = value
        elif key == "voices":
            known[key] = voices(value, key, ignored)
        elif key == "voice":
            known[key] = voice(value, key, ignored)
        elif key in _PARTS:
            known[key] = _known(_PARTS[key], value, key, ignored)
        else:
            known[key] = value
    return known, sorted(path[:LONGEST_NAME] for path in ignored)[:MOST_IGNORED]


def voices(given: Patch, path: str, ignored: list[str]) -> dict[str, Any]:
    """Voices by language, under the tags of `LANGUAGES`; appends to `ignored`."""
    result: dict[str, Any] = {}
    for key, value in given.items():
        here, tag = f"{path}.{key[:LONGEST_NAME]}", canonical(key)
        if tag is None or tag == AUTO:
            raise refuse(here, f"named by {TAGS}", "" if tag else did_you_mean(key))
        if tag in result:
            raise refuse(here, f"left out: {tag} is there already under another name")
        result[tag] = voice(value, here, ignored) if isinstance(value, Mapping) else value
    return result


def voice(given: Patch, path: str, ignored: list[str]) -> Patch:
    """A voice's fields by their present names; appends to `ignored`."""
    present = dict(given)
    for older, name in _OLDER_NAMES.items():
        if older in given and name in given:
            raise refuse(f"{path}.{older}", f"left out beside {name}: it is its older name")
        if older in given:
            present[name] = present.pop(older)
    return named(_known(Voice, present, path, ignored))


def _known(kind: type[Any], given: Patch, path: str, ignored: list[str]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind)}
    ignored += [f"{path}.{name}" for name in given if name not in names]
    return {name: value for name, value in given.items() if name in names}


def parse(settings: Patch, aliases: Aliases = NO_ALIASES) -> Config:
    """What is understood of a client's settings → the effective config. Raises `Refused`."""
    settings = over_defaults(settings)
    said = mapping(settings.get("voice", {}), "voice")
    own = mapping(settings.get("voices", {}), "voices")
    speaking = casts(said, {tag: mapping(each, f"voices.{tag}") for tag, each in own.items()}, aliases)
    return Config(
        voice=as_known(said, speaking[AUTO]),
        language=language(settings.get("language", AUTO), "language"),
        voices=own,
        audio=build(Audio, mapping(settings.get("audio", {}), "audio"), "audio."),
        text_rules=build(TextRules, mapping(settings.get("text_rules", {}), "text_rules"), "text_rules."),
        profile=profile(settings),
        captions=one_of("none", "words")(settings.get("captions", "none"), "captions"),
        lip=boolean(settings.get("lip", False), "lip"),
        labels=labels(settings.get("labels", {}), "labels"),
        casts=speaking,
    )
