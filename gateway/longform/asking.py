"""Ask upstream for a part, and pay for it once."""

import asyncio
import contextlib
import io
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace

from gateway.access.costs import delivered
from gateway.access.quotas import Limit
from gateway.access.rights import ALL
from gateway.access.tokens import Grant
from gateway.account import USED_UP, Books
from gateway.errors import GatewayError, Refused, UpstreamError
from gateway.longform.job import UNSURE, Job, with_part
from gateway.longform.order import Order
from gateway.longform.record import Record
from gateway.protocol.events import fault
from gateway.upstreams.management.account import UpstreamAccount
from gateway.upstreams.management.answers import Accepted, Unanswered
from gateway.upstreams.management.orders import LongOrder
from gateway.upstreams.t2a import offer

MOST_INLINE = 50_000
"""Characters as upstream counts them; more is uploaded as a file."""
MOST_TRIES = 8
LONGEST_WAIT_S = 60.0
"""Between two tries; upstream's rate limit counts minutes."""
GRACE_S = 10.0
"""What has been asked for is answered by then, or nobody knows any more whether it was taken."""

Sleep = Callable[[float], Awaitable[None]]
log = logging.getLogger(__name__)


def pause_s(tries: int) -> float:
    """Before the next try."""
    return min(LONGEST_WAIT_S, 2.0**tries)


class Asking:
    """The parts of one job. `close` lets what is under way come to its answer."""

    def __init__(self, record: Record, order: Order, account: UpstreamAccount, books: Books, sleep: Sleep) -> None:
        self._record = record
        self._order = order
        self._account = account
        self._books = books
        self._sleep = sleep
        self._under_way: set[asyncio.Task[UpstreamError | None]] = set()

    async def ask(self, number: int) -> None:
        """Until the part is submitted, failed or unsure."""
        for tries in range(1, MOST_TRIES + 1):
            error = await self._tried(number)
            if error is None:
                return
            if not error.retryable or tries == MOST_TRIES:
                await self._record.change_part(number, state="failed", error=fault(error))
                return
            await self._sleep(pause_s(tries))

    async def close(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=GRACE_S)
            for each in late:
                each.cancel()

    async def _tried(self, number: int) -> GatewayError | None:
        """The refusal; None where something has become of the part."""
        held = f"longform/{self._record.job.id}/{number}/{secrets.token_hex(4)}"
        try:
            await self._reserve(number, held)
            order = await self._ordered(number)
        except GatewayError as error:
            await self._settle(held, 0)
            return error
        asked = asyncio.create_task(self._submit(number, order, held))
        self._under_way.add(asked)
        asked.add_done_callback(self._under_way.discard)
        return await asyncio.shield(asked)

    async def _submit(self, number: int, order: LongOrder, held: str) -> UpstreamError | None:
        """Not to be cancelled in its middle. A ceiling counts what may have been paid."""
        record, characters = self._record, self._record.part(number).characters
        await record.change_part(number, state="submitting", error=None)
        try:
            accepted = await self._account.submit(order)
        except Unanswered:
            await record.change_part(number, state="unsure", error=UNSURE)
            await self._settle(held, characters)
            return None
        except UpstreamError as error:
            await record.change_part(number, state="waiting")
            await self._settle(held, 0)
            return error
        billed = accepted.billed_characters or characters
        await record.change(lambda job: _taken(job, number, accepted, billed))
        model = self._order.voice.model
        bill = delivered(self._order.voice_id, model, billed, offer.cost(model, billed))
        self._books.book(ALL.tenant, record.job.labels, bill)
        self._books.metrics.longform_submitted(billed)
        await self._settle(held, billed)
        return None

    async def _ordered(self, number: int) -> LongOrder:
        """Raises `UpstreamError` where a file is not taken; that costs nothing."""
        part, order = self._record.part(number), self._order
        chapter = await asyncio.to_thread(self._record.folder.text(part.chapter).read_bytes)
        text: str | int = chapter.decode()[slice(*part.span)]
        if part.characters > MOST_INLINE:
            file = io.BytesIO(str(text).encode())
            text = (await self._account.upload("t2a_async_input", f"{number + 1}.txt", file)).file_id
        return LongOrder(text, order.voice, order.language, order.format)

    async def _reserve(self, number: int, held: str) -> None:
        """Wait until the day's ceiling has room for it. Raises `Refused` where it never will."""
        characters = self._record.part(number).characters
        while (full := await self._books.quotas.hold(held, characters, self._limits())) is not None:
            if characters > full.most:
                raise Refused("quota_exceeded", "The ceiling of a day is lower than this part.", field="text")
            if self._record.job.waiting_until != full.ends_at:
                log.info("= long text %s: %s", self._record.job.id, USED_UP[full.scope])
                await self._record.change(lambda job: replace(job, waiting_until=full.ends_at))
            await self._sleep(min(LONGEST_WAIT_S, max(1.0, full.ends_at - self._books.clock())))
        if self._record.job.waiting_until is not None:
            await self._record.change(lambda job: replace(job, waiting_until=None))

    async def _settle(self, held: str, used: int) -> None:
        with contextlib.suppress(Refused):  # a reservation that nobody settles is given back
            await self._books.quotas.settle(held, used, self._limits())

    def _limits(self) -> tuple[Limit, ...]:
        return self._books.allowance.characters(Grant(), self._books.clock())


def _taken(job: Job, number: int, accepted: Accepted, billed: int) -> Job:
    known = {"task_id": accepted.task_id, "file_id": accepted.file_id, "billed": billed}
    return replace(with_part(job, number, state="submitted", **known), billed=job.billed + billed)
