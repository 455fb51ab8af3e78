"""When audio leaves: as fast as it is made, or at the pace a habit asks for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from gateway.emulator.desk import Desk
from gateway.emulator.faults import odd_chunks
from gateway.emulator.habits import Habits
from gateway.emulator.order import Setup

if TYPE_CHECKING:
    from gateway.emulator.rendering import Rendering


def rendering_of(text: str, setup: Setup, desk: Desk) -> "Rendering":
    from gateway.emulator.rendering import Rendering  # needs the voice's packages

    return Rendering(text, setup, desk.studio, desk.habits)


async def paced(rendering: "Rendering", chunk_ms: int, habits: Habits) -> AsyncGenerator[bytes, None]:
    """The rendering's chunks, none before its time."""
    clock = asyncio.get_running_loop().time
    start = clock() + habits.first_audio_ms / 1000
    chunks = rendering.chunks(chunk_ms)
    due = start
    async with aclosing(odd_chunks(chunks) if habits.odd_chunks else chunks) as source:
        async for chunk in source:
            if due > clock():
                await asyncio.sleep(due - clock())
            yield chunk
            if habits.pace:
                due = start + rendering.samples / rendering.rate / habits.pace
