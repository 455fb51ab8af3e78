"""A file of what is heard. Its name says its form, and what to ask of the gateway for it.

.wav        pcm_s16le, with the true sizes in its header
.mp3        mp3, as it comes
.ogg .opus  opus, its packets in Ogg
.pcm .raw   pcm_s16le, as it comes
"""

import io
import sys
import wave
from pathlib import Path
from typing import BinaryIO, Protocol

from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import AudioFormat
from voice_gateway_client.ogg import OggOpus

CODECS = {
    ".wav": "pcm_s16le",
    ".mp3": "mp3",
    ".pcm": "pcm_s16le",
    ".raw": "pcm_s16le",
    ".ogg": "opus",
    ".opus": "opus",
}
STDOUT = "-"


class Recording(Protocol):
    """Files are made with the first audio. Raises OSError where they cannot be."""

    codec: str

    def write(self, data: bytes, audio: AudioFormat) -> None:
        """Audio of this recording's codec, in order; of several turns if their format is one."""

    def close(self) -> None:
        """The file is whole."""


def record(name: str) -> Recording:
    """`-` is a WAV to standard output. Raises `VoiceError` for a name that says no form which one file can have."""
    if name == STDOUT:
        return _Wav(None)
    ending = Path(name).suffix.lower()
    if ending not in CODECS:
        served = ", ".join(CODECS)
        raise VoiceError("unsupported_audio", f"A file is one of {served}; {ending or 'nothing'} is not.", "output")
    if ending == ".wav":
        return _Wav(Path(name))
    return _Ogg(Path(name)) if CODECS[ending] == "opus" else _Stream(Path(name), CODECS[ending])


class _Stream:
    def __init__(self, path: Path, codec: str) -> None:
        self.codec = codec
        self._path = path
        self._file: BinaryIO | None = None

    def write(self, data: bytes, audio: AudioFormat) -> None:
        if self._file is None:
            self._file = self._path.open("wb")
        self._file.write(data)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class _Ogg:
    codec = "opus"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._ogg = OggOpus()

    def write(self, data: bytes, audio: AudioFormat) -> None:
        if self._file is None:
            self._ogg = OggOpus(audio.rate, audio.channels)
            self._file = self._path.open("wb")
            self._file.write(self._ogg.begin())
        self._file.write(self._ogg.add(data))

    def close(self) -> None:
        if self._file is not None:
            self._file.write(self._ogg.end())
            self._file.close()


class _Wav:
    """Standard output gets it at the end: the sizes stand in front, and a pipe cannot be wound back."""

    codec = "pcm_s16le"

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._writer: wave.Wave_write | None = None

    def write(self, data: bytes, audio: AudioFormat) -> None:
        if self._writer is None:
            self._file = io.BytesIO() if self._path is None else self._path.open("wb")
            self._writer = wave.open(self._file, "wb")  # noqa: SIM115 - `close` closes it
            self._writer.setparams((audio.channels, 2, audio.rate, 0, "NONE", ""))
        self._writer.writeframesraw(data)

    def close(self) -> None:
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        if isinstance(self._file, io.BytesIO):
            sys.stdout.buffer.write(self._file.getvalue())
            sys.stdout.buffer.flush()
        self._file.close()
