"""Sessions that the store keeps too, so that another replica can go on with them; and those of others, taken over here.

    begin ──→ kept: journal and record in the store ──→ ended
                └─ its replica dies, or drains ──→ inherited by the one to which its client returns

One replica at a time writes a session.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.access.tokens import Grant, packed, unpacked
from gateway.errors import Closing, final
from gateway.journal.ledger import Claimed, Held, Ledger
from gateway.journal.room import Room
from gateway.journal.shared import SharedJournal
from gateway.keeper import Keeper
from gateway.protocol.messages import Resume
from gateway.rotation import hashed
from gateway.session.record import Replayed, replay
from gateway.session.rest import Rest
from gateway.session.session import Session

Risen = Callable[[Rest, float, str], Session]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    journal: SharedJournal
    keeper: Keeper
    inherited: "Inherited | None" = None


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a session of another replica was."""

    replayed: Replayed
    grant: Grant
    message_limit: int
    hashes: str
    """Of its resume tokens."""


class Succession:
    def __init__(self, ledger: Ledger, risen: Risen, room: Room) -> None:
        self.ledger = ledger
        self._risen = risen
        self._room = room
        self._now = asyncio.get_running_loop().time
        self._ahead_s = time.time() - self._now()

    async def begin(self, session: Session, grant: Grant, message_limit: int) -> Kept:
        """Raises `Closing` where the store is not reached."""
        journal = self._journal(session.id, 1, message_limit)
        keeper = Keeper(session, journal, self._ahead_s, self.ledger.forsake)
        fields: dict[str, str | bytes | int] = {
            "rest": keeper.begun(self._now()),
            "limit": message_limit,
            "grant": packed(grant),
        }
        with final():
            await self.ledger.begin(session.id, fields)
        self.ledger.keep(journal)
        return Kept(journal, keeper)

    async def inherit(self, asked: Resume) -> Kept | None:
        """Take over a session whose replica is gone; None: there is none such. Raises `Closing` where another has it by
        now, and where the store is not reached.
        """
        with final():
            claimed = await self.ledger.claim(asked.session, hashed(asked.token))
        if isinstance(claimed, Held):
            raise Closing("overloaded", "Another replica has the session.")
        if claimed is None:
            return None
        journal = self._journal(asked.session, claimed.fence, int(claimed.fields["limit"]))
        journal.batch = int(claimed.fields["batch"])
        try:
            return self._inherited(journal, claimed)
        except Exception:
            log.exception("! the record of a session cannot be told again")
            await self.end(journal, released=True)
            return None

    async def end(self, journal: SharedJournal, *, released: bool) -> None:
        """The session has ended, or is another's from here on."""
        await self.ledger.let_go(journal, "released" if released else "ended")

    def _inherited(self, journal: SharedJournal, claimed: Claimed) -> Kept:
        """Raises what a record raises that is not whole."""
        fields, name = claimed.fields, journal.name
        replayed = replay(
            lambda rest: self._risen(rest, self._now(), name), fields["rest"], claimed.past, claimed.told, self._ahead_s
        )
        live = [standing.handle for standing, _ in replayed.session.standing()]
        journal.load(claimed.journal, fields.get("last_id", b"0-0"), live)
        grant, hashes = unpacked(fields["grant"]), fields.get("tokens", b"").decode()
        self.ledger.keep(journal)
        log.info("= session %s is taken over", name, extra={"session": name, "told": len(claimed.told)})
        keeper = Keeper(replayed.session, journal, self._ahead_s, self.ledger.forsake)
        keeper.inherited(self._now())
        return Kept(journal, keeper, Inherited(replayed, grant, int(fields["limit"]), hashes))

    def _journal(self, name: str, fence: int, message_limit: int) -> SharedJournal:
        return SharedJournal(name, fence, self.ledger.dirty, message_limit=message_limit, room=self._room)
