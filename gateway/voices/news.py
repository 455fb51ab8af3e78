"""Says what becomes of voices: in the log, to the operator's webhook, and in the books."""

import logging
from collections.abc import Callable
from typing import Any

from gateway.access.costs import Bill, Spent
from gateway.voices.record import FEES_USD, VoiceEvent
from gateway.webhook import Webhook

log = logging.getLogger(__name__)


def told(webhook: Webhook | None, clock: Callable[[], float], event: VoiceEvent) -> None:
    record = event.record
    fields: dict[str, Any] = {"voice_id": record.voice_id, "kind": record.kind}
    match event.type:
        case "voice.activated":
            log.info("= voice %s is active", record.voice_id, extra={"kind": record.kind})
        case "voice.expired":
            log.warning("! voice %s has expired: it never spoke", record.voice_id, extra={"kind": record.kind})
        case "voice.expiring":
            left_s = int((record.expires_at or 0) - clock())
            fields |= {"expires_at": int(record.expires_at or 0), "left_s": left_s, "fee_usd": FEES_USD[record.kind]}
            message = "! voice %s expires in %.1f h unless it speaks"
            log.warning(message, record.voice_id, left_s / 3600, extra={"kind": record.kind})
    if webhook is not None:
        webhook.tell(event.type, fields)


def paid(book: Callable[[Bill], None], event: VoiceEvent) -> None:
    """Upstream takes a voice's fee when it first speaks."""
    if event.type == "voice.activated":
        fee = Spent(cost=round(FEES_USD[event.record.kind] * 1e6))
        book(Bill(fee, {event.record.voice_id: fee}))
