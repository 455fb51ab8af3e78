"""The forms a client may hear, and what each asks of upstream.

    pcm_s16le  streamed  PCM as it comes
    mulaw      streamed  PCM of 8 kHz, encoded here
    mp3        streamed  MP3, its frames
    wav        files     PCM, packed here
    flac       files     FLAC as it comes

`opus`, `ogg_opus` and one file a turn are not served.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.audio.base import Form
from gateway.audio.flac import Flac
from gateway.audio.mp3 import Mp3
from gateway.audio.mulaw import Mulaw
from gateway.audio.pcm import Pcm
from gateway.audio.wav import Wav
from gateway.errors import Refused
from gateway.protocol.checks import closest, integer, nearest, refuse
from gateway.protocol.config import Audio
from gateway.upstreams import base

_RATES = (8000, 16000, 22050, 24000, 32000, 44100)
_BITRATES = (32000, 64000, 128000, 256000)
"""All that upstream makes, by its public documentation."""
_ANY_BITRATE = integer(6000, 320_000)
"""Where it means nothing."""


@dataclass(frozen=True, slots=True)
class Codec:
    upstream: base.Codec
    build: Callable[[Audio, int], Form]
    rates: tuple[int, ...] = _RATES
    channels: tuple[int, ...] = (1, 2)


CODECS: dict[str, Codec] = {
    "pcm_s16le": Codec("pcm", lambda audio, limit: Pcm(audio.channels, limit)),
    "mulaw": Codec("pcm", lambda _, limit: Mulaw(limit), rates=(8000,), channels=(1,)),
    "mp3": Codec("mp3", lambda _, limit: Mp3(limit)),
    "wav": Codec("pcm", lambda audio, limit: Wav(audio.rate, audio.channels, limit)),
    "flac": Codec("flac", lambda _, limit: Flac(limit)),
}
"""Codecs of the protocol that are served."""


def check(audio: Audio) -> None:
    """Raises `Refused` with code `unsupported_audio`, naming the field and what is served."""
    codec = _codec(audio)
    _among(codec.rates, audio.rate, "audio.rate", f" with {audio.codec}")
    _among(codec.channels, audio.channels, "audio.channels", f" with {audio.codec}")
    _among(("segment",), audio.file, "audio.file")
    if audio.codec == "mp3":
        _among(_BITRATES, audio.bitrate, "audio.bitrate", " with mp3")
    else:
        _ANY_BITRATE(audio.bitrate, "audio.bitrate")


def upstream_format(audio: Audio) -> base.Format:
    return base.Format(_codec(audio).upstream, audio.rate, audio.channels, audio.bitrate)


def verbatim(audio: Audio) -> bool:
    """Whether what is delivered is what upstream gave."""
    return audio.codec in {"pcm_s16le", "mp3"} and upstream_format(audio).rate == audio.rate


def form(audio: Audio, max_payload: int) -> Form:
    """A new form for one turn. Raises `Refused` as `check` does."""
    check(audio)
    return _codec(audio).build(audio, max_payload)


def _codec(audio: Audio) -> Codec:
    _among(tuple(CODECS), audio.codec, "audio.codec")
    return CODECS[audio.codec]


def _among(served: tuple[int | str, ...], value: int | str, field: str, condition: str = "") -> None:
    if value in served:
        return
    names = [str(each) for each in served]
    if len(served) == 1:
        allowed, hint = names[0], ""
    elif isinstance(value, str):
        allowed, hint = "one of " + ", ".join(names), closest(value, names)
    else:
        wanted = value
        nearby = min(served, key=lambda each: abs(int(each) - wanted))
        allowed, hint = "one of " + ", ".join(names), nearest(nearby)
    raise Refused("unsupported_audio", refuse(field, allowed + condition, hint).message, field=field)
