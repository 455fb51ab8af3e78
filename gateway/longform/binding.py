"""Parts that are there → a chapter's file and its sentences; chapters → the whole. In threads: files are large."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from gateway.durable import replace as written
from gateway.errors import GatewayError, Refused, UpstreamError
from gateway.longform import ffmetadata, id3, joining, timings
from gateway.longform.job import Job, with_chapter
from gateway.longform.library import Folder
from gateway.longform.order import Order
from gateway.longform.record import Record
from gateway.longform.result import Sentence, sentences
from gateway.longform.timings import Taken
from gateway.protocol.events import fault


@dataclass(frozen=True, slots=True)
class Binding:
    record: Record
    order: Order

    async def chapter(self, number: int) -> None:
        """Of a chapter whose parts are all fetched. Upstream's part in a failure is to be asked for again, ours not."""
        job, parts = self.record.job, self.record.job.of(number)
        try:
            ms = await asyncio.to_thread(_bind, self.record.folder, job, number, self.order)
        except GatewayError as error:
            failed = {"state": "failed"} if isinstance(error, UpstreamError) else {}
            for each in parts:
                await self.record.change_part(each, error=fault(error), **failed)
            return
        await self.record.change(lambda job: with_chapter(job, number, ms))
        await asyncio.to_thread(_forget, self.record.folder, parts)

    async def whole(self) -> None:
        """Of a job whose chapters are all there."""
        try:
            await asyncio.to_thread(_bind_whole, self.record.folder, self.record.job, self.order)
        except Refused as refused:
            why = refused.message
            await self.record.change(lambda job: replace(job, whole=why))


def _bind(folder: Folder, job: Job, number: int, order: Order) -> float:
    """→ milliseconds."""
    chapter, parts = job.chapters[number], job.of(number)
    sounds = [folder.part(each, "sound") for each in parts]
    tag = id3.tag(chapter.title or str(number + 1), job.title, f"{number + 1}/{len(job.chapters)}")
    lengths = joining.join(order.codec, sounds, folder.audio(number, order.codec), order.format, tag)
    text, begin, taken = folder.text(number).read_bytes().decode(), 0.0, []
    for each, ms in zip(parts, lengths, strict=True):
        start, end = job.parts[each].span
        taken.append(Taken(text[start:end], start, begin, ms, _sentences(folder.part(each, "titles"))))
        begin += ms
    written(folder.timings(number), orjson.dumps(timings.chapter(taken)))
    return begin


def _sentences(titles: Path) -> Sequence[Sentence]:
    """None, where upstream told none."""
    return sentences(titles.read_bytes()) if titles.exists() else ()


def _bind_whole(folder: Folder, job: Job, order: Order) -> None:
    """Raises `Refused` where the codec makes no file of so much."""
    shutil.rmtree(folder.path / "parts", ignore_errors=True)
    chapters = [folder.audio(number, order.codec) for number in range(len(job.chapters))]
    marks = joining.marks([chapter.title for chapter in job.chapters], [chapter.ms or 0 for chapter in job.chapters])
    folder.audio(None, "ffmetadata").write_text(ffmetadata.metadata(job.title, marks), "utf-8")
    tag = id3.tag(job.title, marks=marks)
    joining.whole(order.codec, chapters, folder.audio(None, order.codec), order.format, tag)


def _forget(folder: Folder, parts: list[int]) -> None:
    for each in parts:
        for ending in ("sound", "titles"):
            folder.part(each, ending).unlink(missing_ok=True)
