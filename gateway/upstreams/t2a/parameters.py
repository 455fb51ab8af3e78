"""The ranges of upstream's settings, checked before money is spent."""

from gateway.protocol.checks import integer, number, one_of, refuse
from gateway.protocol.config import TimbreWeight, Voice, VoiceModify
from gateway.upstreams.base import Codec
from gateway.upstreams.t2a import offer

_MODEL = one_of(*offer.MODELS)
_EMOTION = one_of(*offer.EMOTIONS)
_EFFECT = one_of(*offer.SOUND_EFFECTS)
_SPEED = number(0.5, 2)
_LOUDEST = 10
_PITCH = integer(-12, 12)
_WEIGHT = integer(1, 100)
_MODIFY = integer(-100, 100)
_MOST_TIMBRES = 4


def check(voice: Voice, language: str, codec: Codec | None = None) -> None:
    """Raises `Refused` with code `bad_request`, naming the field and what is allowed.

    `codec` is the one asked of upstream; None leaves out what depends on it.
    """
    _MODEL(voice.model, "voice.model")
    _SPEED(voice.speed, "voice.speed")
    if not 0 < voice.vol <= _LOUDEST:
        raise refuse("voice.vol", f"a number above 0, up to {_LOUDEST}")
    _PITCH(voice.pitch, "voice.pitch")
    _check_emotion(voice)
    _check_language(voice.model, language)
    _check_timbres(voice.timbre_weights)
    _check_pronunciation(voice.pronunciation_dict)
    _check_modify(voice.voice_modify, codec)


def _check_emotion(voice: Voice) -> None:
    if voice.emotion is None:
        return
    _EMOTION(voice.emotion, "voice.emotion")
    if voice.emotion in offer.ONLY_2_6 and not voice.model.startswith("speech-2.6-"):
        others = [emotion for emotion in offer.EMOTIONS if emotion not in offer.ONLY_2_6]
        raise refuse("voice.emotion", f"one of {', '.join(others)} with this model")


def _check_language(model: str, language: str) -> None:
    if language not in offer.LANGUAGE_BOOST:
        raise refuse("language", "auto or one of the forty languages")
    if language in offer.NOT_ON_OLD_MODELS and model.startswith(offer.OLD_MODELS):
        raise refuse("language", "other than fa, fil, ta with the models speech-01 and speech-02")


def _check_timbres(weights: tuple[TimbreWeight, ...] | None) -> None:
    if weights is None:
        return
    if not 1 <= len(weights) <= _MOST_TIMBRES:
        raise refuse("voice.timbre_weights", f"a list of 1 to {_MOST_TIMBRES} items")
    for index, timbre in enumerate(weights):
        _WEIGHT(timbre.weight, f"voice.timbre_weights.{index}.weight")


def _check_pronunciation(entries: tuple[str, ...] | None) -> None:
    for index, entry in enumerate(entries or ()):
        written, _, spoken = entry.partition("/")
        if not written.strip() or not spoken.strip():
            raise refuse(f"voice.pronunciation_dict.{index}", "of the form written/spoken")


def _check_modify(modify: VoiceModify | None, codec: Codec | None) -> None:
    if modify is None:
        return
    if codec not in (None, *offer.MODIFIED_WHEN_STREAMED):
        raise refuse("voice.voice_modify", f"null unless audio.codec is {' or '.join(offer.MODIFIED_WHEN_STREAMED)}")
    for name in ("pitch", "intensity", "timbre"):
        _MODIFY(getattr(modify, name), f"voice.voice_modify.{name}")
    if modify.sound_effects is not None:
        _EFFECT(modify.sound_effects, "voice.voice_modify.sound_effects")
