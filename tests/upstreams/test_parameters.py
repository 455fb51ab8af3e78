from dataclasses import replace

import pytest

from gateway.errors import Refused
from gateway.protocol.config import EMOTIONS, TimbreWeight, Voice, VoiceModify
from gateway.protocol.languages import LANGUAGES
from gateway.upstreams.base import Codec
from gateway.upstreams.t2a import offer
from gateway.upstreams.t2a.parameters import check, chosen, fitted

VOICE = Voice()
MOST = "happy, sad, angry, fearful, disgusted, surprised, calm"


@pytest.mark.parametrize(
    "voice",
    [
        VOICE,
        *(replace(VOICE, model=model) for model in offer.MODELS),
        *(replace(VOICE, model="speech-2.6-hd", emotion=emotion) for emotion in EMOTIONS),
        replace(VOICE, emotion="happy"),
        replace(VOICE, timbre_weights=tuple(TimbreWeight("v", weight) for weight in (1, 100, 50, 7))),
        replace(VOICE, pronunciation_dict=("omg/oh my god", "处理/(chu3)(li3)", "a/(/b/)")),
        replace(VOICE, voice_modify=VoiceModify(-100, 100, 0, "robotic")),
        replace(VOICE, continuous_sound=True, latex_read=True),
    ],
)
def test_what_upstream_offers_is_accepted(voice: Voice):
    check(voice, "auto")


@pytest.mark.parametrize(
    ("voice", "refusal"),
    [
        (
            replace(VOICE, model="speech-2.8"),
            ("model", f"one of {', '.join(offer.MODELS)}, fast, best; did you mean speech-2.8-hd?"),
        ),
        (
            replace(VOICE, emotion="whisper"),
            ("emotion", f"null or one of {MOST} with speech-2.8-turbo; speech-2.6-hd and speech-2.6-turbo know it."),
        ),
        (
            replace(VOICE, continuous_sound=True, model="speech-2.6-hd"),
            ("continuous_sound", "false with speech-2.6-hd; speech-2.8-hd and speech-2.8-turbo know it."),
        ),
        (replace(VOICE, pronunciation_dict=("a/b", "omg")), ("pronunciation_dict.1", "of the form written/spoken.")),
        (replace(VOICE, pronunciation_dict=("a/",)), ("pronunciation_dict.0", "of the form written/spoken.")),
        *(
            (
                replace(VOICE, pronunciation_dict=(f"处理/{spoken}",)),
                ("pronunciation_dict.0", "written/spoken with each sound in ( ) of its own; as 处理/(chu3)(li3)."),
            )
            for spoken in ("(chu3", "chu3)", "(chu3)()", "((chu3))", "（chu3）")
        ),
        *(
            (
                replace(VOICE, pronunciation_dict=(f"处理/{spoken}",)),
                ("pronunciation_dict.0", "spoken with the tones 1 to 5, of Cantonese 1 to 6."),
            )
            for spoken in ("(chu3)(li7)", "(chu0)")
        ),
    ],
)
@pytest.mark.parametrize("path", ["voice.", "voices.ja."])
def test_what_does_not_go_together_is_refused_with_its_name_and_what_is_allowed(
    voice: Voice, refusal: tuple[str, str], path: str
):
    with pytest.raises(Refused) as refused:
        check(voice, "auto", path=path)
    field, allowed = refusal
    assert (refused.value.code, refused.value.field) == ("bad_request", path + field)
    assert refused.value.message == f"{path}{field} must be {allowed}"


@pytest.mark.parametrize("codec", ["pcm", "flac"])
def test_a_modified_voice_is_streamed_as_mp3_only(codec: Codec):
    modified = replace(VOICE, voice_modify=VoiceModify(pitch=3))
    check(modified, "auto", "mp3")
    check(VOICE, "auto", codec)
    with pytest.raises(Refused) as refused:
        check(modified, "auto", codec)
    assert (refused.value.code, refused.value.field) == ("bad_request", "voice.voice_modify")
    assert refused.value.message == "voice.voice_modify must be null unless audio.codec is mp3."


