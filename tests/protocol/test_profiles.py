import pytest

from gateway.audio.formats import check
from gateway.errors import Refused
from gateway.protocol.config import Audio
from gateway.protocol.patches import parse
from gateway.protocol.profiles import PROFILES


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_can_be_delivered_and_holds_as_it_says(name: str):
    config = parse({"profile": name})
    check(config.audio, 2560)
    assert config.profile == name
    said = PROFILES[name]
    assert {key: getattr(config.audio, key) for key in said["audio"]} == said["audio"]
    assert (config.captions, config.lip) == (said.get("captions", "none"), said.get("lip", False))


def test_what_is_said_goes_before_a_profile():
    config = parse({"profile": "browser", "lip": False, "audio": {"rate": 16000}})
    assert (config.captions, config.lip, config.audio) == ("words", False, Audio(rate=16000))


def test_another_codec_sets_a_profiles_audio_aside():
    assert parse({"profile": "discord.voice", "audio": {"codec": "mp3"}}).audio == Audio(codec="mp3")
    assert parse({"profile": "telephony", "audio": {"codec": "mulaw"}}).audio.frame_ms == 20


def test_opus_has_a_bitrate_of_its_own_unless_one_is_said():
    assert parse({"audio": {"codec": "opus"}}).audio.bitrate == 32000
    assert parse({"audio": {"codec": "ogg_opus", "bitrate": 64000}}).audio.bitrate == 64000
    assert parse({}).audio.bitrate == 128000


def test_an_unknown_profile_is_refused_with_those_there_are():
    with pytest.raises(
        Refused, match=r"profile must be one of browser, godot, .*; did you mean discord.voice\?"
    ) as refusal:
        parse({"profile": "discord"})
    assert (refusal.value.code, refusal.value.field) == ("bad_request", "profile")
    assert parse({"profile": None}).profile is None
