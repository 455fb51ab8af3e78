"""One segment on a socket: spoken, sent in frames, billed, and harmed where a fault is loaded."""

import asyncio
import time
from contextlib import aclosing

from gateway.emulator.channel import Channel, Gone
from gateway.emulator.counting import usage_characters
from gateway.emulator.faults import Cut, Ended, Fault, Garbled, damaged
from gateway.emulator.ledger import Entry
from gateway.emulator.order import Setup
from gateway.emulator.refusals import Refusal
from gateway.emulator.speech import paced


class Hung(Exception):
    """The socket is to be closed without another word."""


async def utter(channel: Channel, endpoint: str, text: str, setup: Setup) -> None:
    """Send the segment's audio and its final frame. Raises `Refusal`, `Hung` and `Gone`."""
    entry = channel.desk.ledger.open(endpoint, channel.key, channel.trace_id)
    entry.model, entry.text, entry.voices = setup.model, text, [voice for voice, _ in setup.voices]
    fault = channel.desk.faults.take(endpoint, text)
    try:
        await _before(fault)
        channel.desk.limits.take(channel.key, usage_characters(text), time.monotonic())
        entry.billed = usage_characters(text)
        entry.outcome = "stopped"  # unless it goes on to its end
        await _audio(channel, entry, setup, fault)
    except Refusal as refusal:
        entry.outcome = str(refusal.code)
        raise


async def _before(fault: Fault | None) -> None:
    if fault and fault.kind == "delay":
        await asyncio.sleep((fault.ms or 0) / 1000)
    if fault and fault.kind == "error" and fault.at is None:
        raise fault.refusal


async def _audio(channel: Channel, entry: Entry, setup: Setup, fault: Fault | None) -> None:
    from gateway.emulator.rendering import Rendering  # needs the voice's packages

    habits = channel.desk.habits
    rendering = Rendering(entry.text, setup, channel.desk.studio, habits)
    chunks = paced(rendering, habits.frame_ms, habits)
    async with aclosing(damaged(chunks, fault)) as items:  # type: ignore[type-var]
        async for item in items:
            info = rendering.extra_info(rendering.size) if habits.extra_info_on_every_frame else None
            match item:
                case bytes():
                    await _drip(fault)
                    await channel.say_audio(item.hex(), info, final=False)
                    entry.bytes_sent += len(item)
                case Garbled():
                    await channel.say_audio(f"zz{item.data.hex()}", info, final=False)
                case Refusal():
                    raise item
                case Cut() | Ended() if fault:
                    entry.outcome = fault.kind
                    await _lost(channel, fault)
                    return
    await channel.say_audio("", rendering.extra_info(rendering.size), final=True)
    entry.outcome = "done"


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
