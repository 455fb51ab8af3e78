"""A program of its own that owns libespeak-ng and speaks over pipes; run as `python -I worker.py SCRATCH_DIR`.

It imports nothing of this package and this package does not import it: espeak-ng is GPL-3.0-or-later, and the pipe is
where that ends. A crash of the library ends this process and no other.

    stdin   one JSON object per line
            {"speak": {"text", "language", "variant", "words_per_minute", "semitones"}}
            {"phonemes": {"text", "language"}}
    stdout  frames: kind (1 byte), length (u32 little-endian), payload
            'R' ready: JSON {"rate", "languages", "variants"}, once
            'E' events of what was spoken: JSON {"words": [[position, length, sample]], "phonemes": [[name, sample]],
                "ends": [sample]}, then 'P' the whole text as PCM, mono s16le
            'I' phonemes: JSON [[position, length, [name]]] · 'X' failed

Positions and lengths count code points from 0. Names are IPA; an empty one is silence.
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
PHONEME_EVENTS, IN_IPA = 1, 2
RATE, VOLUME, PITCH = 1, 2, 3
IPA_APART = 2 | ord("_") << 8
"""Phonemes as IPA with this between them."""
SWITCH = b"("
"""Begins the name of a language, where another one reads on; it stands among the phonemes."""
BUFFER_MS = 200
SLOWEST, FASTEST = 80, 449  # words a minute; from 450 on the library stretches, and its events come too late
LONGEST_DATA_PATH = 140  # espeak-ng keeps its data path in 160 bytes and fails beyond
MISSING_DICTIONARY = {"fo", "kaa", "xex"}  # not in the wheel; `kaa` has crashed the library

SINGLE = "\u3040-\u3098\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
TOKEN = re.compile(rf"[{SINGLE}][\u3099\u309a\ufe00-\ufe0f]*|[^\s{SINGLE}]+")
"""What is between white space; each Han or kana character by itself, with its marks."""


class Kind:
    """Types of events, of those that are told."""

    LAST, WORD, END, PHONEME = 0, 1, 5, 7


class Event(ctypes.Structure):
    """`espeak_EVENT`; `name` is the member `string` of its union."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


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
        options = DONT_EXIT | PHONEME_EVENTS | IN_IPA
        self.rate = self._lib.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, os.fsencode(data), options)
        if self.rate <= 0:
            raise SystemExit(f"espeak-ng does not start with the data at {data}")
        self._lib.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        self._lib.espeak_ng_SetVoiceByFile.argtypes = [ctypes.c_char_p]
        self._lib.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._pcm = bytearray()
        self._events = _no_events()
        self._callback = Callback(self._take)  # kept: the library holds only its address
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: Path, words_per_minute: int) -> tuple[bytes, dict[str, list[Any]]]:
        """PCM and events. Raises ValueError when the voice is refused: Synth alone would speak with the one before."""
        self._choose(voice)
        for parameter, value in ((RATE, max(SLOWEST, min(FASTEST, words_per_minute))), (VOLUME, 100), (PITCH, 50)):
            self._lib.espeak_SetParameter(parameter, value, 0)
        self._pcm.clear()
        self._events = _no_events()
        encoded = _encoded(text)
        self._lib.espeak_Synth(encoded, len(encoded), 0, 1, 0, UTF8 | END_PAUSE, None, None)
        return bytes(self._pcm), self._events

    def phonemes(self, text: str, voice: Path) -> list[tuple[int, int, list[str]]]:
        """Each word by itself: of a whole clause the library joins some words, and doesn't say which."""
        self._choose(voice)
        return [(found.start(), len(found[0]), self._spelled(found[0])) for found in TOKEN.finditer(text)]

    def _choose(self, voice: Path) -> None:
        if self._lib.espeak_ng_SetVoiceByFile(os.fsencode(voice)):
            raise ValueError("the voice is refused")

    def _spelled(self, word: str) -> list[str]:
        buffer = ctypes.create_string_buffer(_encoded(word))
        rest, names = ctypes.c_void_p(ctypes.addressof(buffer)), []
        while rest.value:  # a clause at a time; null after the last
            names += re.split(r"[_\s]+", self._lib.espeak_TextToPhonemes(ctypes.byref(rest), UTF8, IPA_APART).decode())
        return [name for name in names if name and not name.startswith(SWITCH.decode())]

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._pcm += ctypes.string_at(samples, 2 * count)
        for event in events:
            match event.type:
                case Kind.LAST:
                    break
                case Kind.WORD:
                    self._events["words"].append((event.position - 1, event.length, event.sample))
                case Kind.END:
                    self._events["ends"].append(event.sample)
                case Kind.PHONEME if not event.name.startswith(SWITCH):  # eight bytes at most: the library cuts
                    self._events["phonemes"].append((event.name.decode("utf-8", "ignore"), event.sample))
        return 0


def _no_events() -> dict[str, list[Any]]:
    return {"words": [], "phonemes": [], "ends": []}


def _encoded(text: str) -> bytes:
    return text.replace("\0", " ").encode("utf-8", "replace") + b"\0"


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
        try:
            answer(out, library, voices, json.loads(line))
        except (KeyError, ValueError) as error:
            send(out, b"X", type(error).__name__.encode())


def answer(out: BinaryIO, library: Library, voices: Voices, request: dict[str, Any]) -> None:
    match request:
        case {"speak": job}:
            voice = voices.file(job["language"], job["variant"], job["semitones"])
            pcm, events = library.speak(job["text"], voice, job["words_per_minute"])
            send(out, b"E", json.dumps(events).encode())
            send(out, b"P", pcm)
        case {"phonemes": job}:
            voice = voices.file(job["language"], "", 0.0)
            send(out, b"I", json.dumps(library.phonemes(job["text"], voice)).encode())


def main() -> None:
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the library prints: nothing else may go into the pipe
    serve(pipe, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
