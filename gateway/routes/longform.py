"""Long texts as jobs.

    POST   /v1/longform                 a book, as JSON or as a file → 202; with dry_run: what it would cost
    GET    /v1/longform                 all jobs, the latest first
    GET    /v1/longform/{id}            one
    GET    /v1/longform/{id}/audio      the whole, or ?chapter=N
    GET    /v1/longform/{id}/timings    its sentences; the same
    GET    /v1/longform/{id}/text       ?chapter=N as it is spoken, which `span` counts in
    GET    /v1/longform/{id}/ffmetadata chapters, for ffmpeg
    POST   /v1/longform/{id}/retry      what failed; with {"unsure": true} what may have been paid for, too
    DELETE /v1/longform/{id}            cancel and forget

Behind the gateway's secret, where there is one.
"""

import asyncio
import dataclasses
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from gateway.access.doors import Doors
from gateway.errors import Refused
from gateway.longform import timings
from gateway.longform.archive import LARGEST_TEXT
from gateway.longform.book import Book, spoken
from gateway.longform.job import Job, brief, view
from gateway.longform.jobs import Jobs, parts
from gateway.longform.library import Folder
from gateway.longform.order import Order, order
from gateway.longform.reading import read
from gateway.protocol.casting import Aliases
from gateway.protocol.checks import boolean, build, mapping, may, none_or, one_of, string
from gateway.routes.answers import answer, problem, stranger
from gateway.text.billing import billable

