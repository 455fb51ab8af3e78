"""What all of the emulator's routes share, and who may ask."""

import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gateway.emulator import refusals
from gateway.emulator.answers import MEDIA_TYPES
from gateway.emulator.faults import Faults
from gateway.emulator.habits import Habits
from gateway.emulator.ledger import Ledger
from gateway.emulator.limits import Limits

if TYPE_CHECKING:
    from gateway.emulator.studio import Studio

_FILES_KEPT = 64
_EXTENSIONS = {"pcmu_wav": "wav", "pcmu_raw": "ulaw", "opus": "ogg"}


class MissingExtra(Exception):
    """The embedded voice's packages are not installed."""


class Files:
    """What is behind URLs, the latest only."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, tuple[bytes, str]] = OrderedDict()

    def keep(self, data: bytes, container: str) -> str:
        """→ the name it is served by."""
        name = f"{secrets.token_hex(12)}.{_EXTENSIONS.get(container, container)}"
        self._files[name] = data, MEDIA_TYPES.get(container, "application/octet-stream")
        if len(self._files) > _FILES_KEPT:
            self._files.popitem(last=False)
        return name

    def get(self, name: str) -> tuple[bytes, str] | None:
        return self._files.get(name)


class Desk:
    def __init__(self, habits: Habits, studio: "Studio") -> None:
        self.habits = habits
        self.studio = studio
        self.ledger = Ledger()
        self.limits = Limits(habits)
        self.faults = Faults()
        self.files = Files()


def key_of(headers: Mapping[str, str]) -> str:
    """Raises `Refusal` without a key, or with one that begins with `bad-`."""
    scheme, _, key = headers.get("authorization", "").strip().partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise refusals.no_credential()
    if key.startswith("bad-"):
        raise refusals.bad_key()
    return key


@asynccontextmanager
async def open_desk(habits: Habits) -> AsyncIterator[Desk]:
    """Start the voices; they end with the block. Raises `MissingExtra`."""
    try:
        import av  # noqa: F401 - heavy, and not installed with the gateway alone
        import espeakng_loader  # noqa: F401 - used by the worker processes
        import numpy as np  # noqa: F401

        from gateway.emulator.studio import open_studio
    except ImportError as error:
        raise MissingExtra(
            'The embedded voice is not installed. Install it: pip install "voice-gateway[local]"'
        ) from error
    async with open_studio(habits) as studio:
        yield Desk(habits, studio)
