"""What is asked for: how a book is to be spoken, checked before it costs anything."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.audio.formats import check as check_audio
from gateway.audio.formats import is_made, upstream_format
from gateway.errors import Refused
from gateway.protocol.casting import Aliases
from gateway.protocol.checks import refuse
from gateway.protocol.config import Config, TextRules, Voice, cast_for
from gateway.protocol.merge import Patch, merged
from gateway.protocol.patches import parse, understood
from gateway.upstreams.base import Format
from gateway.upstreams.t2a.offer import interjections
from gateway.upstreams.t2a.parameters import check as check_voice
from gateway.upstreams.t2a.parameters import chosen

CODECS = ("mp3", "flac", "wav")
KEYS = ("voice", "language", "audio", "text_rules", "labels")
DEFAULTS: Patch = {"audio": {"codec": "mp3", "rate": 32000}, "text_rules": {"markdown": "raw"}}
"""Marks of Markdown were understood when the file was read, or are none."""
_LARGEST_PAYLOAD = 1 << 20


@dataclass(frozen=True, slots=True)
class Order:
    voice: Voice
    voice_id: str
    """As the client knows the voice."""
    language: str
    codec: str
    format: Format
    rules: TextRules
    labels: Mapping[str, str]

    @property
    def tags(self) -> frozenset[str]:
        return interjections(self.voice.model)


def order(settings: Patch, aliases: Aliases) -> Order:
    """Of a client's settings, as a session's. Raises `Refused`."""
    given, unknown = understood(settings)
    for key in [*unknown, *(key for key in given if key not in KEYS)]:
        raise refuse(key, f"left out; known are {', '.join(KEYS)}")
    config = parse(merged(DEFAULTS, given), aliases)
    _check_audio(config)
    cast = cast_for(config, config.language)
    check_voice(cast.voice, config.language)
    form = upstream_format(dataclasses.replace(config.audio, file="segment"))
    voice, language = chosen(cast.voice, config.language), config.language
    return Order(voice, cast.voice_id, language, config.audio.codec, form, config.text_rules, config.labels)


def _check_audio(config: Config) -> None:
    audio = config.audio
    if audio.codec not in CODECS:
        allowed = f"one of {', '.join(CODECS)}"
        raise Refused("unsupported_audio", refuse("audio.codec", allowed).message, field="audio.codec")
    check_audio(audio, _LARGEST_PAYLOAD)
    if is_made(audio):
        message = "A long text is given as upstream made it: without frame_ms, loudness and file, at a rate it makes."
        raise Refused("unsupported_audio", message, field="audio")
