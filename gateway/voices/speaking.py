"""What is spoken to make or keep a voice: a word that activates it, a sample of a mixture."""

from dataclasses import replace

from gateway.audio.wav import header
from gateway.errors import UpstreamError
from gateway.protocol.casting import Aliases
from gateway.protocol.checks import refuse
from gateway.protocol.config import TimbreWeight, Voice
from gateway.protocol.languages import AUTO
from gateway.upstreams.base import Audio, Finished, Format, Heard, Request, Upstream
from gateway.upstreams.valve import Valve
from gateway.voices.rules import SAMPLE_S, MixWish
from gateway.voices.samples import Sample

WORD = "OK."
"""Said in every language."""
_RATE = 32000
_SECOND = _RATE * 2
"""Bytes."""
_LONGEST = int(SAMPLE_S[1] + 1) * _SECOND


async def greet(upstream: Upstream, voice_id: str, model: str, language: str | None) -> Finished:
    voice = Voice(voice_id=voice_id, model=model)
    request = Request(WORD, voice, language or AUTO, Format("mp3", 32000, 1, 128000), session=voice_id, first=True)
    return await upstream.speak(request, lambda _heard: None, Valve())


async def sampled(upstream: Upstream, voice: Voice, wish: MixWish) -> tuple[Finished, Sample, bytes]:
    """The wish's text by `voice`, as a WAV file."""
    sound = bytearray()

    def hear(event: Heard) -> None:
        if isinstance(event, Audio) and len(sound) <= _LONGEST:
            sound.extend(event.data)

    request = Request(wish.sample, voice, wish.language, Format("pcm", _RATE, 1, 128000), session=wish.voice_id)
    finished = await upstream.speak(request, hear, Valve())
    if not sound:
        raise UpstreamError("upstream_unavailable", "Upstream sent no sound.", trace_id=finished.trace_id)
    return finished, Sample("wav", len(sound) / _SECOND), header(_RATE, 1, len(sound)) + sound


def mixed(wish: MixWish, aliases: Aliases) -> Voice:
    """With upstream's names for the operator's. Raises `Refused`."""
    parts = tuple(_named(part, index, aliases) for index, part in enumerate(wish.timbre_weights))
    return Voice(model=wish.model, timbre_weights=parts)


def _named(part: TimbreWeight, index: int, aliases: Aliases) -> TimbreWeight:
    if part.voice_id not in aliases:
        return part
    layer = aliases[part.voice_id][AUTO]
    if "timbre_weights" in layer:
        raise refuse(f"timbre_weights.{index}.voice_id", "a voice that is no mixture itself")
    return replace(part, voice_id=layer["voice_id"])
