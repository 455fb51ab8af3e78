"""The delivery forms: what each asks of upstream, and which of them can be had."""

from dataclasses import dataclass
from typing import Any

from gateway.audio.base import Form
from gateway.audio.flac import Flac
from gateway.audio.mp3 import Mp3
from gateway.audio.pcm import Mulaw, Pcm, Wav
from gateway.errors import Refused
from gateway.protocol.config import Audio
from gateway.upstreams.base import Codec, Format

RATES = (8000, 16000, 22050, 24000, 32000, 44100)
MP3_BITRATES = (32000, 64000, 128000, 256000)


@dataclass(frozen=True, slots=True)
class Served:
    """`upstream`: the codec it is made of."""

    upstream: Codec
    rates: tuple[int, ...] = RATES
    channels: tuple[int, ...] = (1, 2)


CODECS: dict[str, Served] = {
    "pcm_s16le": Served("pcm"),
    "mulaw": Served("pcm", rates=(8000,), channels=(1,)),
    "mp3": Served("mp3"),
    "wav": Served("pcm"),
    "flac": Served("flac"),
}


def check(audio: Audio) -> None:
    """Raises `Refused` for what cannot be delivered."""
    served = CODECS.get(audio.codec)
    if served is None:
        raise _refused("codec", CODECS)
    if audio.rate not in served.rates:
        raise _refused("rate", served.rates)
    if audio.channels not in served.channels:
        raise _refused("channels", served.channels)
    if audio.codec == "mp3" and audio.bitrate not in MP3_BITRATES:
        raise _refused("bitrate", MP3_BITRATES)
    if audio.file != "segment":
        raise _refused("file", ("segment",))


def upstream_format(audio: Audio) -> Format:
    return Format(CODECS[audio.codec].upstream, audio.rate, audio.channels, audio.bitrate)


def form(audio: Audio, max_payload: int) -> Form:
    """The form of one turn; `audio` has passed `check`."""
    match audio.codec:
        case "pcm_s16le":
            return Pcm(audio.channels, max_payload)
        case "mulaw":
            return Mulaw(max_payload)
        case "mp3":
            return Mp3(max_payload)
        case "wav":
            return Wav(audio.rate, audio.channels, max_payload)
        case "flac":
            return Flac(max_payload)
    raise _refused("codec", CODECS)


def _refused(name: str, allowed: Any) -> Refused:
    choices = ", ".join(map(str, allowed))
    path = f"config.audio.{name}"
    return Refused("unsupported_audio", f"{path} must be one of {choices}.", field=f"audio.{name}")
