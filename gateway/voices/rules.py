"""What may be asked of upstream about voices: checked before anything is uploaded or paid. Pure.

voice_id           8 to 256 characters of A-Z a-z 0-9 _ -, a letter first, a letter or digit last
audio              mp3, m4a or wav, 10 s to 5 min, at most 20 MB
prompt_audio       the same, below 8 s; with prompt_text
text               the preview, up to 1000 characters; with model
text_validation    up to 200 characters; accuracy 0 to 1
prompt, preview_text (design)    up to 500 characters each
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from gateway.protocol.checks import Check, boolean, build, list_of, mapping, may, must, none_or, number, refuse, string
from gateway.protocol.config import TimbreWeight, Voice, language
from gateway.protocol.languages import AUTO, canonical
from gateway.text.billing import billable
from gateway.text.cleaner.characters import HIDDEN
from gateway.text.speakable import speakable
from gateway.upstreams.t2a.parameters import check as check_voice
from gateway.voices.known import samples

SAMPLE_S, PROMPT_S = (10.0, 300.0), 8.0
SAMPLE_BYTES = 20 * 1000 * 1000
"""Upstream says 20 MB, and not which."""
MIXED_CHARACTERS = (200, 2500)
"""Billable ones, which take 10 s to 5 min to speak in any language."""
_MIXED = 4
_VOICE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]")
_TAG = re.compile(r"[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8}){0,8}")
_HIDDEN = re.compile(f"[{HIDDEN}]")


def new_id(value: Any, path: str) -> str:
    if isinstance(value, str) and _VOICE_ID.fullmatch(value):
        return value
    allowed = "8 to 256 characters of A-Z a-z 0-9 _ -, beginning with a letter and not ending with _ or -"
    raise refuse(path, allowed)


def spoken(longest: int) -> Check:
    """A text for a voice to say."""

    def check(value: Any, path: str) -> str:
        text: str = string(longest, 1)(value, path)
        if not speakable(text):
            raise refuse(path, "a text with letters or digits")
        if len(_HIDDEN.findall(text)) * 10 > len(text):
            raise refuse(path, "a text of which at most one character in ten is invisible")
        return text

    return check


def _tongue(value: Any, path: str) -> str | None:
    """One of the forty; None for `auto`."""
    tag: str = language(value, path)
    return None if tag == AUTO else tag


def _any_tongue(value: Any, path: str) -> str:
    """A sample may be in any language."""
    text: str = string(35, 2)(value, path)
    if not _TAG.fullmatch(text):
        raise refuse(path, "a BCP-47 tag, such as en or sw")
    tag = canonical(text)
    return text if tag in (None, AUTO) else tag


def _mixture(value: Any, path: str) -> tuple[TimbreWeight, ...]:
    if not isinstance(value, list) or not 2 <= len(value) <= _MIXED:
        raise refuse(path, f"a list of 2 to {_MIXED} items")
    parts: tuple[TimbreWeight, ...] = list_of(_part, _MIXED)(value, path)
    return parts


def _part(value: Any, path: str) -> TimbreWeight:
    return build(TimbreWeight, mapping(value, path), path + ".")


@dataclasses.dataclass(frozen=True, slots=True)
class CloneWish:
    voice_id: str = must(new_id)
    prompt_text: str | None = may(none_or(spoken(1000)), shown=False)
    """What is said in the prompt's audio."""
    text: str | None = may(none_or(spoken(1000)), shown=False)
    model: str | None = may(none_or(string(256, 1)))
    language: str | None = may(none_or(_tongue))
    """That the voice will speak."""
    sample_language: str | None = may(none_or(_any_tongue))
    noise_reduction: bool = may(boolean, default=False)
    volume_normalization: bool = may(boolean, default=False)
    text_validation: str | None = may(none_or(spoken(200)), shown=False)
    """What is said in the sample: upstream compares."""
    accuracy: float | None = may(none_or(number(0, 1)))
    """How alike the two must be."""


@dataclasses.dataclass(frozen=True, slots=True)
class DesignWish:
    prompt: str = must(spoken(500))
    preview_text: str = must(spoken(500))
    voice_id: str | None = may(none_or(new_id))
    language: str | None = may(none_or(_tongue))


@dataclasses.dataclass(frozen=True, slots=True)
class MixWish:
    voice_id: str = must(new_id)
    timbre_weights: tuple[TimbreWeight, ...] = must(_mixture)
    language: str = may(language, "en")
    model: str = may(string(256, 1), Voice().model)
    text: str | None = may(none_or(spoken(10_000)), shown=False)
    """What the sample says; None: a few sentences of ours."""

    @property
    def sample(self) -> str:
        if self.text is not None:
            return self.text
        sentences = samples()[self.language]
        return " ".join([sentences] * -(-MIXED_CHARACTERS[0] // billable(sentences)))


@dataclasses.dataclass(frozen=True, slots=True)
class ActivateWish:
    model: str = may(string(256, 1), Voice().model)


_FLAGS = {"true": True, "false": False}


def clone_wish(form: Mapping[str, str], *, prompt: bool) -> CloneWish:
    """Of a form, in which all is text; `prompt`: it brings a prompt's audio. Raises `Refused`."""
    given: dict[str, Any] = {name: value for name, value in form.items() if value != ""}
    for name in ("noise_reduction", "volume_normalization"):
        if name in given:
            given[name] = _FLAGS.get(given[name], given[name])
    if "accuracy" in given:
        given["accuracy"] = _decimal(given["accuracy"])
    wish = build(CloneWish, given, "")
    _together("prompt_audio", prompt, "prompt_text", wish.prompt_text is not None)
    _together("text", wish.text is not None, "model", wish.model is not None)
    if wish.accuracy is not None and wish.text_validation is None:
        raise refuse("accuracy", "left out without text_validation")
    if wish.model is not None:
        check_model(wish.model, wish.language)
    return wish


def design_wish(given: Any) -> DesignWish:
    return build(DesignWish, mapping(given, "body"), "")


def mix_wish(given: Any) -> MixWish:
    wish = build(MixWish, mapping(given, "body"), "")
    if wish.language == AUTO:
        raise refuse("language", "the tag of a language")
    check_model(wish.model, wish.language)
    low, high = MIXED_CHARACTERS
    if wish.text is not None and not low <= billable(wish.text) <= high:
        raise refuse("text", f"{low} to {high} billable characters, which take 10 s to 5 min to speak")
    return wish


def activate_wish(given: Any, language: str | None) -> ActivateWish:
    """`language`: of the voice."""
    wish = build(ActivateWish, mapping(given, "body"), "")
    check_model(wish.model, language)
    return wish


def check_model(model: str, language: str | None) -> None:
    """Raises `Refused` for one that is none, or lacks the language."""
    check_voice(Voice(model=model), language or AUTO, path="")


def _together(one: str, has_one: bool, other: str, has_other: bool) -> None:
    if has_one != has_other:
        missing, there = (other, one) if has_one else (one, other)
        raise refuse(missing, f"given with {there}")


def _decimal(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
