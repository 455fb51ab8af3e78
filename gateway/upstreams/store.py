"""Finished audio on disk, bounded by bytes; what was not read for longest goes first.

    <root>/<first two digits of the key>/<key>      header as one line of JSON, then the audio

A file appears whole by being renamed into place. The order of use is kept in the files' modification times,
so it survives a restart. A file that cannot be read, or whose header does not fit its length, counts as
missing and is removed; a disk that is full or gone makes a slower gateway, not a broken one.
"""

import asyncio
import logging
import os
import re
import tempfile
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import orjson

from gateway.upstreams.base import Finished, Word

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""What `unpacked` raises."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recording:
    audio: bytes
    finished: Finished
    words: tuple[Word, ...] = ()


class AudioStore(Protocol):
    """Finished audio by key. What cannot be read or stored is as if it were not there."""

    async def find(self, key: str) -> Recording | None:
        """None: it is for the caller to ask upstream, to `keep` what comes, and to `give_up` in any case."""

    async def keep(self, key: str, recording: Recording) -> None: ...

    async def give_up(self, key: str) -> None:
        """Upstream is not asked for it any more: others who wait may."""


class DiskStore:
    """`get` and `put` block for a file's worth of I/O; call them in any thread. One process per `root`."""

    def __init__(self, root: Path, limit_bytes: int) -> None:
        """Reads the directory. Raises `OSError` when it cannot be made."""
        self._root = root
        self._limit = limit_bytes
        root.mkdir(parents=True, exist_ok=True)
        self._sizes: OrderedDict[str, int] = OrderedDict()
        """By key, the least recently used first."""
        self._total = 0
        self._one_at_a_time = threading.Lock()
        self._load()

    @property
    def total_bytes(self) -> int:
        return self._total

    async def find(self, key: str) -> Recording | None:
        return await asyncio.to_thread(self.get, key)

    async def keep(self, key: str, recording: Recording) -> None:
        await asyncio.to_thread(self.put, key, recording)

    async def give_up(self, key: str) -> None:
        pass

    def get(self, key: str) -> Recording | None:
        with self._one_at_a_time:
            return self._get(key)

    def put(self, key: str, recording: Recording) -> None:
        with self._one_at_a_time:
            self._put(key, packed(recording))

    def _get(self, key: str) -> Recording | None:
        if key not in self._sizes:
            return None
        path = self._path(key)
        try:
            recording = unpacked(path.read_bytes())
            os.utime(path)
        except (OSError, *UNREADABLE):
            self._drop(key)
            return None
        self._sizes.move_to_end(key)
        return recording

    def _put(self, key: str, packed: bytes) -> None:
        if len(packed) > self._limit:
            return
        try:
            self._write(self._path(key), packed)
        except OSError as error:
            log.warning("! cache: not stored: %s", error.strerror)
            return
        self._total += len(packed) - self._sizes.pop(key, 0)
        self._sizes[key] = len(packed)
        self._trim()

    def _load(self) -> None:
        found = []
        for path in self._root.glob("??/*"):
            if path.name.endswith(_UNFINISHED):
                path.unlink(missing_ok=True)
            elif _KEY.fullmatch(path.name):
                about = path.stat()
                found.append((about.st_mtime_ns, path.name, about.st_size))
        for _, key, size in sorted(found):
            self._sizes[key] = size
            self._total += size
        self._trim()

    def _trim(self) -> None:
        while self._total > self._limit:
            self._drop(next(iter(self._sizes)))

    def _write(self, path: Path, packed: bytes) -> None:
        path.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=_UNFINISHED, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packed)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _drop(self, key: str) -> None:
        self._total -= self._sizes.pop(key)
        with suppress(OSError):
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._root / key[:2] / key


_UNFINISHED = ".voice-part"
_KEY = re.compile(r"[0-9a-f]{64}")


def packed(recording: Recording) -> bytes:
    words = [tuple(word) for word in recording.words]
    header = orjson.dumps({"bytes": len(recording.audio), "words": words, **asdict(recording.finished)})
    return header + b"\n" + recording.audio


def unpacked(packed: bytes) -> Recording:
    header, _, audio = packed.partition(b"\n")
    fields = orjson.loads(header)
    if fields.pop("bytes") != len(audio):
        raise ValueError("The file was cut.")
    words = tuple(Word(*word) for word in fields.pop("words"))
    return Recording(audio, Finished(**fields), words)
