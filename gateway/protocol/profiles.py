"""What platforms need, by name: settings that hold where the client says nothing else."""

from typing import Any

from gateway.protocol.checks import mapping, none_or, one_of
from gateway.protocol.merge import Patch, merged

_PCM = {"codec": "pcm_s16le", "rate": 24000, "channels": 1}
_VOICE_MESSAGE = {"codec": "ogg_opus", "rate": 24000, "channels": 1, "bitrate": 32000, "file": "turn"}

PROFILES: dict[str, dict[str, Any]] = {
    "browser": {"audio": _PCM, "captions": "words", "lip": True},
    "godot": {"audio": {**_PCM, "frame_ms": 40}},
    "unreal": {"audio": {**_PCM, "frame_ms": 40}},
    "unity": {"audio": _PCM},
    "unity.webgl": {"audio": {**_PCM, "codec": "wav"}, "lip": True},
    "discord.voice": {"audio": {"codec": "opus", "rate": 24000, "channels": 1, "bitrate": 32000, "frame_ms": 20}},
    "discord.voice_message": {"audio": _VOICE_MESSAGE},
    "telegram.voice": {"audio": {**_VOICE_MESSAGE, "file_bytes": 1_000_000}},
    "telephony": {"audio": {"codec": "mulaw", "rate": 8000, "channels": 1, "frame_ms": 20}},
}
"""Telegram shows neither length nor waveform of what is larger (tdlib/telegram-bot-api#354)."""
_USUAL: dict[Any, dict[str, Any]] = {"opus": {"bitrate": 32000}, "ogg_opus": {"bitrate": 32000}}
"""What a codec's defaults are, where they are not all codecs'."""


def profile(settings: Patch) -> str | None:
    """Raises `Refused`."""
    name: str | None = none_or(one_of(*PROFILES))(settings.get("profile"), "profile")
    return name


def over_defaults(settings: Patch) -> dict[str, Any]:
    """The settings over their profile's, and over their codec's defaults. Raises `Refused`.

    A profile's audio is one form: of another codec nothing of it holds.
    """
    beneath = PROFILES.get(profile(settings) or "", {})
    own = mapping(settings.get("audio", {}), "audio")
    if "audio" in beneath and own.get("codec", beneath["audio"]["codec"]) != beneath["audio"]["codec"]:
        beneath = {**beneath, "audio": {}}
    codec = own.get("codec", beneath.get("audio", {}).get("codec"))
    usual = _USUAL.get(codec, {}) if isinstance(codec, str) else {}
    return merged(merged({"audio": usual}, beneath), settings)
