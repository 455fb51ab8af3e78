"""What of a voice's settings goes with which model, language and codec: checked before money is spent."""

import re
from dataclasses import replace

from gateway.protocol.checks import one_of, refuse
from gateway.protocol.config import Config, Voice, VoiceModify
from gateway.protocol.languages import AUTO
from gateway.upstreams.base import Codec
from gateway.upstreams.t2a import offer

_SOUNDS = re.compile(r"[^()（）]*(?:\([^()（）]+\)[^()（）]*)*")
"""Plain text, and pinyin, Jyutping or IPA in half-width parentheses."""
_NO_TONE = re.compile(r"\([a-zü:']+[07-9]\)", re.IGNORECASE)
_MODEL = one_of(*offer.MODELS, *offer.CHOICES)


def check_all(config: Config, codec: Codec | None = None) -> None:
    """Every voice of a config, each with its language. Raises as `check` does.

    Pronunciations that several voices share are checked once: a client says them once.
    """
    lists: dict[int, tuple[tuple[str, ...] | None, str]] = {}
    for language, cast in config.casts.items():
        path = "voice." if language == AUTO else f"voices.{language}."
        _check_spoken(cast.voice, _spoken(config, language), codec, path)
        lists.setdefault(id(cast.voice.pronunciation_dict), (cast.voice.pronunciation_dict, path))
    for entries, path in lists.values():
        _check_pronunciation(entries, path)


def _spoken(config: Config, language: str) -> str:
    """What the voice for a language has to speak; the one for all others speaks what the config names, if any."""
    if language != AUTO:
        return language
    return AUTO if config.language in config.casts else config.language


def settled(config: Config) -> Config:
    """With models for `fast` and `best` in all casts; `config.voice` stays as the client said it."""
    if not any(cast.voice.model in offer.CHOICES for cast in config.casts.values()):
        return config
    casts = {
        language: replace(cast, voice=chosen(cast.voice, _spoken(config, language)))
        for language, cast in config.casts.items()
    }
    return replace(config, casts=casts)


def chosen(voice: Voice, language: str) -> Voice:
    """With a model in place of `fast` or `best`: the newest of its size that does all that the voice asks for. Where
    none does, the newest; `check` then says what it lacks.
    """
    if voice.model not in offer.CHOICES:
        return voice
    names = offer.of_size(offer.CHOICES[voice.model])
    return replace(voice, model=next((name for name in names if _able(name, voice, language)), names[0]))


def _able(name: str, voice: Voice, language: str) -> bool:
    model = offer.MODELS[name]
    return (
        language not in model.lacks
        and voice.emotion in (None, *model.emotions)
        and (model.continuous_sound or not voice.continuous_sound)
    )


def check(voice: Voice, language: str, codec: Codec | None = None, path: str = "voice.") -> None:
    """Raises `Refused` with code `bad_request`, naming the field and what is allowed.

    `codec` is the one asked of upstream; None leaves out what depends on it.
    """
    _check_spoken(voice, language, codec, path)
    _check_pronunciation(voice.pronunciation_dict, path)


def _check_spoken(voice: Voice, language: str, codec: Codec | None, path: str) -> None:
    """All but the pronunciations."""
    _MODEL(voice.model, path + "model")
    voice = chosen(voice, language)
    _check_language(voice.model, language, path)
    _check_emotion(voice, path)
    if voice.latex_read and language not in offer.FORMULAS_IN:
        raise refuse(path + "latex_read", "false with a language other than zh")
    if voice.continuous_sound and not offer.MODELS[voice.model].continuous_sound:
        able = [model for model, each in offer.MODELS.items() if each.continuous_sound]
        raise refuse(path + "continuous_sound", f"false with {voice.model}", f"; {' and '.join(able)} know it.")
    _check_modify(voice.voice_modify, codec, path)


def fitted(voice: Voice, language: str, model: str | None = None) -> Voice:
    """The voice for a language that nobody named, or for another model than its own.

    A model that lacks the language gives way to the nearest that speaks it; what does not go with the two is left out.
    """
    wanted = chosen(replace(voice, model=model), language).model if model else voice.model
    asked = offer.substitute(wanted, language) or wanted
    known = offer.MODELS[asked]
    emotion = voice.emotion if voice.emotion in known.emotions else None
    continuous_sound = voice.continuous_sound and known.continuous_sound
    latex_read = voice.latex_read and language in offer.FORMULAS_IN
    able = asked, emotion, continuous_sound, latex_read
    if able == (voice.model, voice.emotion, voice.continuous_sound, voice.latex_read):
        return voice
    return replace(voice, model=asked, emotion=emotion, continuous_sound=continuous_sound, latex_read=latex_read)


def _check_language(model: str, language: str, path: str) -> None:
    if language not in offer.LANGUAGE_BOOST:
        raise refuse("language", "auto or one of the forty languages")
    if offer.speaks(model, language):
        return
    able = offer.substitute(model, language)
    if path == "voice.":
        lacking = ", ".join(sorted(offer.MODELS[model].lacks))
        raise refuse("language", f"other than {lacking} with {model}", f"; {able} speaks them.")
    raise refuse(path + "model", f"a model that speaks {language}, which {model} does not", f"; {able} does.")


def _check_emotion(voice: Voice, path: str) -> None:
    known = offer.MODELS[voice.model].emotions
    if voice.emotion is not None and voice.emotion not in known:
        able = [model for model, each in offer.MODELS.items() if voice.emotion in each.emotions]
        allowed = f"null or one of {', '.join(known)} with {voice.model}"
        raise refuse(path + "emotion", allowed, f"; {' and '.join(able)} know it.")


def _check_pronunciation(entries: tuple[str, ...] | None, path: str) -> None:
    for index, entry in enumerate(entries or ()):
        written, _, spoken = entry.partition("/")
        if not written.strip() or not spoken.strip():
            raise refuse(f"{path}pronunciation_dict.{index}", "of the form written/spoken")
        if not _SOUNDS.fullmatch(spoken):
            allowed = "written/spoken with each sound in ( ) of its own"
            raise refuse(f"{path}pronunciation_dict.{index}", allowed, "; as 处理/(chu3)(li3).")
        if _NO_TONE.search(spoken):
            raise refuse(f"{path}pronunciation_dict.{index}", "spoken with the tones 1 to 5, of Cantonese 1 to 6")


def _check_modify(modify: VoiceModify | None, codec: Codec | None, path: str) -> None:
    if modify is not None and codec not in (None, *offer.MODIFIED_WHEN_STREAMED):
        allowed = f"null unless audio.codec is {' or '.join(offer.MODIFIED_WHEN_STREAMED)}"
        raise refuse(path + "voice_modify", allowed)
