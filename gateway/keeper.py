"""Keeps what a session is told beside its journal in the store, for the process that may go on with it."""

from collections.abc import Callable

from gateway.access.tokens import Grant, packed
from gateway.account import Account
from gateway.journal.shared import SharedJournal
from gateway.protocol.messages import Speak, TurnAppend
from gateway.session.inputs import ConnectionLost
from gateway.session.record import Recorder
from gateway.session.session import Happening, Session


class Keeper:
    def __init__(
        self, session: Session, journal: SharedJournal, ahead_s: float, forsake: Callable[[SharedJournal], None]
    ) -> None:
        """`ahead_s`: what the wall clock is ahead of the loop's. `forsake`: have it go on without the store."""
        self._session = session
        self._journal = journal
        self._recorder = Recorder(session, ahead_s)
        self._forsake = forsake

    def begun(self, now: float) -> bytes:
        """A new session, at rest."""
        return (self._recorder.rest(now) or (b"",))[0]

    def told(self, event: Happening, now: float, account: Account) -> None:
        """Called before it is handled. A session's end is not kept: with it the journal goes."""
        if not self._journal.shared or isinstance(event, ConnectionLost):
            return
        if (rested := self._recorder.rest(now)) is not None:
            self._journal.rested(*rested)
        reservation = account.reservation(event.turn) if isinstance(event, Speak | TurnAppend) else None
        if (line := self._recorder.line(event, now, reservation)) is not None:
            self._journal.told(line)
        if self._recorder.too_long:
            self._forsake(self._journal)

    def inherited(self, now: float) -> None:
        """It was another gateway's."""
        self._journal.told(self._recorder.inherited(now))

    def tokens(self, hashes: str) -> None:
        """Those with which it can be resumed."""
        self._journal.note(tokens=hashes)

    def adopted(self, grant: Grant) -> None:
        self._journal.note(grant=packed(grant))

    def renewed(self, now: float) -> None:
        """It goes on with other rights."""
        self._journal.told(self._recorder.rights(now))
