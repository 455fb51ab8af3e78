"""Files that must outlive the process, and a power failure."""

import contextlib
import os
import sys
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """As a whole, and on the disk when it returns; one process at a time. Raises OSError, and the old file stays."""
    new = path.with_suffix(".new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
