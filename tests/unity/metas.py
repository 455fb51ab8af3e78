"""Writes the package's .meta files; Unity ignores what has none in a package that it can't write to.

python -m tests.unity.metas
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent.parent / "clients" / "unity" / "com.voicegateway.client"


def assets() -> Iterator[Path]:
    """All that Unity imports: folders that end in ~ it does not see."""
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix != ".meta" and not any(part.endswith("~") for part in path.parts):
            yield path


def meta(path: Path) -> str:
    """An asset's name to Unity comes from its place, so that it never changes."""
    guid = hashlib.md5(f"{PACKAGE.name}/{path.relative_to(PACKAGE)}".encode(), usedforsecurity=False).hexdigest()
    return f"fileFormatVersion: 2\nguid: {guid}\n" + ("folderAsset: yes\n" if path.is_dir() else "")


def meta_path(path: Path) -> Path:
    return path.with_name(path.name + ".meta")


if __name__ == "__main__":
    for asset in assets():
        meta_path(asset).write_text(meta(asset))
