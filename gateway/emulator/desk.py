"""What all of the emulator's routes share, and who may ask."""

import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.emulator import refusals
from gateway.emulator.account.account import Account, open_account
from gateway.emulator.account.prices import model_per_million, speech_usd
from gateway.emulator.answers import MEDIA_TYPES, compact
from gateway.emulator.faults import Faults
from gateway.emulator.habits import Habits
from gateway.emulator.ledger import Entry, Fee, Ledger
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
    def __init__(self, habits: Habits, studio: "Studio", account: Account) -> None:
        self.habits = habits
        self.studio = studio
        self.account = account
        self.ledger = Ledger()
        self.limits = Limits(habits)
        self.faults = Faults()
        self.files = Files()

    def url(self, request: Request, data: bytes, container: str) -> str:
        """Where the data can be fetched."""
        return str(request.base_url.replace(path=f"/emulator/files/{self.files.keep(data, container)}"))

    def bill(self, entry: Entry, characters: int, per_million: float | None = None) -> None:
        """When a text is accepted, at dollars per million, or what the model costs. Raises `Refusal` when that can't be
        paid, with the fees that would come with it.
        """
        usd = speech_usd(characters, model_per_million(entry.model) if per_million is None else per_million)
        fees = sum(voice.fee for voice in self.account.voices.silent(entry.voices))
        self.account.balance.require(usd + fees)
        self.account.balance.draw(usd)
        entry.billed, entry.usd = characters, usd

    def done(self, entry: Entry) -> None:
        """A text was said to its end: voices that had never spoken are active from here on, and paid."""
        entry.outcome = "done"
        for voice in self.account.voices.silent(entry.voices):
            voice.spoken = True
            self.ledger.pay(Fee(voice.id, voice.kind, voice.fee))
            self.account.balance.draw(voice.fee)


def json_answer(value: Any) -> Response:
    return Response(compact(value), media_type="application/json")


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
    async with open_studio(habits) as studio, open_account(habits) as account:
        yield Desk(habits, studio, account)
