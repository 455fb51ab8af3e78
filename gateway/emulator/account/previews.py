"""The first words of a new voice: billed as speech, and no use of it."""

from dataclasses import dataclass
from typing import Any

from gateway.emulator.counting import usage_characters
from gateway.emulator.desk import Desk
from gateway.emulator.ledger import Entry
from gateway.emulator.order import Setup
from gateway.emulator.pacing import rendering_of
from gateway.emulator.refusals import Refusal

CONTAINER = "mp3"


@dataclass(frozen=True, slots=True)
class Preview:
    file: bytes
    extra_info: dict[str, Any]


async def preview(text: str, setup: Setup, desk: Desk, entry: Entry, per_million: float | None = None) -> Preview:
    """`per_million` in dollars, where it isn't what the model costs. Raises `Refusal`."""
    entry.model, entry.text = setup.model, text
    try:
        desk.bill(entry, usage_characters(text), per_million)
        rendering = rendering_of(text, setup, desk)
        async for chunk in rendering.chunks(0):
            entry.bytes_sent += len(chunk)
        file = await rendering.file()
        entry.outcome = "done"
        return Preview(file, rendering.extra_info(len(file)))
    except Refusal as refusal:
        entry.outcome = str(refusal.code)
        raise
    finally:
        entry.leave()
