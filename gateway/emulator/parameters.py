"""A request's JSON → what it asks for. Pure; raises `Refusal` with the service's codes and words."""

from collections.abc import Sequence
from typing import cast

from gateway.emulator import order, refusals
from gateway.emulator.account.own_voices import OwnVoices
from gateway.emulator.boosts import BOOSTS, NEWER_MODELS_ONLY
from gateway.emulator.counting import invisible_ratio
from gateway.emulator.habits import Habits
from gateway.emulator.order import Container, Modify, Order, Setup, Shape, Subtitle
from gateway.emulator.reader import Reader
from gateway.emulator.refusals import illegal
from gateway.emulator.voices import Timbre, mixed

_INVISIBLE_AT_MOST = 0.1


def order_of(body: Reader, habits: Habits, own: OwnVoices) -> Order:
    """What one HTTP request asks for."""
    setup = setup_of(body, habits, own)
    stream = body.boolean("stream")
    if setup.subtitle == "word_streaming" and not stream:
        raise illegal("subtitle_type")
    if stream and setup.shape.container == "wav" and not habits.streamed_wav:
        raise illegal("audio_setting format")
    if body.string("output_format", "hex") not in {"hex", "url"}:
        raise illegal("output_format")
    return Order(
        text=checked_text(body.string("text")),
        setup=setup,
        stream=stream,
        aggregate=not body.below("stream_options").boolean("exclude_aggregated_audio"),
        as_url=not stream and body.string("output_format", "hex") == "url",
    )


def checked_text(text: str, most: int = order.LONGEST_TEXT) -> str:
    if not text.strip():
        raise refusals.no_text()
    if len(text) > most:
        raise refusals.too_long()
    if invisible_ratio(text) > _INVISIBLE_AT_MOST:
        raise refusals.too_invisible()
    return text


def setup_of(body: Reader, habits: Habits, own: OwnVoices, shape: Shape | None = None) -> Setup:
    """Everything but the text: a socket's `task_start`, or a part of an HTTP request. `shape` instead of the body's."""
    model = model_of(body)
    voice = body.below("voice_setting")
    _check_types(body, voice)
    weights = _voices(body, voice, habits)
    setup = Setup(
        model=model,
        voices=weights,
        speed=_within(voice.number("speed", 1.0), 0.5, 2.0, "voice_setting speed"),
        vol=_volume(voice.number("vol", 1.0)),
        pitch=int(_within(voice.integer("pitch", 0), -12, 12, "voice_setting pitch")),
        emotion=_emotion(voice.string("emotion"), model, habits),
        language=_language(body, voice, model),
        shape=shape or shape_of(body.below("audio_setting")),
        modify=_modify(body.below("voice_modify")),
        pronunciations=_pronunciations(body.below("pronunciation_dict")),
        subtitle=_subtitle(body),
        timbre=_timbre(weights, own, habits),
    )
    _check_modify(body, setup)
    return setup


def model_of(body: Reader) -> str:
    model = body.string("model")
    if model not in order.MODELS:
        raise refusals.no_model(model)
    return model


def boost_of(body: Reader) -> str | None:
    """None finds the language from the text."""
    name = body.string("language_boost")
    if name not in {"", "auto", *BOOSTS}:
        raise illegal("language_boost")
    return None if name in {"", "auto"} else name


def _timbre(weights: Sequence[tuple[str, int]], own: OwnVoices, habits: Habits) -> Timbre:
    found = [(own.timbre_of(voice_id), weight) for voice_id, weight in weights]
    known = [(timbre, weight) for timbre, weight in found if timbre]
    if len(known) < len(found):
        raise refusals.no_voice(habits.lost_voice_code)
    return mixed(known)


def _check_types(body: Reader, voice: Reader) -> None:
    """Settings that change nothing here still have a type. Both names of the normalisation are taken."""
    for switch in ("text_normalization", "english_normalization"):
        voice.boolean(switch)
    for switch in ("aigc_watermark", "continuous_sound"):
        body.boolean(switch)


