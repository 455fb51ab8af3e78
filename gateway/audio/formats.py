"""The forms a client may hear, and what each asks of upstream.

    pcm_s16le  streamed  PCM as it comes
    mulaw      streamed  PCM of 8 kHz, encoded here
    mp3        streamed  MP3, its frames
    opus       streamed  PCM, encoded here: packets
    wav        files     PCM, packed here
    flac       files     FLAC as it comes
    ogg_opus   files     PCM, encoded here

What upstream gives in the form that is asked for is relayed; all else is made here of its PCM (`made.Made`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from gateway.audio import mulaw, opus
from gateway.audio.base import Form, Packer
from gateway.audio.coder import Coder, FlacFile, Mp3Stream
from gateway.audio.flac import Flac
from gateway.audio.frames import Frames
from gateway.audio.libav import installed
from gateway.audio.loudness import Loudness, Matching
from gateway.audio.made import Made
from gateway.audio.mp3 import Mp3
from gateway.audio.mulaw import Mulaw
from gateway.audio.ogg_opus import OggOpus
from gateway.audio.opus import Encoder, Packets
from gateway.audio.pcm import SAMPLE_BYTES, Pcm
from gateway.audio.wav import Wav, WavFile
from gateway.errors import Refused
from gateway.protocol.checks import closest, integer, nearest, refuse
from gateway.protocol.config import Audio
from gateway.upstreams import base

KEPT = 256
"""Of the values that clients choose, those asked for last are not looked at anew each turn."""
_RATES = (8000, 16000, 22050, 24000, 32000, 44100)
_BITRATES = (32000, 64000, 128000, 256000)
"""All that upstream makes, by its public documentation."""
_MORE_RATES = (*_RATES, 48000)
_ASKED = {12000: 24000, 48000: 44100}
"""Of upstream, for a rate that it does not make."""
_ANY_BITRATE = integer(6000, 320_000)
"""Where it means nothing."""
_NO_BITRATE = 128_000
"""Of what has none: the same for all, so that the same is asked for."""


@dataclass(frozen=True, slots=True)
class Codec:
    upstream: base.Codec
    """To be relayed."""
    relay: Callable[[Audio, int], Form] | None = None
    """Of what upstream gives; the int is the bytes that a payload may have."""
    pack: Callable[[Audio, int], Packer] | None = None
    """Of PCM, where that is not what is asked for."""
    rates: tuple[int, ...] = _RATES
    channels: tuple[int, ...] = (1, 2)
    files: tuple[str, ...] = ("segment",)
    sample_bytes: int = 0
    """Of one channel, where frames of exact length can be cut."""


def _encoder(audio: Audio) -> Encoder:
    return Encoder(audio.rate, audio.channels, audio.bitrate, audio.frame_ms)


def _pcm_frames(audio: Audio, limit: int) -> Frames:
    return Frames(SAMPLE_BYTES * audio.channels, _frame_samples(audio), limit)


def _mulaw_frames(audio: Audio, limit: int) -> Frames:
    return Frames(1, _frame_samples(audio), limit, mulaw.encode)


def _frame_samples(audio: Audio) -> int | None:
    return audio.frame_ms and audio.rate * audio.frame_ms // 1000


def _wav_file(audio: Audio, limit: int) -> WavFile:
    return WavFile(audio.rate, audio.channels, limit, parts=audio.file == "segment")


def _coder(audio: Audio) -> Coder:
    codec: Literal["libmp3lame", "flac"] = "flac" if audio.codec == "flac" else "libmp3lame"
    return Coder(codec, audio.rate, audio.channels, audio.bitrate)


def _flac_file(audio: Audio, limit: int) -> FlacFile:
    return FlacFile(_coder(audio), limit, parts=audio.file == "segment")


def _ogg_opus(audio: Audio, limit: int) -> OggOpus:
    return OggOpus(_encoder(audio), limit, parts=audio.file == "segment", file_bytes=audio.file_bytes)


CODECS: dict[str, Codec] = {
    "pcm_s16le": Codec(
        "pcm", lambda audio, limit: Pcm(audio.channels, limit), _pcm_frames, _MORE_RATES, sample_bytes=2
    ),
    "mulaw": Codec("pcm", lambda _, limit: Mulaw(limit), _mulaw_frames, rates=(8000,), channels=(1,), sample_bytes=1),
    "mp3": Codec("mp3", lambda _, limit: Mp3(limit), lambda audio, _: Mp3Stream(_coder(audio)), _MORE_RATES),
    "opus": Codec("pcm", pack=lambda audio, _: Packets(_encoder(audio)), rates=opus.RATES),
    "wav": Codec(
        "pcm",
        lambda audio, limit: Wav(audio.rate, audio.channels, limit),
        _wav_file,
        _MORE_RATES,
        files=("segment", "turn"),
    ),
    "flac": Codec("flac", lambda _, limit: Flac(limit), _flac_file, _MORE_RATES, files=("segment", "turn")),
    "ogg_opus": Codec("pcm", pack=_ogg_opus, rates=opus.RATES, files=("segment", "turn")),
}
"""Codecs of the protocol, which are all served."""


@lru_cache(KEPT)
def check(audio: Audio, largest: int) -> None:
    """Raises `Refused`, mostly with code `unsupported_audio`, naming the field and what is served. `largest`: bytes of
    a payload.
    """
    codec = CODECS[audio.codec]
    _among(codec.rates, audio.rate, "audio.rate", f" with {audio.codec}")
    _among(codec.channels, audio.channels, "audio.channels", f" with {audio.codec}")
    _among(codec.files, audio.file, "audio.file", f" with {audio.codec}")
    _check_bitrate(audio)
    if audio.frame_ms is not None:
        _check_frame(audio, audio.frame_ms, largest)
    if audio.file_bytes is not None and (audio.codec, audio.file) != ("ogg_opus", "turn"):
        raise _unsupported("audio.file_bytes", "null but for one ogg_opus file a turn")
    if needs_libav(audio) and not installed():
        message = f'{_reason(audio)} needs the gateway\'s `codecs` extra: pip install "voice-gateway[codecs]".'
        raise Refused("unsupported_audio", message, field=_reason(audio).split()[0])


def _check_bitrate(audio: Audio) -> None:
    if audio.codec == "mp3":
        _among(_BITRATES, audio.bitrate, "audio.bitrate", " with mp3")
    elif audio.codec in ("opus", "ogg_opus"):
        integer(*opus.BITRATES)(audio.bitrate, "audio.bitrate")
    else:
        _ANY_BITRATE(audio.bitrate, "audio.bitrate")


def _check_frame(audio: Audio, frame_ms: int, largest: int) -> None:
    codec = CODECS[audio.codec]
    if audio.codec == "opus":
        _among(opus.FRAME_MS, frame_ms, "audio.frame_ms", " with opus")
    elif not codec.sample_bytes:
        raise _unsupported("audio.frame_ms", f"null with {audio.codec}")
    elif audio.rate * frame_ms % 1000:
        whole = next(ms for ms in range(1, 1001) if not audio.rate * ms % 1000)
        raise _unsupported("audio.frame_ms", f"a multiple of {whole} with rate {audio.rate}")
    else:
        most = largest * 1000 // (audio.rate * audio.channels * codec.sample_bytes)
        if frame_ms > most:
            raise _unsupported("audio.frame_ms", f"at most {most} for a frame to fit into max_frame_bytes")


def is_made(audio: Audio) -> bool:
    """Here, rather than relayed."""
    exact = audio.frame_ms is not None or audio.file == "turn"
    return exact or needs_libav(audio)


def needs_libav(audio: Audio) -> bool:
    whole_flac = audio.codec == "flac" and audio.file == "turn"
    return CODECS[audio.codec].relay is None or audio.rate not in _RATES or audio.loudness is not None or whole_flac


def _reason(audio: Audio) -> str:
    if CODECS[audio.codec].relay is None:
        return f"audio.codec {audio.codec}"
    if audio.rate not in _RATES:
        return f"audio.rate {audio.rate}"
    return "audio.file turn" if audio.loudness is None else "audio.loudness"


@lru_cache(KEPT)
def upstream_format(audio: Audio) -> base.Format:
    codec: base.Codec = "pcm" if is_made(audio) else CODECS[audio.codec].upstream
    bitrate = audio.bitrate if codec == "mp3" else _NO_BITRATE
    return base.Format(codec, _ASKED.get(audio.rate, audio.rate), audio.channels, bitrate)


def verbatim(audio: Audio) -> bool:
    """Whether what is delivered is what upstream gave."""
    return audio.codec in {"pcm_s16le", "mp3"} and not is_made(audio)


def form(audio: Audio, largest: int, loudness: Loudness) -> Form:
    """A new form for one turn, of what passes `check`."""
    codec = CODECS[audio.codec]
    if not is_made(audio):
        return cast(Callable[[Audio, int], Form], codec.relay)(audio, largest)
    source = upstream_format(audio)
    packer = cast(Callable[[Audio, int], Packer], codec.pack)(audio, largest)
    target = audio.loudness
    matching = None if target is None else Matching(loudness, target, source.rate, source.channels)
    return Made(source, audio.rate, packer, matching, heavy=needs_libav(audio))


def _unsupported(field: str, allowed: str) -> Refused:
    return Refused("unsupported_audio", refuse(field, allowed).message, field=field)


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
