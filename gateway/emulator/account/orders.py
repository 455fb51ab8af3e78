"""What the calls about voices ask for: JSON → values. Pure; raises `Refusal`."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from gateway.emulator.account.own_voices import KINDS, Kind
from gateway.emulator.parameters import boost_of, checked_text, model_of
from gateway.emulator.reader import Reader
from gateway.emulator.refusals import illegal

SHORTEST_SAMPLE_S, LONGEST_SAMPLE_S, LONGEST_PROMPT_S = 10, 300, 8
_VOICE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]\Z")
_ID = re.compile(r"[0-9]{1,19}\Z")
_LONGEST_PREVIEW, _LONGEST_VALIDATION, _LONGEST_DESIGN_PREVIEW = 1000, 200, 500
_ACCURACY = 0.7


@dataclass(frozen=True, slots=True)
class CloneOrder:
    voice_id: str
    file_id: int
    prompt: tuple[int, str] | None
    """A file and what is said in it."""
    preview: tuple[str, str] | None
    """A text and the model that says it."""
    language: str | None
    validation: str
    """What is said in the sample; empty when nobody checks."""
    accuracy: float


@dataclass(frozen=True, slots=True)
class DesignOrder:
    prompt: str
    preview: str
    voice_id: str | None


def clone_order_of(body: Reader) -> CloneOrder:
    for switch in ("need_noise_reduction", "need_volume_normalization", "aigc_watermark"):
        body.boolean(switch)
    accuracy = body.number("accuracy", _ACCURACY)
    if not 0 <= accuracy <= 1:
        raise illegal("accuracy")
    validation = body.string("text_validation")
    if len(validation) > _LONGEST_VALIDATION:
        raise illegal("text_validation")
    return CloneOrder(
        voice_id=_voice_id(body.string("voice_id")),
        file_id=file_id_of(body, "file_id"),
        prompt=_prompt(body.below("clone_prompt")) if "clone_prompt" in body else None,
        preview=_preview(body),
        language=boost_of(body),
        validation=validation,
        accuracy=accuracy,
    )


def design_order_of(body: Reader) -> DesignOrder:
    prompt = body.string("prompt")
    if not prompt.strip():
        raise illegal("prompt")
    own = body.string("voice_id")
    preview = checked_text(body.string("preview_text"), _LONGEST_DESIGN_PREVIEW)
    return DesignOrder(prompt, preview, _voice_id(own) if own else None)


def deleted_of(body: Reader) -> tuple[Kind, str]:
    kind = body.string("voice_type")
    if kind not in KINDS:
        raise illegal("voice_type")
    return kind, body.string("voice_id")


def file_id_of(body: Reader, key: str) -> int:
    file_id = body.integer(key, 0)
    if file_id <= 0:
        raise illegal(key)
    return file_id


def id_of(given: str, key: str) -> int:
    """Of a query."""
    if not _ID.match(given):
        raise illegal(key)
    return int(given)


def alike(heard: str, told: str) -> float:
    """0…1, by letters."""
    first, second = (re.sub(r"[\W_]+", " ", text).strip().casefold() for text in (heard, told))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _voice_id(voice_id: str) -> str:
    if not _VOICE_ID.match(voice_id):
        raise illegal("voice_id")
    return voice_id


def _prompt(prompt: Reader) -> tuple[int, str]:
    text = prompt.string("prompt_text")
    if not text.strip():
        raise illegal("clone_prompt prompt_text")
    return file_id_of(prompt, "prompt_audio"), text


def _preview(body: Reader) -> tuple[str, str] | None:
    return (checked_text(body.string("text"), _LONGEST_PREVIEW), model_of(body)) if body.string("text") else None
