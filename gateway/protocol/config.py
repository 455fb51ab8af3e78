"""A session's settings as values. Names inside `Voice` are T2A v2's own, so that MiniMax's documentation explains them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TimbreWeight:
    voice_id: str
    weight: int
    """1–100; the larger, the closer to that voice."""


@dataclass(frozen=True, slots=True)
class VoiceModify:
    """Each −100…100: deep to bright, strong to soft, nasal to crisp."""

    pitch: int = 0
    intensity: int = 0
    timbre: int = 0
    sound_effects: str | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    voice_id: str = "English_Graceful_Lady"
    """Not sent when `timbre_weights` mixes voices."""
    model: str = "speech-2.8-turbo"
    speed: float = 1.0
    vol: float = 1.0
    pitch: int = 0
    """Semitones."""
    emotion: str | None = None
    timbre_weights: tuple[TimbreWeight, ...] | None = None
    text_normalization: bool = False
    latex_read: bool = False
    pronunciation_dict: tuple[str, ...] | None = None
    """Each `written/spoken`."""
    voice_modify: VoiceModify | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    """The form in which the client hears. Milliseconds of audio where the name says so."""

    codec: str = "pcm_s16le"
    rate: int = 24000
    channels: int = 1
    bitrate: int = 128000
    file: str = "segment"
    lead_ms: int | None = None
    lookahead_ms: int = 15000


@dataclass(frozen=True, slots=True)
class Config:
    voice: Voice = field(default_factory=Voice)
    language: str = "auto"
    audio: Audio = field(default_factory=Audio)
