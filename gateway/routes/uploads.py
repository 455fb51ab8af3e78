"""A form with sound files, read as it comes: small parts in memory, files on disk, all of it bounded."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from gateway.errors import Refused
from gateway.protocol.checks import closest, refuse
from gateway.voices.rules import SAMPLE_BYTES

MOST_FIELDS = 30
LONGEST_FIELD = 64 << 10
_AROUND = 1 << 20
"""What a form needs beside its files."""


@dataclass(frozen=True, slots=True)
class Form:
    fields: dict[str, str]
    files: dict[str, UploadFile]


@asynccontextmanager
async def form(request: Request, files: Collection[str]) -> AsyncGenerator[Form, None]:
    """`files` names the parts that are files; they are closed at the end. Raises `Refused`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Refused("bad_request", "The body must be multipart/form-data.")
    most = len(files) * SAMPLE_BYTES + _AROUND
    parser = MultiPartParser(
        request.headers,
        _bounded(request, most),
        max_files=len(files),
        max_fields=MOST_FIELDS,
        max_part_size=LONGEST_FIELD,
    )
    try:
        given = await parser.parse()
    except MultiPartException as error:
        raise Refused("bad_request", f"The form cannot be read: {error.message}") from None
    try:
        yield _sorted(given.multi_items(), files)
    finally:
        await given.close()


def _sorted(items: list[tuple[str, UploadFile | str]], files: Collection[str]) -> Form:
    result = Form({}, {})
    for name, value in items:
        here = name[:64]
        if isinstance(value, UploadFile) and name not in files:
            raise refuse(here, f"left out or no file; files are {', '.join(files)}", closest(name, files))
        if isinstance(value, str) and name in files:
            raise refuse(here, "a file")
        if name in result.fields or name in result.files:
            raise refuse(here, "given once")
        if isinstance(value, UploadFile):
            result.files[name] = value
        else:
            result.fields[name] = value
    return result


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    come = 0
    async for chunk in request.stream():
        come += len(chunk)
        if come > most:
            raise Refused("bad_request", f"The body must be at most {most // 1_000_000} MB.", field="audio")
        yield chunk
