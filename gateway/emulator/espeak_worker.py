"""A program of its own that owns libespeak-ng and speaks over pipes; run as `python -I espeak_worker.py SCRATCH_DIR`.

It imports nothing of this package and this package does not import it: espeak-ng is GPL-3.0-or-later, and the pipe is
where that ends. A crash of the library ends this process and no other.

    stdin   one JSON object per line: {"text", "language", "variant", "words_per_minute", "semitones"}
    stdout  frames: kind (1 byte), length (u32 little-endian), payload
            'R' ready: JSON {"rate", "languages", "variants"}, once · 'P' the whole text as PCM, mono s16le · 'X' failed
"""

import ctypes
import json
import os
import re
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

SYNCHRONOUS, DONT_EXIT, UTF8, END_PAUSE = 2, 0x8000, 1, 0x1000
RATE, VOLUME, PITCH = 1, 2, 3
BUFFER_MS = 200
LONGEST_DATA_PATH = 140  # espeak-ng keeps its data path in 160 bytes and fails beyond
MISSING_DICTIONARY = {"fo", "kaa", "xex"}  # not in the wheel; `kaa` has crashed the library

Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Voices:
    """Composes voice files: a language, a variant's timbre, and a pitch line.

    The library's own pitch setting ends at about -6.6 and +8.6 semitones; a pitch line goes on, with unchanged timing.
    """

    def __init__(self, data: Path, scratch: Path) -> None:
        self.languages = _languages(data / "lang")
        self.variants = {file.name: file for file in (data / "voices" / "!v").iterdir()}
        self._scratch = scratch
        self._files: dict[tuple[str, str, float], Path] = {}

    def file(self, language: str, variant: str, semitones: float) -> Path:
        """Raises KeyError for an unknown language or variant."""
        key = (language, variant, semitones)
        if key not in self._files:
            path = self._scratch / f"{os.getpid()}-{len(self._files)}"
            path.write_text(self._compose(*key), encoding="utf-8")
            self._files[key] = path
        return self._files[key]

    def _compose(self, language: str, variant: str, semitones: float) -> str:
        timbre = _read(self.variants[variant]) if variant else ""
        timbre = re.sub(r"(?m)^\s*(language|name|gender|maintainer|status)\b.*$", "", timbre)
        text = f"{_read(self.languages[language])}\n{timbre}\n"
        low, high = 82, 118  # espeak-ng's own, when no file says otherwise
        for match in re.finditer(r"(?m)^\s*pitch\s+(\d+)\s+(\d+)", text):
            low, high = int(match[1]), int(match[2])
        factor = 2 ** (0.96 * semitones / 12)  # 0.96: measured, -12.4 and +12.5 semitones for an octave
        return f"{text}pitch {low * factor:.0f} {high * factor:.0f}\n"


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def _languages(folder: Path) -> dict[str, Path]:
    """Language code → its file; the lowest priority number wins."""
    found: dict[str, tuple[int, Path]] = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        for code, number in re.findall(r"(?m)^language[ \t]+(\S+)(?:[ \t]+(\d+))?", _read(file)):
            candidate = (int(number or 5), file)
            found[code.lower()] = min(found.get(code.lower(), candidate), candidate)
    return {code: file for code, (_, file) in found.items() if code not in MISSING_DICTIONARY}


class Library:
    """libespeak-ng, ready to speak. Its state is global: one instance per process, one text at a time."""

    def __init__(self, path: str, data: Path) -> None:
        self._lib = ctypes.CDLL(path)
        self.rate = self._lib.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, os.fsencode(data), DONT_EXIT)
        if self.rate <= 0:
            raise SystemExit(f"espeak-ng does not start with the data at {data}")
        self._lib.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        self._lib.espeak_ng_SetVoiceByFile.argtypes = [ctypes.c_char_p]
        self._pcm = bytearray()
        self._callback = Callback(self._take)  # kept: the library holds only its address
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: Path, words_per_minute: int) -> bytes:
        """Raises ValueError when the voice is refused: Synth alone would speak with the one before."""
        if self._lib.espeak_ng_SetVoiceByFile(os.fsencode(voice)):
            raise ValueError("the voice is refused")
        for parameter, value in ((RATE, max(80, min(450, words_per_minute))), (VOLUME, 100), (PITCH, 50)):
            self._lib.espeak_SetParameter(parameter, value, 0)
        self._pcm.clear()
        encoded = text.replace("\0", " ").encode("utf-8", "replace") + b"\0"
        self._lib.espeak_Synth(encoded, len(encoded), 0, 1, 0, UTF8 | END_PAUSE, None, None)
        return bytes(self._pcm)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._pcm += ctypes.string_at(samples, 2 * count)
        return 0


def locate(scratch: Path) -> tuple[str, Path]:
    """The library and its data, by a path short enough for the library."""
    import espeakng_loader

    data = Path(espeakng_loader.get_data_path())
    if len(os.fsencode(data)) > LONGEST_DATA_PATH:
        alias = scratch / f"data-{os.getpid()}"
        alias.symlink_to(data)
        data = alias
    return espeakng_loader.get_library_path(), data


def send(out: BinaryIO, kind: bytes, payload: bytes) -> None:
    out.write(kind + struct.pack("<I", len(payload)) + payload)
    out.flush()


def serve(out: BinaryIO, scratch: Path) -> None:
    path, data = locate(scratch)
    library, voices = Library(path, data), Voices(data, scratch)
    greeting = {"rate": library.rate, "languages": sorted(voices.languages), "variants": sorted(voices.variants)}
    send(out, b"R", json.dumps(greeting).encode())
    for line in sys.stdin.buffer:
        job = json.loads(line)
        try:
            voice = voices.file(job["language"], job["variant"], job["semitones"])
            send(out, b"P", library.speak(job["text"], voice, job["words_per_minute"]))
        except (KeyError, ValueError) as error:
            send(out, b"X", type(error).__name__.encode())


def main() -> None:
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the library prints: nothing else may go into the pipe
    serve(pipe, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