LARGEST_UPLOAD = 64 << 20
"""Bytes; pictures of an EPUB count here, and are not read."""
LARGEST_JSON = 16 << 20
MIME = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac"}
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
STATUS = {"unknown_job": 404, "text_too_long": 413, "quota_exceeded": 429, "store_unavailable": 503}
NOT_YET = 409


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """`config`: a session's settings, as far as they mean something here."""

    text: str | None = may(none_or(string(LARGEST_TEXT)))
    format: str = may(one_of("txt", "md"), "txt")
    title: str = may(string(1000), "")
    config: dict[str, Any] | None = may(none_or(mapping))
    dry_run: bool = may(boolean, default=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Again:
    unsure: bool = may(boolean, default=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """A file, by its name."""

    name: str
    file: IO[bytes]
    asked: Asked


class NotYet(Exception):
    """What is asked for will be there."""


def longform_routes(jobs: Jobs, doors: Doors, aliases: Aliases) -> APIRouter:
    router = APIRouter()

    async def within(request: Request, act: Callable[[], Awaitable[Response]]) -> Response:
        refusal = stranger(request, doors)
        if refusal is not None:
            return refusal
        try:
            return await act()
        except NotYet:
            return problem(Refused("bad_request", "This is not spoken yet."), NOT_YET)
        except Refused as refused:
            return problem(refused, STATUS.get(refused.code, 400))

    @router.post("/v1/longform")
    async def begin(request: Request) -> Response:
        return await within(request, lambda: _begun(request, jobs, aliases))

    @router.get("/v1/longform")
    async def every(request: Request) -> Response:
        async def act() -> Response:
            found = await asyncio.to_thread(jobs.library.jobs)
            return answer({"jobs": [brief(job) for job in found]})

        return await within(request, act)

    @router.get("/v1/longform/{name}")
    async def one(request: Request, name: str) -> Response:
        async def act() -> Response:
            return answer(view(await asyncio.to_thread(jobs.library.folder(name).load)))

        return await within(request, act)

    @router.get("/v1/longform/{name}/{what}")
    async def result(request: Request, name: str, what: str, chapter: int | None = None) -> Response:
        async def act() -> Response:
            return await asyncio.to_thread(_result, jobs.library.folder(name), what, chapter)

        return await within(request, act)

    @router.post("/v1/longform/{name}/retry")
    async def retry(request: Request, name: str) -> Response:
        async def act() -> Response:
            again = build(Again, _json(await _body(request, LARGEST_JSON) or b"{}"), "")
            return answer(view(await jobs.retry(name, unsure=again.unsure)), 202)

        return await within(request, act)

    @router.delete("/v1/longform/{name}")
    async def delete(request: Request, name: str) -> Response:
        async def act() -> Response:
            job = await jobs.delete(name)
            return answer({"id": job.id, "deleted": True, "billed_characters": job.billed})

        return await within(request, act)

    return router


async def _begun(request: Request, jobs: Jobs, aliases: Aliases) -> Response:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        _check_length(request, LARGEST_UPLOAD)
        try:
            async with request.form(max_files=1, max_fields=8) as form:
                return await _taken(_uploaded(dict(form)), jobs, aliases)
        except MultiPartException:
            raise Refused("bad_request", "The form cannot be read.", field="file") from None
    asked = build(Asked, _json(await _body(request, LARGEST_JSON)), "")
    if asked.text is None:
        raise Refused("bad_request", "text must be given, or a file as multipart/form-data.", field="text")
    name = f"{asked.title.replace('/', ' ')}.{asked.format}"
    return await _taken(Sent(name, io.BytesIO(asked.text.encode()), asked), jobs, aliases)


async def _taken(sent: Sent, jobs: Jobs, aliases: Aliases) -> Response:
    config = sent.asked.config or {}
    wanted, book = await asyncio.to_thread(_ordered, sent, config, aliases)
    if sent.asked.dry_run:
        return answer(_estimate(book))
    job = await jobs.begin(book, wanted, config)
    told = answer(view(job), 202)
    told.headers["Location"] = f"/v1/longform/{job.id}"
    return told


def _ordered(sent: Sent, config: dict[str, Any], aliases: Aliases) -> tuple[Order, Book]:
    wanted = order(config, aliases)
    book = spoken(read(sent.name, sent.file), wanted.rules, wanted.tags)
    return wanted, dataclasses.replace(book, title=sent.asked.title or book.title)


def _uploaded(form: dict[str, Any]) -> Sent:
    file = form.pop("file", None)
    if not isinstance(file, UploadFile):
        raise Refused("bad_request", "file must be a file.", field="file")
    given: dict[str, Any] = dict(form)
    if "config" in given:
        given["config"] = _json(given["config"], "config")
    if "dry_run" in given:
        given["dry_run"] = given["dry_run"] in ("true", "1")
    return Sent(file.filename or "", file.file, build(Asked, given, ""))


def _estimate(book: Book) -> dict[str, Any]:
    chapters = [{"title": each.title, "characters": billable(each.text)} for each in book.chapters]
    wanted = parts(book)
    total = sum(part.characters for part in wanted)
    return {"title": book.title, "characters": total, "parts": len(wanted), "chapters": chapters}


def _result(folder: Folder, what: str, number: int | None) -> Response:
    """`number` counts from 1."""
    job = folder.load()
    if number is not None and not 1 <= number <= len(job.chapters):
        raise Refused("bad_request", f"chapter must be a number from 1 to {len(job.chapters)}.", field="chapter")
    chapter = None if number is None else number - 1
    match what:
        case "audio":
            if chapter is None and job.whole is not None:
                raise Refused("unsupported_audio", job.whole, field="chapter")
            return _file(folder.audio(chapter, job.codec), MIME[job.codec])
        case "timings":
            return _timings(folder, job, chapter)
        case "text" if chapter is not None:
            return _file(folder.text(chapter), "text/plain; charset=utf-8")
        case "ffmetadata":
            return _file(folder.audio(None, "ffmetadata"), "text/plain; charset=utf-8")
    raise Refused("bad_request", "Of a job there are audio, timings, text (of a chapter) and ffmetadata.", field="path")


def _file(path: Path, media_type: str) -> Response:
    if not path.exists():
        raise NotYet
    return FileResponse(path, headers=HEADERS, media_type=media_type, filename=path.name)


def _timings(folder: Folder, job: Job, chapter: int | None) -> Response:
    numbers = range(len(job.chapters)) if chapter is None else (chapter,)
    if any(job.chapters[number].ms is None for number in numbers):
        raise NotYet
    told = [_chapter(folder, job, number) for number in numbers]
    return answer({"id": job.id, "title": job.title, "chapters": told} if chapter is None else told[0])


def _chapter(folder: Folder, job: Job, number: int) -> dict[str, Any]:
    before = [chapter.ms for chapter in job.chapters[:number]]
    begin = None if None in before else sum(ms for ms in before if ms is not None)
    sentences = orjson.loads(folder.timings(number).read_bytes())
    chapter = job.chapters[number]
    head = {"number": number + 1, "title": chapter.title, "duration_ms": round(chapter.ms or 0)}
    return {**head, "sentences": timings.whole(begin, sentences)}


async def _body(request: Request, largest: int) -> bytes:
    _check_length(request, largest)
    return await request.body()


def _check_length(request: Request, largest: int) -> None:
    """What comes in chunks says nowhere how long it is."""
    length = request.headers.get("content-length", "0" if request.method != "POST" else "")
    if not length.isdecimal():
        raise Refused("bad_request", "A body needs its Content-Length.")
    if int(length) > largest:
        raise Refused("text_too_long", f"A body has at most {largest >> 20} MiB.", field="file")


def _json(body: bytes | str, field: str = "body") -> dict[str, Any]:
    try:
        return mapping(orjson.loads(body), field)
    except orjson.JSONDecodeError:
        raise Refused("bad_request", f"The {field} must be JSON.", field=field) from None
