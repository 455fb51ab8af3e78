"""Forms that are made here of upstream's PCM, or of its MP3 where it gives a voice in no other form.

    upstream's bytes → whole groups → gain → the rate of delivery → packer → payloads

A turn is one stream: the resampler and the packer go on from segment to segment, unless each segment is a file.
"""

from base64 import b64encode
from collections.abc import Hashable
from typing import Any, Literal

from gateway.audio.base import Packer, Piece, Unit
from gateway.audio.decoder import Mp3Decoder
from gateway.audio.libav import decoded
from gateway.audio.loudness import Matching
from gateway.audio.pcm import SAMPLE_BYTES, Groups
from gateway.audio.resampler import Resampler
from gateway.audio.waveform import Waveform
from gateway.upstreams.base import Format


class Made:
    """One turn's. Beside what every form does, a segment is begun, and the turn ended."""

    def __init__(self, source: Format, rate: int, packer: Packer, matching: Matching | None, *, heavy: bool) -> None:
        """`source`: the PCM that upstream gives, or what its MP3 decodes to. `heavy`: too costly for the event loop."""
        self.heavy = heavy
        self.unit: Unit = packer.unit
        self.kind: Literal[1, 2] = 1 if packer.kind == 1 else 2
        self.fed_ms = 0.0
        """Of the segment: how long its sound is, wherever its payloads are cut."""
        self._source = source
        self._packer = packer
        self._matching = matching
        self._group = SAMPLE_BYTES * source.channels
        self._groups = Groups(self._group)
        self._decoder: Mp3Decoder | None = None
        self._resampler = None if rate == source.rate else Resampler(source.rate, rate, source.channels)
        self._waveform = Waveform(source.rate, source.channels) if packer.mime and not packer.parts else None
        self._ended_ms = 0.0
        """Of the segments before."""
        self._recalled_ms = 0.0
        """Made by another process."""

    def begin_segment(self, voice: Hashable, *, as_mp3: bool = False) -> None:
        """`as_mp3`: so upstream gives it."""
        self._ended_ms += self.fed_ms
        self.fed_ms = 0.0
        self._decoder = Mp3Decoder(self._source.rate, self._source.channels) if as_mp3 else None
        self.heavy = self.heavy or as_mp3
        if self._matching is not None:
            self._matching.begin(voice)

    def go_on(self, begun: bytes) -> bool:
        """Another process has made so much of the file; False where it cannot be gone on with. `recall` it then."""
        return self._packer.go_on(begun)

    def recall(self, begun: bytes) -> list[Piece]:
        """How long and how loud that is, before anything is fed."""
        if self._waveform is not None:
            for pcm in decoded(begun, self._source.rate, self._source.channels):
                self._recalled_ms += len(pcm) // self._group * 1000 / self._source.rate
                self._waveform.feed(pcm)
        return []

    def feed(self, data: bytes, samples: int = 0) -> list[Piece]:
        return self._fed(self._groups.feed(self._decoder.feed(data) if self._decoder else data))

    def _fed(self, pcm: bytes) -> list[Piece]:
        self.fed_ms += len(pcm) // self._group * 1000 / self._source.rate
        return self._packed(self._matching.feed(pcm) if self._matching else pcm)

    def end_segment(self) -> list[Piece]:
        self._groups.end()
        fed = self._fed(self._decoder.end()) if self._decoder else []
        self._decoder = None
        pieces = fed + (self._packed(self._matching.end(self.fed_ms / 1000)) if self._matching else [])
        if self._packer.parts:
            pieces += self._rest()
        return pieces + self._packer.end_segment()

    def end_turn(self) -> list[Piece]:
        return self._rest() + self._packer.end_turn()

    def file(self) -> dict[str, Any] | None:
        """What is to be known of a turn's one file."""
        if self._waveform is None:
            return None
        seconds = round((self._recalled_ms + self._ended_ms + self.fed_ms) / 1000, 3)
        waveform = b64encode(self._waveform.levels()).decode()
        return {"mime": self._packer.mime, "duration_secs": seconds, "waveform": waveform}

    def _packed(self, pcm: bytes) -> list[Piece]:
        if self._waveform is not None:
            self._waveform.feed(pcm)
        return self._packer.feed(self._resampler.feed(pcm) if self._resampler else pcm)

    def _rest(self) -> list[Piece]:
        """What the resampler holds."""
        return self._packer.feed(self._resampler.end()) if self._resampler else []
