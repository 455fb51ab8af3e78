"""The catalogue of voices: as fresh as need be, and what somebody asks of it."""

from collections.abc import Collection, Mapping
from typing import Any

from gateway.protocol.casting import Aliases
from gateway.protocol.events import fault
from gateway.voices.deadlines import Deadlines
from gateway.voices.entries import Entry, Query, chosen, entries
from gateway.voices.listing import Listing


class Catalogue:
    """What it needs of the record it reads anew each time: another process may have made a voice. Raises `Refused`."""

    def __init__(
        self, listing: Listing, deadlines: Deadlines, aliases: Aliases, descriptions: Mapping[str, str]
    ) -> None:
        self._listing = listing
        self._deadlines = deadlines
        self._aliases = aliases
        self._descriptions = descriptions

    async def read(self, query: Query, allowed: Collection[str] | None, *, refresh: bool = False) -> dict[str, Any]:
        """`stale` is there when upstream did not answer: the list is as old as `refreshed_at` says."""
        await (self.refresh() if refresh else self._listing.fresh())
        total, page = chosen(await self._all(), query, allowed)
        at, error = self._listing.refreshed_at, self._listing.error
        stale = {} if error is None else {"stale": {"code": error.code, "message": fault(error).message}}
        voices = [entry.shown() for entry in page]
        return {"voices": voices, "total": total, "refreshed_at": None if at is None else int(at), **stale}

    async def refresh(self) -> None:
        await self._listing.refresh()
        await self._deadlines.look(self._listing.refresh)

    async def find(self, voice_id: str) -> Entry | None:
        await self._listing.fresh()
        return next((entry for entry in await self._all() if entry.voice_id == voice_id), None)

    async def _all(self) -> list[Entry]:
        await self._deadlines.write()
        listed = None if self._listing.refreshed_at is None else self._listing.voices
        return entries(listed, await self._deadlines.read(), self._aliases, self._descriptions)