def _voices(body: Reader, voice: Reader, habits: Habits) -> tuple[tuple[str, int], ...]:
    weights = body.objects("timbre_weights")
    if habits.old_timbre_spelling:
        weights = weights or body.objects("timber_weights")
    voice_id = voice.string("voice_id")
    if voice_id or not weights:
        return ((voice_id, 1),) if voice_id else _missing_voice()
    if len(weights) > 4:
        raise illegal("timbre_weights")
    return tuple(
        (each.string("voice_id"), int(_within(each.integer("weight", 0), 1, 100, "timbre_weights weight")))
        for each in weights
    )


def _missing_voice() -> tuple[tuple[str, int], ...]:
    raise illegal("voice_setting voice_id")


def _within(value: float, least: float, most: float, field: str) -> float:
    if not least <= value <= most:
        raise illegal(field)
    return value


def _volume(value: float) -> float:
    if not 0 < value <= 10:
        raise illegal("voice_setting vol")
    return value


def _emotion(name: str, model: str, habits: Habits) -> str:
    if not name:
        return ""
    if name not in order.EMOTIONS and not (habits.neutral_emotion and name == "neutral"):
        raise illegal("voice_setting emotion")
    family = order.family(model)
    unsupported = name in {"fluent", "whisper"} and family != "speech-2.6"
    if unsupported or family in habits.emotion_refused_by:
        raise refusals.no_emotion(family if habits.emotion_refusal_names_model else None)
    return name


def _language(body: Reader, voice: Reader, model: str) -> str | None:
    """Formulas are read in Chinese, whatever was asked for."""
    name = boost_of(body)
    if name in NEWER_MODELS_ONLY and order.family(model) in {"speech-01", "speech-02"}:
        raise illegal("language_boost")
    if voice.boolean("latex_read"):
        return "Chinese"
    return name


def shape_of(audio: Reader, rate_key: str = "sample_rate", channels: int = 1) -> Shape:
    """`channels` when none are asked for."""
    shape = Shape(
        container=cast("Container", audio.string("format", "mp3")),
        rate=audio.integer(rate_key, 32000),
        bitrate=audio.integer("bitrate", 128000),
        channels=audio.integer("channel", channels),
        constant_bitrate=audio.boolean("force_cbr"),
    )
    if shape.container not in order.CONTAINERS:
        raise illegal("audio_setting format")
    if shape.rate not in order.RATES:
        raise illegal(f"audio_setting {rate_key}")
    if shape.container == "mp3" and shape.bitrate not in order.BITRATES:
        raise illegal("audio_setting bitrate")
    if shape.channels not in {1, 2}:
        raise illegal("audio_setting channel")
    return shape


def _modify(modify: Reader) -> Modify:
    effect = modify.string("sound_effects")
    if effect and effect not in order.EFFECTS:
        raise illegal("voice_modify sound_effects")
    pitch, intensity, timbre = (
        int(_within(modify.integer(name, 0), -100, 100, f"voice_modify {name}"))
        for name in ("pitch", "intensity", "timbre")
    )
    return Modify(pitch, intensity, timbre, effect)


def _check_modify(body: Reader, setup: Setup) -> None:
    """Documented for mp3, and for wav and flac when not streamed."""
    if setup.modify == Modify():
        return
    stream = body.boolean("stream")
    if setup.shape.container not in ({"mp3"} if stream else {"mp3", "wav", "flac"}):
        raise illegal("voice_modify")


def _subtitle(body: Reader) -> Subtitle | None:
    name = body.string("subtitle_type", "sentence")
    if name not in order.SUBTITLES:
        raise illegal("subtitle_type")
    return name if body.boolean("subtitle_enable") else None


def _pronunciations(dictionary: Reader) -> tuple[tuple[str, str], ...]:
    pairs = [tuple(entry.split("/", 1)) for entry in dictionary.strings("tone")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise refusals.bad_glyph()
    return tuple((pair[0], pair[1]) for pair in pairs)
