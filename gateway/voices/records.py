"""The records of one account's voices, in a file that the processes of a machine share.

    <data_dir>/voices/<host>.json     {"<voice_id>": {"kind", "made_at", …}, …}
    <data_dir>/voices/<host>.lock     held while it is read and replaced

It appears whole by being renamed into place; it and its directory are made when the first voice is.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import orjson

from gateway.durable import replace
from gateway.errors import Refused
from gateway.voices.record import Book, VoiceRecord

T = TypeVar("T")


class Records:
    """Both methods block for a small file's worth of I/O: to be called in a thread. Raise `Refused`."""

    def __init__(self, directory: Path, host: str) -> None:
        """`host`: of upstream, whose voices these are."""
        self._file = directory / f"{host.replace(':', '_')}.json"

    def all(self) -> Book:
        try:
            rows = orjson.loads(self._file.read_bytes())
            return {voice_id: VoiceRecord(voice_id, **row) for voice_id, row in rows.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise _unusable("read") from error

    def change(self, decide: Callable[[Book], T]) -> T:
        """`decide` changes the book, which no other process does meanwhile; what it raises leaves all as it was."""
        try:
            with self._locked():
                before = self.all()
                book = dict(before)
                result = decide(book)
                if book != before:
                    self._replace(book)
                return result
        except OSError as error:
            raise _unusable("written") from error

    @contextmanager
    def _locked(self) -> Generator[None, None, None]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if find_spec("fcntl") is None:  # Windows, where a gateway is one process
            yield
            return
        import fcntl

        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _replace(self, book: Book) -> None:
        rows = {voice_id: {**asdict(record)} for voice_id, record in book.items()}
        for row in rows.values():
            del row["voice_id"]
        replace(self._file, orjson.dumps(rows, option=orjson.OPT_INDENT_2))


def _unusable(verb: str) -> Refused:
    return Refused("store_unavailable", f"The record of voices cannot be {verb}.")
