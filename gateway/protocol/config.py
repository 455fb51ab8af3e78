"""A session's settings as values.

Names inside `Voice` are T2A v2's own, so that MiniMax's documentation explains them. Shapes, types and the ranges that
hold everywhere are checked here; what depends on the model or the codec by those who use a setting
(`upstreams.t2a.parameters`, `audio.formats`).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gateway.protocol.checks import (
    boolean,
    build,
    closest,
    integer,
    list_of,
    mapping,
    may,
    must,
    none_or,
    number,
    one_of,
    refuse,
    string,
    whole,
)
from gateway.protocol.languages import AUTO, canonical, meant

NAME = string(256, 1)
TAGS = "a BCP-47 tag of one of the forty languages, such as en, zh-HK or nn"
EMOTIONS = ("happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm", "fluent", "whisper")
MOST_LABELS, LONGEST_LABEL = 16, 64
_CHANGE = integer(-100, 100)


@dataclasses.dataclass(frozen=True, slots=True)
class TimbreWeight:
    voice_id: str = must(NAME)
    weight: int = must(integer(1, 100))
    """The larger, the closer to that voice."""


@dataclasses.dataclass(frozen=True, slots=True)
class VoiceModify:
    """Deep to bright, strong to soft, nasal to crisp."""

    pitch: int = may(_CHANGE, 0)
    intensity: int = may(_CHANGE, 0)
    timbre: int = may(_CHANGE, 0)
    sound_effects: str | None = may(none_or(one_of("spacious_echo", "auditorium_echo", "lofi_telephone", "robotic")))


def _emotion(value: Any, path: str) -> str:
    if isinstance(value, str) and value in EMOTIONS:
        return value
    raise refuse(path, f"null or one of {', '.join(EMOTIONS)}", closest(value, EMOTIONS))


def _timbre_weight(value: Any, path: str) -> TimbreWeight:
    return build(TimbreWeight, mapping(value, path), path + ".")


def _voice_modify(value: Any, path: str) -> VoiceModify:
    return build(VoiceModify, mapping(value, path), path + ".")


def language(value: Any, path: str) -> str:
    tag = canonical(string(35, 1)(value, path))
    if tag is None:
        raise refuse(path, f"auto or {TAGS}", did_you_mean(value))
    return tag


def did_you_mean(tag: str) -> str:
    probably = meant(tag)
    return f"; did you mean {probably}?" if probably else ""


def labels(value: Any, path: str) -> dict[str, str]:
    given = mapping(value, path)
    if len(given) > MOST_LABELS or not all(1 <= len(key) <= LONGEST_LABEL for key in given):
        raise refuse(path, f"at most {MOST_LABELS} labels, with names of 1 to {LONGEST_LABEL} characters")
    return {key: string(LONGEST_LABEL)(each, f"{path}.{key}") for key, each in given.items()}


@dataclasses.dataclass(frozen=True, slots=True)
class Voice:
    voice_id: str = may(NAME, "English_Graceful_Lady")
    """Not sent when `timbre_weights` mixes voices."""
    model: str = may(NAME, "speech-2.8-turbo")
    speed: float = may(number(0.5, 2), 1.0)
    vol: float = may(number(0, 10, above=0.01), 1.0)
    pitch: int = may(integer(-12, 12), 0)
    """Semitones."""
    emotion: str | None = may(none_or(_emotion))
    """None: as the text suggests."""
    timbre_weights: tuple[TimbreWeight, ...] | None = may(none_or(list_of(_timbre_weight, 4)))
    text_normalization: bool = may(boolean, default=False)
    latex_read: bool = may(boolean, default=False)
    """Formulas between `$$`, in Chinese."""
    continuous_sound: bool = may(boolean, default=False)
    """A text is spoken in one go: better prosody, later first sound."""
    pronunciation_dict: tuple[str, ...] | None = may(none_or(list_of(string(200, 3), 1000)))
    """Each `written/spoken`."""
    voice_modify: VoiceModify | None = may(none_or(_voice_modify))


@dataclasses.dataclass(frozen=True, slots=True)
class Audio:
    """The form in which the client hears. Milliseconds of audio where the name says so."""

    codec: str = may(one_of("pcm_s16le", "mulaw", "mp3", "opus", "wav", "flac", "ogg_opus"), "pcm_s16le")
    rate: int = may(whole(24000), 24000)
    channels: int = may(integer(1, 2), 1)
    bitrate: int = may(whole(128000), 128000)
    frame_ms: int | None = may(none_or(integer(5, 100)))
    """Exact frames of this length; None: as they come."""
    file: str = may(one_of("segment", "turn"), "segment")
    file_bytes: int | None = may(none_or(integer(65536, 2**30)))
    """What one file a turn should stay below."""
    loudness: float | None = may(none_or(number(-40, -10)))
    """LUFS at which all voices are heard; None: as upstream gives them."""
    lead_ms: int | None = may(none_or(integer(0, 60000)))
    lookahead_ms: int = may(integer(0, 120000), 15000)


@dataclasses.dataclass(frozen=True, slots=True)
class TextRules:
    """How text becomes speech."""

    markdown: str = may(one_of("plain", "raw"), "plain")
    """`plain`: marks are understood and not spoken. `raw`: nothing of the text is a mark."""
    code: str = may(one_of("skip", "speak"), "skip")
    """Blocks of code. Inline code is always spoken, without its backticks."""
    urls: str = may(one_of("host", "skip", "speak"), "host")
    """A link's text is always spoken, and so is an e-mail address."""
    emoji: str = may(one_of("drop", "name"), "drop")
    """A keycap is its digit either way: menus count with them."""
    think: str = may(one_of("drop", "speak"), "drop")
    stage: str = may(one_of("drop", "speak"), "drop")
    """A `*…*` that makes a whole sentence by itself."""
    markup: str = may(one_of("escape", "pass"), "escape")
    """Upstream's control syntax."""


@dataclasses.dataclass(frozen=True, slots=True)
class Cast:
    """Who speaks: upstream's voice, and the id by which the client knows it."""

    voice: Voice = dataclasses.field(default_factory=Voice)
    voice_id: str = Voice().voice_id


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    voice: Voice = dataclasses.field(default_factory=Voice)
    """As the client knows it: an alias is a name here, and its mixture is not shown."""
    language: str = AUTO
    voices: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    """By language: merge patches over `voice`."""
    audio: Audio = dataclasses.field(default_factory=Audio)
    text_rules: TextRules = dataclasses.field(default_factory=TextRules)
    profile: str | None = None
    captions: str = "none"
    lip: bool = False
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    casts: Mapping[str, Cast] = dataclasses.field(default_factory=lambda: {AUTO: Cast()})
    """Who speaks each language that has a voice of its own, and `auto`: all others. Not shown."""


def cast_for(config: Config, language: str) -> Cast:
    return config.casts.get(language) or config.casts[AUTO]


def shown(config: Config) -> dict[str, Any]:
    """The effective config as clients see it. What the client said stands in it as it is, since copies cost time."""
    fields = (field.name for field in dataclasses.fields(Config) if field.name != "casts")
    return {name: _plain(getattr(config, name)) for name in fields}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if value and isinstance(value, tuple) and dataclasses.is_dataclass(value[0]):
        return tuple(_plain(each) for each in value)
    return value
