"""What a session costs: reserved before its text is taken, settled once when a turn ends, and booked."""

import asyncio
import contextlib
import dataclasses
import itertools
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

from gateway.access.costs import FEES, Bill, Share, bill
from gateway.access.quotas import Allowance, Limit, Quotas
from gateway.access.tokens import Grant
from gateway.access.usage import Usage
from gateway.errors import Closing, GatewayError, Refused, final
from gateway.metrics import Metrics
from gateway.protocol.config import Config
from gateway.protocol.events import Terminal, TurnCancelled, TurnFailed
from gateway.protocol.messages import ClientMessage, Configure, Speak, TurnAppend
from gateway.session.session import Session
from gateway.text.billing import worth

USED_UP = {
    "token": "This token's characters are used up.",
    "minute": "The characters of this minute are used up.",
    "day": "The characters of this day are used up.",
    "gateway": "The characters of this day are used up.",
    "sessions": "No more sessions may be open at once.",
}

SETTLING_S = 1.0
"""Who would speak next waits so long for what has ended to be settled."""

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Books:
    """What all accounts of a gateway share."""

    quotas: Quotas
    allowance: Allowance
    usage: Usage
    metrics: Metrics
    clock: Callable[[], float] = time.time

    def book(self, tenant: str, labels: Mapping[str, str], bill: Bill) -> None:
        """A turn, a job or a fee: in the books, and in the metrics."""
        cost = bill.cost
        self.usage.add(tenant, labels, cost, bill.voices, bill.models)
        self.metrics.charged(tenant, billed=cost.billed, cached=cost.cached, heard=cost.heard, wasted=cost.wasted)
        by_model = {model: part.cost for model, part in bill.models.items()}
        self.metrics.spent({**by_model, FEES: cost.cost - sum(by_model.values())})


