"""What users of a bot have chosen, kept in a file: voice and language, by user, chat or guild."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_TABLE = """
CREATE TABLE IF NOT EXISTS preferences (owner TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (owner, name))
"""
_SET = "INSERT INTO preferences VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"


@dataclass(frozen=True, slots=True)
class Preference:
    """None: not chosen."""

    voice: str | None = None
    language: str | None = None


class Preferences:
    """One process writes the file. Raises `sqlite3.Error` where it cannot be."""

    def __init__(self, path: str | Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(_TABLE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def of(self, *owners: str) -> Preference:
        """What the first of them has chosen, else the next, each by itself."""
        chosen: dict[str, str] = {}
        for owner in reversed(owners):
            rows = self._database.execute("SELECT name, value FROM preferences WHERE owner = ?", (owner,))
            chosen.update(rows.fetchall())
        return Preference(chosen.get("voice"), chosen.get("language"))

    def choose(self, owner: str, *, voice: str | None = None, language: str | None = None) -> None:
        """What is None stays."""
        for name, value in (("voice", voice), ("language", language)):
            if value is not None:
                self._database.execute(_SET, (owner, name, value))

    def forget(self, owner: str, name: str) -> None:
        """`voice` or `language`: back to what it is for everybody."""
        self._database.execute("DELETE FROM preferences WHERE owner = ? AND name = ?", (owner, name))
