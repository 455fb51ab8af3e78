"""What a request asks for, as values; limits and names are those of the T2A v2 documentation."""

from dataclasses import dataclass
from typing import Literal

from gateway.emulator.voices import Timbre

Subtitle = Literal["sentence", "word", "word_streaming"]
Container = Literal["mp3", "pcm", "flac", "wav", "pcmu_raw", "pcmu_wav", "opus"]

MODELS = frozenset(
    f"speech-{family}"
    for family in (
        [
            "2.8-hd",
            "2.8-turbo",
            "2.6-hd",
            "2.6-turbo",
            "02-hd",
            "02-turbo",
            "01-hd",
            "01-turbo",
            "2.5-hd-preview",
            "2.5-turbo-preview",
        ]
    )
)
RATES = (8000, 16000, 22050, 24000, 32000, 44100)
SUBTITLES: tuple[Subtitle, ...] = ("sentence", "word", "word_streaming")
BITRATES = (32000, 64000, 128000, 256000)
CONTAINERS: tuple[Container, ...] = ("mp3", "pcm", "flac", "wav", "pcmu_raw", "pcmu_wav", "opus")
EMOTIONS = ("happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm", "fluent", "whisper")
EFFECTS = ("spacious_echo", "auditorium_echo", "lofi_telephone", "robotic")
LONGEST_TEXT = 10_000


def family(model: str) -> str:
    """`speech-2.8-hd` → `speech-2.8`."""
    return "-".join(model.split("-")[:2])


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of the sound; `bitrate` (bit/s) is for mp3."""

    container: Container = "mp3"
    rate: int = 32000
    bitrate: int = 128000
    channels: int = 1
    constant_bitrate: bool = False


@dataclass(frozen=True, slots=True)
class Modify:
    """Each -100…100; `effect` is one of EFFECTS or empty."""

    pitch: int = 0
    intensity: int = 0
    timbre: int = 0
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything but the text."""

    model: str
    voices: tuple[tuple[str, int], ...]
    """Voice ids and their weights; one voice, unless they are mixed."""
    timbre: Timbre
    """Theirs."""
    speed: float = 1.0
    vol: float = 1.0
    pitch: int = 0
    emotion: str = ""
    language: str | None = None
    """A name of `language_boost`; None finds it from the text."""
    shape: Shape = Shape()
    modify: Modify = Modify()
    pronunciations: tuple[tuple[str, str], ...] = ()
    subtitle: Subtitle | None = None


@dataclass(frozen=True, slots=True)
class Order:
    text: str
    setup: Setup
    stream: bool = False
    aggregate: bool = True
    as_url: bool = False