@pytest.mark.parametrize("language", ["fa", "fil", "ta"])
@pytest.mark.parametrize(
    ("model", "able"), [("speech-01-hd", "speech-2.6-hd"), ("speech-02-turbo", "speech-2.6-turbo")]
)
def test_three_languages_need_a_newer_model(language: str, model: str, able: str):
    old = replace(VOICE, model=model)
    check(VOICE, language)
    check(old, "en")
    with pytest.raises(Refused) as refused:
        check(old, language)
    assert refused.value.field == "language"
    assert refused.value.message == f"language must be other than fa, fil, ta with {model}; {able} speaks them."
    with pytest.raises(Refused) as refused:
        check(old, language, path=f"voices.{language}.")
    assert refused.value.field == f"voices.{language}.model"
    assert f"a model that speaks {language}, which {model} does not; {able} does." in refused.value.message


@pytest.mark.parametrize("language", LANGUAGES)
def test_formulas_are_read_in_chinese_only(language: str):
    formulas = replace(VOICE, latex_read=True)
    if language == "zh":
        check(formulas, language)
    else:
        with pytest.raises(Refused, match="latex_read must be false with a language other than zh"):
            check(formulas, language)


def test_every_language_has_its_own_name_upstream():
    assert set(offer.LANGUAGE_BOOST) == {*LANGUAGES, "auto"}
    assert len(set(offer.LANGUAGE_BOOST.values())) == 41
    with pytest.raises(Refused):
        check(VOICE, "tlh")


@pytest.mark.parametrize("model", offer.MODELS)
def test_a_substitute_speaks_every_language_and_is_of_the_same_size(model: str):
    for language in LANGUAGES:
        other = offer.substitute(model, language)
        assert other is not None
        assert offer.speaks(other, language)
        assert ("-hd" in other) == ("-hd" in model)
        assert (other == model) == offer.speaks(model, language)


def test_nineteen_interjections_are_known_to_the_newest_models_alone():
    assert {model for model in offer.MODELS if offer.interjections(model)} == {"speech-2.8-hd", "speech-2.8-turbo"}
    assert len(offer.interjections("speech-2.8-hd")) == 19


@pytest.mark.parametrize("model", offer.MODELS)
def test_whatever_is_fitted_to_a_model_and_a_language_can_be_asked_for(model: str):
    for emotion in (None, *EMOTIONS):
        voice = replace(VOICE, emotion=emotion, continuous_sound=True, latex_read=True, pitch=3)
        for language in LANGUAGES:
            other = fitted(voice, language, model)
            check(other, language)
            assert (other.voice_id, other.pitch) == (voice.voice_id, 3)
            assert other.emotion in {emotion, None}


def test_what_fits_is_left_as_it_is():
    voice = replace(VOICE, emotion="happy", continuous_sound=True, latex_read=True)
    assert fitted(voice, "zh") == fitted(voice, "auto") == voice
    assert fitted(voice, "ja") == replace(voice, latex_read=False)
    old = replace(VOICE, model="speech-02-hd", emotion="sad")
    assert fitted(old, "fa") == replace(old, model="speech-2.6-hd")


@pytest.mark.parametrize(
    ("voice", "fast", "best"),
    [
        (VOICE, "speech-2.8-turbo", "speech-2.8-hd"),
        (replace(VOICE, emotion="calm", continuous_sound=True), "speech-2.8-turbo", "speech-2.8-hd"),
        (replace(VOICE, emotion="whisper"), "speech-2.6-turbo", "speech-2.6-hd"),
    ],
)
def test_fast_and_best_are_the_newest_models_that_do_what_the_voice_asks(voice: Voice, fast: str, best: str):
    for language in ("auto", *LANGUAGES):
        for name, model in (("fast", fast), ("best", best)):
            named = replace(voice, model=name)
            check(named, language)
            assert chosen(named, language) == replace(voice, model=model)
    assert chosen(voice, "auto") is voice


def test_what_no_model_does_is_refused_by_name():
    both = replace(VOICE, model="best", emotion="whisper", continuous_sound=True)
    with pytest.raises(Refused) as refused:
        check(both, "auto")
    assert refused.value.message == (
        f"voice.emotion must be null or one of {MOST} with speech-2.8-hd; speech-2.6-hd and speech-2.6-turbo know it."
    )


def test_a_voice_is_fitted_to_a_choice_as_to_a_model():
    assert fitted(replace(VOICE, emotion="whisper"), "en", "best").model == "speech-2.6-hd"
    assert fitted(VOICE, "fa", "fast") is VOICE
