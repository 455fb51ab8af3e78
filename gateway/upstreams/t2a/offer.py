"""What T2A v2 offers, from its public documentation: models, emotions, languages, effects."""

from dataclasses import dataclass

from gateway.protocol.config import EMOTIONS
from gateway.text.cleaner.guard import INTERJECTIONS as TAGS

_MOST = tuple(emotion for emotion in EMOTIONS if emotion not in {"fluent", "whisper"})

INTERJECTIONS = TAGS - {"whistles", "crying", "applause"}
"""Written in parentheses amid the text; the three are in some of upstream's pages only."""


@dataclass(frozen=True, slots=True)
class Model:
    emotions: tuple[str, ...] = _MOST
    interjections: frozenset[str] = frozenset()
    """Others read them aloud."""
    continuous_sound: bool = False
    lacks: frozenset[str] = frozenset()
    """Languages it doesn't speak."""
    successor: str | None = None
    """What is asked in its place for those: of the same size, and the oldest listed one that speaks all."""


_2_8 = Model(interjections=INTERJECTIONS, continuous_sound=True)
_2_6 = Model(emotions=EMOTIONS)
_NOT_ON_OLDER = frozenset({"fa", "fil", "ta"})

MODELS = {
    "speech-2.8-hd": _2_8,
    "speech-2.8-turbo": _2_8,
    "speech-2.6-hd": _2_6,
    "speech-2.6-turbo": _2_6,
    # In no current list, but they still answer.
    "speech-2.5-hd-preview": Model(),
    "speech-2.5-turbo-preview": Model(),
    "speech-02-hd": Model(lacks=_NOT_ON_OLDER, successor="speech-2.6-hd"),
    "speech-02-turbo": Model(lacks=_NOT_ON_OLDER, successor="speech-2.6-turbo"),
    "speech-01-hd": Model(lacks=_NOT_ON_OLDER, successor="speech-2.6-hd"),
    "speech-01-turbo": Model(lacks=_NOT_ON_OLDER, successor="speech-2.6-turbo"),
}

MODIFIED_WHEN_STREAMED = ("mp3",)
"""Codecs with which `voice_modify` acts on a streamed answer."""

LANGUAGE_BOOST: dict[str, str] = {
    "auto": "auto", "zh": "Chinese", "yue": "Chinese,Yue", "en": "English", "ar": "Arabic", "ru": "Russian",
    "es": "Spanish", "fr": "French", "pt": "Portuguese", "de": "German", "tr": "Turkish", "nl": "Dutch",
    "uk": "Ukrainian", "vi": "Vietnamese", "id": "Indonesian", "ja": "Japanese", "it": "Italian",
    "ko": "Korean",
    "th": "Thai", "pl": "Polish", "ro": "Romanian", "el": "Greek", "cs": "Czech", "fi": "Finnish",
    "hi": "Hindi",
    "bg": "Bulgarian", "da": "Danish", "he": "Hebrew", "ms": "Malay", "fa": "Persian", "sk": "Slovak",
    "sv": "Swedish", "hr": "Croatian", "fil": "Filipino", "hu": "Hungarian", "no": "Norwegian",
    "sl": "Slovenian",
    "ca": "Catalan", "nn": "Nynorsk", "ta": "Tamil", "af": "Afrikaans",
}  # fmt: skip
"""Language tags → names of `language_boost`."""
_NATIVE = {name: tag for tag, name in LANGUAGE_BOOST.items() if tag not in {"auto", "yue"}} | {"Cantonese": "yue"}
FORMULAS_IN = ("zh", "auto")
"""Languages with which `latex_read` goes: it makes Chinese of any."""


def native(voice_id: str) -> str | None:
    """The language that a voice's id begins with, as upstream names its own: `Japanese_KindLady`, `greek_male_1a`."""
    name = voice_id.partition("_")[0].partition(" ")[0].capitalize()
    return _NATIVE.get(name)


def interjections(model: str) -> frozenset[str]:
    return MODELS[model].interjections


def speaks(model: str, language: str) -> bool:
    return language not in MODELS[model].lacks


def substitute(model: str, language: str) -> str | None:
    """The nearest model that speaks the language, of the same size; the model itself where it does."""
    return model if speaks(model, language) else MODELS[model].successor
