"""One segment on a socket: spoken, sent in frames, billed, and harmed where a fault is loaded."""

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from gateway.emulator.channel import Channel, Gone
from gateway.emulator.counting import usage_characters
from gateway.emulator.faults import Cut, Ended, Fault, Garbled, damaged
from gateway.emulator.ledger import Entry
from gateway.emulator.order import Setup
from gateway.emulator.pacing import paced, rendering_of
from gateway.emulator.refusals import Refusal

if TYPE_CHECKING:
    from gateway.emulator.rendering import Rendering


class Hung(Exception):
    """The socket is to be closed without another word."""


async def utter(channel: Channel, endpoint: str, text: str, setup: Setup) -> None:
    """Send the segment's audio and its final frame. Raises `Refusal`, `Hung` and `Gone`."""
    entry = channel.desk.ledger.open(endpoint, channel.key, channel.trace_id)
    entry.model, entry.text, entry.voices = setup.model, text, [voice for voice, _ in setup.voices]
    entry.record({**channel.started.values, "text": text}, len(channel.started.body) + len(text))
    fault = channel.desk.faults.take(endpoint, text)
    try:
        await _before(fault)
        characters = usage_characters(text)
        channel.desk.limits.take(channel.key, characters, time.monotonic())
        channel.desk.bill(entry, characters)
        await _audio(channel, entry, setup, fault)
    except Refusal as refusal:
        entry.outcome = str(refusal.code)
        raise
    finally:
        entry.leave()


async def _before(fault: Fault | None) -> None:
    if fault and fault.kind == "delay":
        await asyncio.sleep((fault.ms or 0) / 1000)
    if fault and fault.kind == "error" and fault.at is None:
        raise fault.refusal


async def _audio(channel: Channel, entry: Entry, setup: Setup, fault: Fault | None) -> None:
    habits = channel.desk.habits
    rendering = rendering_of(entry.text, setup, channel.desk)
    chunks = paced(rendering, habits.frame_ms, habits)
    held = b""
    async with aclosing(damaged(chunks, fault)) as items:
        async for item in items:
            match item:
                case bytes():
                    await _drip(fault)
                    now, held = (held, item) if habits.audio_in_final_frame else (item, b"")
                    await _frame(channel, rendering, now.hex())
                    entry.bytes_sent += len(item)
                case Garbled():
                    await _frame(channel, rendering, f"zz{item.data.hex()}")
                case Refusal():
                    raise item
                case Cut() | Ended() if fault:
                    entry.outcome = fault.kind
                    await _lost(channel, fault)
                    return
    while subtitle := rendering.subtitle():
        await channel.say_audio("", _info(channel, rendering), subtitle, final=False)
    await channel.say_audio(held.hex(), rendering.extra_info(rendering.size), final=True)
    channel.desk.done(entry)


async def _frame(channel: Channel, rendering: "Rendering", audio: str) -> None:
    if audio:
        await channel.say_audio(audio, _info(channel, rendering), rendering.subtitle(), final=False)


def _info(channel: Channel, rendering: "Rendering") -> dict[str, Any] | None:
    return rendering.extra_info(rendering.size) if channel.desk.habits.extra_info_on_every_frame else None


async def _lost(channel: Channel, fault: Fault) -> None:
    """What a fault does to the connection instead of a final frame."""
    match fault.kind:
        case "cut":
            await channel.line.reset()
            raise Gone
        case "truncated":
            raise Hung


async def _drip(fault: Fault | None) -> None:
    if fault and fault.kind == "drip":
        await asyncio.sleep((fault.ms or 0) / 1000)
