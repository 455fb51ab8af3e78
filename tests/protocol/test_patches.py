"""A client's settings: merged, layered over aliases, and who speaks which language."""

import dataclasses

import pytest

from gateway.errors import Refused
from gateway.protocol.config import Config, TextRules, TimbreWeight, Voice, VoiceModify, cast_for, shown
from gateway.protocol.merge import merged
from gateway.protocol.patches import parse, understood

MIXTURE = [{"voice_id": "a", "weight": 30}, {"voice_id": "b", "weight": 70}]
ALIASES = {
    "narrator": {
        "auto": {"voice_id": "English_Graceful_Lady", "speed": 0.9, "pitch": 1},
        "ja": {"voice_id": "Japanese_KindLady", "speed": 0.8, "pitch": 1},
    },
    "choir": {
        "auto": {"timbre_weights": (TimbreWeight("a", 30), TimbreWeight("b", 70)), "vol": 3.0},
        "yue": {"voice_id": "Cantonese_GentleLady"},
    },
}


def voice_for(config: Config, language: str) -> Voice:
    """Upstream's voice for a language."""
    return cast_for(config, language).voice


def settled(*patches: dict, aliases=None) -> Config:
    """The effective config after these patches, one after the other."""
    settings: dict = {}
    for patch in patches:
        settings = merged(settings, understood(patch)[0])
    return parse(settings, aliases or {})


def test_nothing_said_is_the_defaults():
    assert parse({}) == Config()


def test_every_setting_is_part_of_the_effective_config():
    config = settled(
        {
            "voices": {"ja-JP": {"voice_id": "Japanese_KindLady", "styl": 1}, "zh-HK": {"speed": 1.5}},
            "text_rules": {"code": "speak", "markup": "pass"},
            "captions": "words",
            "lip": True,
            "labels": {"guild": "123"},
        }
    )
    assert shown(config) == {
        **shown(Config()),
        "voices": {"ja": {"voice_id": "Japanese_KindLady"}, "yue": {"speed": 1.5}},
        "text_rules": dataclasses.asdict(TextRules(code="speak", markup="pass")),
        "captions": "words",
        "lip": True,
        "labels": {"guild": "123"},
    }
    assert "casts" not in shown(config)


def test_null_goes_back_to_the_default_at_every_depth():
    first = {
        "voices": {"ja": {"voice_id": "x", "speed": 2}, "de": {"speed": 2}},
        "labels": {"a": "1", "b": "2"},
        "text_rules": {"code": "speak", "urls": "skip"},
        "captions": "words",
    }
    second = {
        "voices": {"ja": {"speed": None}, "de-AT": None},
        "labels": {"a": None},
        "text_rules": {"code": None},
        "captions": None,
    }
    config = settled(first, second)
    assert config.voices == {"ja": {"voice_id": "x"}}
    assert (config.labels, config.captions) == ({"b": "2"}, "none")
    assert config.text_rules == TextRules(urls="skip")
    assert settled(first, dict.fromkeys(first)) == Config()


def test_older_names_mean_the_same_and_both_at_once_are_refused():
    older = {"timber_weights": MIXTURE, "english_normalization": True}
    newer = {"timbre_weights": MIXTURE, "text_normalization": True}
    assert understood({"voice": older}) == understood({"voice": newer}) == ({"voice": newer}, [])
    assert understood({"voices": {"ja": older}}) == ({"voices": {"ja": newer}}, [])
    assert settled({"voice": newer}, {"voice": dict.fromkeys(older)}) == Config()
    for name, value in older.items():
        with pytest.raises(Refused) as refused:
            understood({"voice": {**newer, name: value}})
        assert refused.value.field == f"voice.{name}"


def test_a_language_without_a_voice_of_its_own_is_spoken_by_the_sessions():
    config = settled({"voice": {"speed": 1.5, "pitch": 2}, "voices": {"ja": {"voice_id": "J", "pitch": 3}}})
    assert voice_for(config, "ja") == Voice(voice_id="J", speed=1.5, pitch=3)
    assert voice_for(config, "en") == voice_for(config, "auto") == config.voice == Voice(speed=1.5, pitch=2)


def test_what_is_an_object_in_a_voice_is_merged_too():
    beneath = {"voice_modify": {"timbre": 5, "pitch": 1}}
    config = settled({"voice": beneath, "voices": {"ja": {"voice_modify": {"pitch": 9}}}})
    assert voice_for(config, "ja").voice_modify == VoiceModify(pitch=9, timbre=5)


