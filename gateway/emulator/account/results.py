"""A long text → the tar it becomes: three files for each of its parts."""

import asyncio
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

from gateway.emulator.account.files import RESULT
from gateway.emulator.account.tasks import Task, Unfinished
from gateway.emulator.account.texts import Part
from gateway.emulator.desk import Desk
from gateway.emulator.faults import Fault
from gateway.emulator.ledger import Entry
from gateway.emulator.order import Setup


async def produce(task: Task, parts: list[Part], setup: Setup, desk: Desk, entry: Entry, fault: Fault | None) -> None:
    """Raises `Unfinished`."""
    try:
        await _held_up(fault, entry)
        async with desk.account.tasks.room:
            await _produced(task, parts, setup, desk, entry)
        desk.done(entry)
    finally:
        entry.leave()


async def _held_up(fault: Fault | None, entry: Entry) -> None:
    match fault.kind if fault else None:
        case "failed":
            entry.outcome = "failed"
            raise Unfinished("Failed")
        case "expired":
            entry.outcome = "expired"
            raise Unfinished("Expired")
        case "stall" if fault and fault.ms is None:
            await asyncio.Event().wait()
        case "delay" | "stall" if fault:
            await asyncio.sleep((fault.ms or 0) / 1000)


async def _produced(task: Task, parts: list[Part], setup: Setup, desk: Desk, entry: Entry) -> None:
    from gateway.emulator.account.long_rendering import LongRendering  # needs the voice's packages

    storage = desk.account.storage
    folder = storage.place()
    try:
        for part in parts:
            stem = folder / f"{part.name}-{task.id}"
            stem.parent.mkdir(parents=True, exist_ok=True)
            files = [stem.with_suffix(f".{ending}") for ending in (setup.shape.container, "titles", "extra")]
            rendering = LongRendering(part.text, replace(setup, subtitle="sentence"), desk)
            entry.bytes_sent += await rendering.write(*files)
        packed = await asyncio.to_thread(_packed, folder, storage.place())
        storage.keep(packed, f"{task.id}.tar", RESULT, task.result, task.expires)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _packed(folder: Path, place: Path) -> Path:
    with tarfile.open(place, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.add(path, str(path.relative_to(folder)))
    return place