class Account:
    """One session's. What is settled late is waited for by `tasks`."""

    def __init__(self, grant: Grant, session: Session, books: Books, tasks: asyncio.TaskGroup) -> None:
        self.grant = grant
        self._session = session
        self._books = books
        self._tasks = tasks
        self._names = (f"{session.id}/{secrets.token_hex(4)}/{number}" for number in itertools.count(1))
        self._held: dict[str, str] = {}
        """Turns that something is reserved for, and their names in the store: a client may use an id again."""
        self._settling: set[asyncio.Future[None]] = set()
        """Turns that have ended and are not settled."""
        self._closed = False
        self._configs: dict[str, Config] = {}
        """Of turns that have not ended, as they were accepted."""

    def free(self, message: ClientMessage) -> bool:
        """Whether nobody has to be asked before it is handled."""
        if isinstance(message, Configure):
            return message.token is None
        return not (self._limits() and self._asks(message)[1])

    async def take(self, message: ClientMessage, handle: Callable[[ClientMessage], None]) -> None:
        """Have a message handled once what it costs is reserved. Raises `Refused`; then it was not handled, nor is it
        where this is cancelled or the session ends first.
        """
        turn, more = self._asks(message)
        limits = self._limits() if more else ()
        if not limits:
            handle(message)
            return
        await self._settled()
        if self._closed:
            return
        try:
            reserved = await self._reserve(turn, more, limits)
        except Refused as refused:
            refused.re, refused.turn = message.id, turn
            raise
        except asyncio.CancelledError:
            if not self._session.written(turn):
                self._settle(turn, 0)
            raise
        if not self._closed:
            handle(message)
            await self._correct(turn, reserved)

    def opened(self, turn: str, config: Config) -> None:
        self._configs[turn] = config

    def reservation(self, turn: str) -> str | None:
        """The name in the store of what is held for a turn."""
        return self._held.get(turn)

    def restore(self, turn: str, reservation: str) -> None:
        """Another process has held something for a turn that goes on here."""
        self._held[turn] = reservation

    def ended(self, terminal: Terminal, shares: Sequence[Share]) -> Callable[[bool], None]:
        """What is to be called when it is known whether the turn's end is kept. Where it is, that books the turn and
        gives back what it did not use; else both are for the replica that goes on with it.
        """
        labels, held = self._configs.pop(terminal.turn).labels, self._held.pop(terminal.turn, None)
        known = self._settles(asyncio.get_running_loop().create_future())

        def tell(kept: bool) -> None:
            if kept:
                self._book(terminal, shares, labels, held)
            known.set_result(None)

        return tell

    def _book(self, terminal: Terminal, shares: Sequence[Share], labels: Mapping[str, str], held: str | None) -> None:
        tenant, whole = self.grant.rights.tenant, bill(terminal, shares)
        self._books.book(tenant, labels, whole)
        cost = whole.cost
        self._charge(held, cost.billed)
        outcome = terminal.type.removeprefix("turn.")
        extra = {
            "session": self._session.id,
            "tenant": tenant,
            "labels": dict(labels),
            "code": _code(terminal),
            "billed": cost.billed,
            "heard": cost.heard,
            "wasted": cost.wasted,
            "cached": cost.cached,
            "cost_usd": terminal.usage.cost_usd,
        }
        log.info("= turn %s %s", terminal.turn, outcome, extra=extra)

    def close(self, *, abandoned: bool = False) -> None:
        """Give back what was reserved for turns that never began; nothing is taken any more. What is held for those
        that another process goes on with is that one's.
        """
        self._closed = True
        for turn in tuple(self._held):
            if not abandoned or turn not in self._configs:
                self._settle(turn, 0)

    def _asks(self, message: ClientMessage) -> tuple[str, int]:
        """The turn that a message brings text to, and what that is worth; 0 for a repeat, and where none takes it."""
        last_n = self._session.last_n
        if message.n is not None and last_n is not None and message.n <= last_n:
            return "", 0
        match message:
            case Speak(turn=turn, text=text, text_rules=own) if self._session.written(turn) is None:
                return turn, worth(text, (own or {}).get("emoji", self._session.config.text_rules.emoji))
            case TurnAppend(turn=turn, text=str(text)) if turn in self._configs:
                return turn, worth(text, self._configs[turn].text_rules.emoji)
        return "", 0

    async def _reserve(self, turn: str, more: int, limits: tuple[Limit, ...]) -> int:
        before = self._session.written(turn) or 0
        name = self._held.get(turn) or self._held.setdefault(turn, next(self._names))
        full = await self._books.quotas.hold(name, before + more, limits)
        if full is not None:
            if not before:
                self._held.pop(turn, None)
            raise self._refused(full, more)
        return before + more

    async def _correct(self, turn: str, reserved: int) -> None:
        """Keep reserved what the turn has taken: the message may have been refused."""
        name, written = self._held.get(turn), self._session.written(turn)
        if name is None or not written:
            self._settle(turn, 0)
        elif written != reserved:
            with contextlib.suppress(Refused):  # what is not given back now is when the turn ends
                await self._books.quotas.hold(name, written, self._limits())

    async def _settled(self) -> None:
        """What a turn has just left is there for the next, unless the store is away."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLING_S):
                while self._settling:
                    await asyncio.wait(self._settling)

    def _settle(self, turn: str, used: int) -> None:
        self._charge(self._held.pop(turn, None), used)

    def _charge(self, held: str | None, used: int) -> None:
        if held is not None:
            self._settles(self._tasks.create_task(self._give_back(held, used)))

    def _settles(self, future: asyncio.Future[None]) -> asyncio.Future[None]:
        self._settling.add(future)
        future.add_done_callback(self._settling.discard)
        return future

    async def _give_back(self, held: str, used: int) -> None:
        try:
            await self._books.quotas.settle(held, used, self._limits())
        except GatewayError as error:
            log.warning("! a turn was not settled: %s", error.code, extra={"session": self._session.id, "used": used})

    def _limits(self) -> tuple[Limit, ...]:
        return self._books.allowance.characters(self.grant, self._books.clock())

    def _refused(self, full: Limit, more: int) -> Refused:
        self._books.metrics.used_up(full.scope)
        refused = Refused("quota_exceeded", USED_UP[full.scope], field="text")
        if full.scope != "token" and more <= full.most:
            refused.retry_after_ms = max(1, round((full.ends_at - self._books.clock()) * 1000))
        return refused


@contextlib.asynccontextmanager
async def admitted(session: str, grant: Grant, books: Books) -> AsyncGenerator[None, None]:
    """Count a session among those that are open. Raises `Closing`."""
    with final():
        full = await books.quotas.enter(session, books.allowance.sessions(grant))
    if full is not None:
        books.metrics.used_up(full.scope)
        raise Closing("quota_exceeded", USED_UP[full.scope])
    try:
        yield
    finally:
        try:
            await books.quotas.leave(session)
        except GatewayError as error:
            log.warning("! a session is counted though it has ended: %s", error.code, extra={"session": session})


def _code(terminal: Terminal) -> str | None:
    match terminal:
        case TurnCancelled(reason=reason):
            return reason
        case TurnFailed(error=error):
            return error.code
    return None