def test_a_voice_that_is_named_takes_the_place_of_a_mixture():
    mixed = {"voice": {"timbre_weights": MIXTURE}}
    assert settled(mixed).voice.timbre_weights == (TimbreWeight("a", 30), TimbreWeight("b", 70))
    assert settled(mixed, {"voice": {"voice_id": "x"}}).voice == Voice(voice_id="x")
    assert voice_for(settled(mixed, {"voices": {"ja": {"voice_id": "x"}}}), "ja") == Voice(voice_id="x")
    assert settled({"voice": {"voice_id": "x", **mixed["voice"]}}).voice.timbre_weights is not None


def test_an_alias_lies_beneath_what_the_client_says_and_stays_visible_as_its_name():
    config = settled({"voice": {"voice_id": "narrator", "pitch": 5}}, aliases=ALIASES)
    assert config.voice == Voice(voice_id="narrator", speed=0.9, pitch=5)
    assert voice_for(config, "en") == Voice(voice_id="English_Graceful_Lady", speed=0.9, pitch=5)
    assert voice_for(config, "ja") == Voice(voice_id="Japanese_KindLady", speed=0.8, pitch=5)
    assert cast_for(config, "ja").voice_id == cast_for(config, "en").voice_id == "narrator"


def test_an_alias_in_the_voices_map_has_its_own_language():
    config = settled({"voice": {"voice_id": "x"}, "voices": {"ja": {"voice_id": "narrator"}}}, aliases=ALIASES)
    assert (config.voice.voice_id, config.voices) == ("x", {"ja": {"voice_id": "narrator"}})
    assert cast_for(config, "ja").voice_id == "narrator"
    assert voice_for(config, "ja") == Voice(voice_id="Japanese_KindLady", speed=0.8, pitch=1)
    assert voice_for(config, "en").voice_id == "x"


def test_one_alias_leaves_nothing_of_itself_to_another():
    config = settled({"voice": {"voice_id": "narrator"}, "voices": {"de": {"voice_id": "choir"}}}, aliases=ALIASES)
    assert (voice_for(config, "de").speed, voice_for(config, "de").vol) == (1.0, 3.0)


def test_what_an_alias_mixes_is_not_shown():
    config = settled({"voice": {"voice_id": "choir"}}, aliases=ALIASES)
    assert config.voice == Voice(voice_id="choir", vol=3.0)
    assert voice_for(config, "en").timbre_weights == (TimbreWeight("a", 30), TimbreWeight("b", 70))
    assert voice_for(config, "yue") == Voice(voice_id="Cantonese_GentleLady")


def test_a_client_mixes_aliases_too_but_no_mixtures():
    parts = [{"voice_id": "narrator", "weight": 1}, {"voice_id": "x", "weight": 2}]
    config = settled({"voice": {"timbre_weights": parts[::-1]}}, aliases=ALIASES)
    assert voice_for(config, "ja").timbre_weights == (TimbreWeight("x", 2), TimbreWeight("Japanese_KindLady", 1))
    config = settled({"voice": {"timbre_weights": parts}, "voices": {"ja": {}}}, aliases=ALIASES)
    assert config.voice.timbre_weights == (TimbreWeight("narrator", 1), TimbreWeight("x", 2))
    assert voice_for(config, "ja").timbre_weights == (TimbreWeight("Japanese_KindLady", 1), TimbreWeight("x", 2))
    assert cast_for(config, "ja").voice_id == "narrator"
    with pytest.raises(Refused) as refused:
        settled({"voice": {"timbre_weights": [{"voice_id": "choir", "weight": 1}]}}, aliases=ALIASES)
    assert refused.value.field == "voice.timbre_weights.0.voice_id"


def test_the_default_voice_may_be_an_alias():
    ours = {Voice().voice_id: {"auto": {"voice_id": "ours", "speed": 0.7}}}
    assert voice_for(parse({}, ours), "en") == Voice(voice_id="ours", speed=0.7)


@pytest.mark.parametrize(
    ("patch", "ignored"),
    [
        ({"voices": {"ja-JP": {"styl": 1, "speed": 2}}}, ["voices.ja-JP.styl"]),
        ({"text_rules": {"smileys": "drop"}, "labels": {"anything": "x"}}, ["text_rules.smileys"]),
        ({"manner": "godot", "audio": {"frame_s": 20}}, ["audio.frame_s", "manner"]),
    ],
)
def test_what_means_nothing_is_listed_by_its_path(patch: dict, ignored: list[str]):
    assert understood(patch)[1] == ignored
