"""PCM at another rate, as one stream. 0.5 ms of CPU a second of sound."""

from typing import Any

from gateway.audio.libav import frame, layout, pcm
from gateway.audio.pcm import SAMPLE_BYTES


class Resampler:
    def __init__(self, rate: int, to: int, channels: int) -> None:
        self._rate = rate
        self._to = to
        self._channels = channels
        self._resampler: Any = None
        self._position = 0

    def feed(self, data: bytes) -> bytes:
        """All but the last millisecond or so, which the next feed or the end gives."""
        if not data:
            return b""
        if self._resampler is None:
            import av

            self._resampler = av.AudioResampler(format="s16", layout=layout(self._channels), rate=self._to)
        made = frame(data, self._rate, self._channels, self._position)
        self._position += len(data) // (SAMPLE_BYTES * self._channels)
        return pcm(self._resampler.resample(made))

    def end(self) -> bytes:
        """The rest. What is fed afterwards begins anew."""
        if self._resampler is None:
            return b""
        rest = pcm(self._resampler.resample(None))
        self._resampler, self._position = None, 0
        return rest
