"""What T2A v2 offers, from its public documentation: models, emotions, languages, effects, prices.

`models.json` has the models, the newest first; a price or a support of which nothing is known is null there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

TABLE: Mapping[str, Any] = json.loads(
    resources.files("gateway.upstreams.t2a").joinpath("models.json").read_text("utf-8")
)
INTERJECTIONS = frozenset(TABLE["interjections"])
"""Written in parentheses amid the text. Three more stand in some of upstream's pages only."""
CHOICES: Mapping[str, str] = {"fast": "turbo", "best": "hd"}
"""Names that stand for the newest able model of a size."""


@dataclass(frozen=True, slots=True)
class Model:
    size: str
    """`hd` or `turbo`."""
    status: str
    """`current`, or `legacy`: it may answer, but no list has it any more, or none with its price."""
    emotions: tuple[str, ...]
    interjections: frozenset[str]
    """Others read them aloud."""
    continuous_sound: bool
    lacks: frozenset[str]
    """Languages it doesn't speak."""
    usd_per_million_characters: float | None
    """None: not known. Long texts cost the same."""
    longest_text: int
    """Code points of one request."""
    asynchronous: bool | None
    """Whether it speaks long texts; None: not known."""
    successor: str | None
    """Of a legacy model."""


def _model(row: Mapping[str, Any]) -> Model:
    tags = INTERJECTIONS if row["interjections"] else frozenset[str]()
    lists = {"emotions": tuple(row["emotions"]), "interjections": tags, "lacks": frozenset(row["lacks"])}
    return Model(**{**row, **lists})


MODELS: Mapping[str, Model] = {name: _model(row) for name, row in TABLE["models"].items()}

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


def of_size(size: str) -> tuple[str, ...]:
    """Today's, the newest first."""
    return tuple(name for name, model in MODELS.items() if (model.size, model.status) == (size, "current"))


def substitute(model: str, language: str) -> str | None:
    """The nearest model that speaks the language, of the same size: the oldest one; the model itself where it does."""
    if speaks(model, language):
        return model
    return next((name for name in reversed(of_size(MODELS[model].size)) if speaks(name, language)), None)


def cost(model: str, characters: int) -> int | None:
    """Micro-dollars for billed characters; None where the model's price is not known."""
    price = MODELS[model].usd_per_million_characters
    if price is None:
        return None if characters else 0
    return round(characters * price)
