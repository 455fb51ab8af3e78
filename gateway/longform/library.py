"""Jobs on disk: a folder each, of which `job.json` is replaced as a whole.

    longform/<id>/
      job.json           the job; whoever reads it sees one state or the next
      lock               flocked by the process that drives the job
      text/001.txt       chapters, as they are spoken
      parts/0001.*       what upstream gave, until its chapter is joined
      audio/001.mp3      chapters; `whole.mp3`, `whole.ffmetadata`
      timings/001.json   their sentences

A folder comes into being, and is gone, by one rename: what is written into a folder that is gone fails with
FileNotFoundError. Any process that reaches the disk may read.
"""

import contextlib
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from gateway.durable import replace
from gateway.errors import Refused
from gateway.longform.job import Job, dumped, loaded

if sys.platform != "win32":
    import fcntl

ID_BYTES = 16
"""Random: who knows a job's id may follow it."""
_ID = re.compile(r"[0-9a-f]{32}")
_NEW, _GONE = ".new-", ".gone-"
LEFT_S = 86_400.0
"""Half of a folder that is so old is nobody's any more."""


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    def text(self, chapter: int) -> Path:
        return self.path / "text" / f"{chapter + 1:03}.txt"

    def part(self, number: int, ending: str) -> Path:
        return self.path / "parts" / f"{number + 1:04}.{ending}"

    def audio(self, chapter: int | None, codec: str) -> Path:
        """None: of the whole."""
        return self.path / "audio" / (f"whole.{codec}" if chapter is None else f"{chapter + 1:03}.{codec}")

    def timings(self, chapter: int) -> Path:
        return self.path / "timings" / f"{chapter + 1:03}.json"

    def load(self) -> Job:
        """Raises `Refused` `unknown_job`."""
        try:
            return loaded((self.path / "job.json").read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise Refused("unknown_job", field="id") from None

    def save(self, job: Job) -> None:
        """On the disk when it returns. Raises FileNotFoundError when the job was deleted."""
        replace(self.path / "job.json", dumped(job))

    def changed(self) -> int | None:
        """Differs whenever `job.json` does; None where there is none."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return (self.path / "job.json").stat().st_mtime_ns
        return None

    def claim(self) -> int | None:
        """A descriptor that holds the folder until it is closed; None: another has it, or it is gone.

        Windows has no flock: there one gateway serves a directory.
        """
        try:
            lock = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if sys.platform != "win32":
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                return None
        return lock


class Library:
    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, name: str) -> Folder:
        """Raises `Refused` for what is no job's id; whether there is such a job, reading tells."""
        if not _ID.fullmatch(name):
            raise Refused("unknown_job", field="id")
        return Folder(self.root / name)

    def folders(self) -> Iterator[Folder]:
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self.root):
                if _ID.fullmatch(entry.name):
                    yield Folder(Path(entry.path))

    def jobs(self) -> list[Job]:
        """The latest first."""
        found = []
        for folder in self.folders():
            with contextlib.suppress(Refused):
                found.append(folder.load())
        return sorted(found, key=lambda job: -job.created)

    def begin(self, job: Job, texts: list[str]) -> Folder:
        new, folder = Folder(self.root / (_NEW + job.id)), Folder(self.root / job.id)
        self.root.mkdir(parents=True, exist_ok=True)
        new.path.mkdir(mode=0o700)
        for kind in ("text", "parts", "audio", "timings"):
            (new.path / kind).mkdir()
        for chapter, text in enumerate(texts):
            new.text(chapter).write_text(text, "utf-8", newline="")
        new.save(job)
        new.path.rename(folder.path)
        return folder

    def delete(self, folder: Folder) -> None:
        """Raises `Refused` `unknown_job`."""
        gone = self.root / (_GONE + folder.id)
        try:
            folder.path.rename(gone)
        except FileNotFoundError:
            raise Refused("unknown_job", field="id") from None
        shutil.rmtree(gone, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a process that died left half made, or half removed."""
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self.root):
                old = entry.name.startswith((_NEW, _GONE)) and entry.stat().st_mtime < time.time() - LEFT_S
                if old:
                    shutil.rmtree(entry.path, ignore_errors=True)


def new_id() -> str:
    return secrets.token_hex(ID_BYTES)
